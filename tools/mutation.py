"""Mutation testing: small wrong changes, each made alone, and whether the tests of the room notice.

The changes are cosmic-ray's operators; ``tools/mutation.toml`` names the rooms, the tests that are
to notice, and the changes that no test can notice. A mutant stands in a copy of the checkout; its
tests run in a fork of one process that has the libraries loaded. Which places of a room are drawn
depends on the seed and the text of each line: a change elsewhere leaves the sample as it is.

    tox -e mutation                                      20 mutants of every room
    tox -e mutation -- --sample 40                       40 mutants in all
    tox -e mutation-sample                               40 of the rooms whose tests are quick
    tox -e mutation -- --room hog --each 60 --seed 1

Results are kept in ``.mutation/``: what was killed is not run again (``--fresh`` forgets). The call
fails if a mutant survives that the list of accepted ones does not name; with ``--at-least 85`` only
if fewer than 85% of the others are killed.
"""

import argparse
import ast
import compileall
import contextlib
import difflib
import hashlib
import importlib
import json
import os
import shutil
import signal
import sys
import time
import tomllib
from pathlib import Path
from py_compile import PycInvalidationMode

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

ROOT = Path(__file__).parents[1]
STORE = ROOT / ".mutation"
SETTINGS = tomllib.loads((ROOT / "tools" / "mutation.toml").read_text())
ROOMS, LIBRARIES = SETTINGS["rooms"], SETTINGS["libraries"]
OPERATORS = {name: get_operator(f"core/{name}")() for name in SETTINGS["operators"]}
PARTS = ("basis", "data", "pipelines", "reports", "study", "tests", "benchmarks")
ACCEPTED = {(a["file"], a["old"], a["new"]) for a in SETTINGS.get("accepted", [])}


def annotations(source: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where annotations begin and end; they are never computed."""
    spans = []
    for node in ast.walk(ast.parse(source)):
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if part is not None:
                begin = (part.lineno, part.col_offset)
                spans.append((begin, (part.end_lineno, part.end_col_offset)))
    return spans


def draw(room: str, n: int, seed: int) -> list[dict]:
    """Draw ``n`` places of a room, and one change at each."""
    places: dict[tuple, tuple[str, dict]] = {}
    modules = [p for name in ROOMS[room]["modules"] for p in sorted(ROOT.glob(name))]
    for path in modules:
        source, file = path.read_text(), str(path.relative_to(ROOT))
        lines, idle = source.splitlines(), annotations(source)
        counts = dict.fromkeys(OPERATORS, -1)
        for node in ast_nodes(get_ast(source)):
            for name, operator in OPERATORS.items():
                for which, (at, _) in enumerate(operator.mutation_positions(node)):
                    counts[name] += 1
                    marker = node.parent.type in ("parameters", "lambdef")  # a lone * or /
                    if marker or any(begin <= at < end for begin, end in idle):
                        continue
                    text = lines[at[0] - 1].strip()
                    repeat = [line.strip() for line in lines[: at[0]]].count(text)
                    words = f"{seed} {file} {text} {repeat} {at[1]} {name} {which}"
                    rank = hashlib.sha256(words.encode()).hexdigest()
                    change = {"room": room, "file": file, "line": at[0], "operator": name}
                    found = (rank, change | {"occurrence": counts[name]})
                    places[file, at] = min(places.get((file, at), found), found, key=lambda x: x[0])
    drawn = []
    for _, change in sorted(places.values(), key=lambda x: x[0]):
        source = (ROOT / change["file"]).read_text()
        code = mutate_code(source, OPERATORS[change["operator"]], change["occurrence"])
        try:
            compile(code, change["file"], "exec")
        except SyntaxError:
            continue
        diff = [d for d in difflib.ndiff(source.splitlines(), code.splitlines()) if d[0] in "-+"]
        old, new = (" ".join(d[2:].strip() for d in diff if d[0] == sign) for sign in "-+")
        key = hashlib.sha256(f"{source}{code}".encode()).hexdigest()[:16]
        drawn.append(change | {"old": old, "new": new, "key": key, "code": code})
        if len(drawn) == n:
            break
    return drawn


def run_tests(mutant: dict, copy: Path, limit: float) -> str:
    """Run the tests of the room in a fork: killed, survived or timeout."""
    target = copy / mutant["file"]
    target.write_text(mutant["code"])
    # a kernel that is compiled into another one is not noticed by numba's cache of the other
    kernels = STORE / "numba" / (mutant["key"] if "njit" in mutant["code"] else copy.name)
    child = os.fork()
    if child == 0:
        os.setsid()
        os.environ |= {"PYTHONPATH": str(copy), "NUMBA_CACHE_DIR": str(kernels)}
        os.chdir(copy)
        sys.path[:] = [str(copy), *(p for p in sys.path if Path(p).resolve() not in (ROOT, copy))]
        log = os.open(copy / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        tests = ROOMS[mutant["room"]]["tests"]
        options = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
        # the libraries are loaded before pytest: its plugins among them are not rewritten
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        code = importlib.import_module("pytest").main([*options, *tests])
        os._exit(int(code))
    end, done = time.monotonic() + limit, (0, 0)
    while done[0] == 0 and time.monotonic() < end:
        time.sleep(0.05)
        done = os.waitpid(child, os.WNOHANG)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if done[0] == 0:
        os.waitpid(child, 0)
    shutil.copy2(ROOT / mutant["file"], target)
    if done[0] == 0:
        return "timeout"
    return {0: "survived", 256 * 4: "error", 256 * 5: "error"}.get(done[1], "killed")


def work(mutants: list[dict], copy: Path, limit: float) -> None:
    """Test mutants one after the other in one copy of the checkout, and write down each answer."""
    shutil.rmtree(copy, ignore_errors=True)
    for name in (*PARTS, "pyproject.toml"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, copy / name)
    # by content: a mutant may be as long as the original and of the same second
    compileall.compile_dir(copy, quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    for name in LIBRARIES:
        importlib.import_module(name)
    for room in sorted({m["room"] for m in mutants}):
        # tests that fail by themselves would kill every mutant
        first = next(m for m in mutants if m["room"] == room)
        whole = first | {"code": (ROOT / first["file"]).read_text(), "key": "whole"}
        if (found := run_tests(whole, copy, limit)) != "survived":
            print(f"{room}: the tests do not pass without a change ({found}), see {copy}/log.txt")
            os._exit(1)
    for mutant in mutants:
        begin = time.monotonic()
        outcome = run_tests(mutant, copy, limit)
        answer = mutant | {"outcome": outcome, "seconds": round(time.monotonic() - begin, 1)}
        del answer["code"]
        with (STORE / "results.jsonl").open("a") as file:
            file.write(json.dumps(answer) + "\n")
        where = f"{mutant['file']}:{mutant['line']}"
        change = f"{mutant['old']}  ->  {mutant['new']}"
        print(f"{outcome:9}{answer['seconds']:6.1f} s  {where}  {change}", flush=True)


def table(mutants: list[dict]) -> int:
    """Print the table and what survived unnamed; return how many did."""
    accepted = [m for m in mutants if (m["file"], m["old"], m["new"]) in ACCEPTED]
    print(
        "\n| room | mutants | killed | timeout | accepted | survived |\n|---|--:|--:|--:|--:|--:|"
    )
    for room in sorted({m["room"] for m in mutants}):
        mine = [m for m in mutants if m["room"] == room]
        count = {o: sum(m["outcome"] == o for m in mine) for o in ("killed", "timeout", "survived")}
        named = sum(m in accepted and m["outcome"] == "survived" for m in mine)
        cells = (len(mine), count["killed"], count["timeout"], named, count["survived"] - named)
        print(f"| {room} | " + " | ".join(map(str, cells)) + " |")
    left = [m for m in mutants if m["outcome"] in ("survived", "error") and m not in accepted]
    for m in left:
        print(f"\n{m['outcome']}: {m['file']}:{m['line']}\n- {m['old']}\n+ {m['new']}")
    return len(left)


def main() -> int:
    """Draw, run what is not known to be killed, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--room", action="append", choices=sorted(ROOMS), help="only this one")
    parser.add_argument("--quick", action="store_true", help="rooms whose tests take seconds")
    parser.add_argument("--each", type=int, default=20, help="mutants of a room")
    parser.add_argument("--sample", type=int, help="mutants in all, spread over the rooms")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--limit", type=float, default=90, help="seconds for one mutant")
    parser.add_argument("--at-least", type=float, default=100, help="percent to be killed")
    parser.add_argument("--fresh", action="store_true", help="forget what was killed")
    parser.add_argument("--list", action="store_true", help="only show the mutants")
    chosen = parser.parse_args()
    rooms = chosen.room or sorted(r for r in ROOMS if ROOMS[r].get("quick") or not chosen.quick)
    mutants = []
    for i, room in enumerate(rooms):
        n = chosen.each
        if chosen.sample is not None:
            n = chosen.sample // len(rooms) + (i < chosen.sample % len(rooms))
        mutants += draw(room, n, chosen.seed)
    if chosen.list:
        for m in mutants:
            print(f"{m['room']}  {m['file']}:{m['line']}\n- {m['old']}\n+ {m['new']}")
        return 0
    STORE.mkdir(exist_ok=True)
    results = STORE / "results.jsonl"
    if chosen.fresh:
        results.unlink(missing_ok=True)
    known = [json.loads(x) for x in results.read_text().splitlines()] if results.exists() else []
    dead = {m["key"] for m in known if m["outcome"] in ("killed", "timeout")}
    todo = [m for m in mutants if m["key"] not in dead]
    workers = []
    for i in range(chosen.jobs):
        workers.append(os.fork())
        if workers[-1] == 0:
            work(todo[i :: chosen.jobs], STORE / f"copy{i}", chosen.limit)
            os._exit(0)
    if any(os.waitpid(worker, 0)[1] for worker in workers):
        return 1
    last = {m["key"]: m for m in map(json.loads, results.read_text().splitlines())}
    left = table([last[m["key"]] for m in mutants])
    print(f"\n{len(mutants) - left} of {len(mutants)} killed or accepted")
    return int(100 * (len(mutants) - left) < chosen.at_least * len(mutants))


if __name__ == "__main__":
    sys.exit(main())
