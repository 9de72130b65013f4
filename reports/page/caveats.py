"""What the page must say about its data, whatever the numbers are."""

from __future__ import annotations

from reports.display.words import interval, listed, number
from reports.evaluation import Evaluation
from reports.statistics.metrics import METRICS

UTKFACE = (
    "Identities are not labelled: the same person may stand on both sides of the split, beyond "
    "the duplicates that were found.",
    "The age labels were estimated by a model (DEX) and checked by people: they are partly a "
    "model's output, and a contender can be right by sharing its mistakes.",
    "Gender is binary as annotated from the picture. It is not the gender people would state.",
    "Pose is estimated. On rendered heads of known pose the estimate of pitch errs with the shape "
    "of the head (about 4 degrees too low for children, 9 above 65), so a part of any link between "
    "pitch and age is measurement.",
)
EMBEDDED = (
    "These faces are rendered, not photographed. The comparison shows that the study works and "
    "which method handles these pictures better; it says nothing about people.",
    "Age, gender and pose are exact because they are what the pictures were made from. Wrinkles, "
    "hair and skin follow a recipe that a contender can learn.",
)


BY_KIND = {"utkface": UTKFACE, "embedded": EMBEDDED}


def _kind(evaluation: Evaluation) -> str:
    """Return the kind of data set: what its reader says, else what its name says."""
    name = evaluation.panel.data_set
    facts = evaluation.run.provenance.get("data_sets", {}).get(name, {})
    known = str(facts.get("kind") or name).lower()
    return next((kind for kind in BY_KIND if kind in known), known)


def caveats(evaluation: Evaluation) -> list[str]:
    """Return the caveats of the data set and of this run, most important first."""
    found = warnings(evaluation)
    found += BY_KIND.get(_kind(evaluation), ("Gender is binary as annotated.",))
    found += _about_the_run(evaluation)
    return found


def warnings(evaluation: Evaluation) -> list[str]:
    """Return what is probably a mistake in the labels: who is wrong more often than a coin.

    A constant answer is no mistake: it can be wrong on most faces, but its AUC is one half. Where
    all faces have one gender, the two cannot be told from each other.
    """
    found: list[str] = []
    if evaluation.panel.faces["gender"].nunique() < 2:
        return found
    numbers = evaluation.headline.set_index(["contender", "metric"])
    for contender in evaluation.panel.contenders:
        said = []
        for metric, unit in (("accuracy", "share"), ("auc", "")):
            if (contender, metric) in numbers.index:
                row = numbers.loc[contender, metric]
                if row["high"] < 0.5 and not evaluation.value(contender, "auc") >= 0.5:
                    ends = interval(row["low"], row["high"], unit)
                    said.append(f"{METRICS[metric].label} {number(row['value'], unit)} ({ends})")
        if said:
            found.append(
                f"{contender} is wrong on gender more often than a coin: {listed(said)}. Labels "
                "may be swapped: see what 0 and 1, or male and female, mean in the data and in "
                "its answers."
            )
    return found


def _about_the_run(evaluation: Evaluation) -> list[str]:
    panel, found = evaluation.panel, []
    seeds = {c: len(a.seeds) for c, a in panel.answers.items()}
    if panel.protocol == "raw":
        found.append("Protocol raw keeps the copies: it is descriptive, and flatters everybody.")
    if max(seeds.values()) == 1:
        found.append(
            "One seed only: how much a number moves with the training is not known, and two equal "
            "recipes can come out different."
        )
    elif min(seeds.values()) < max(seeds.values()):
        fewer = ", ".join(f"{c} ({n})" for c, n in seeds.items() if n < max(seeds.values()))
        found.append(f"Not every contender has {max(seeds.values())} seeds: {fewer}.")
    asked = evaluation.run.provenance.get("n_asked", len(panel.age))
    if asked > len(panel.age):
        found.append(
            f"{asked - len(panel.age):,} of {asked:,} faces were answered by nobody: they stand in "
            "no number of this page, and may be the hard ones."
        )
    for contender, answers in panel.answers.items():
        absent = int((~answers.complete).sum())
        if absent:
            found.append(
                f"{contender} gave no answer for {absent:,} of {len(panel.age):,} test faces; its "
                "numbers are over the faces it answered, which may be the easy ones; comparisons "
                "are over the faces both answered, and nobody is marked best."
            )
        if answers.uneven:
            sizes = listed([f"{seed}: {n:,}" for seed, n in answers.uneven.items()])
            found.append(
                f"The trainings of {contender} answered different faces ({sizes}): a face counts "
                "once, by the mean of those that answered it, and the numbers of single trainings "
                "are not of the same faces."
            )
    planned = evaluation.run.provenance.get("contenders", {})
    foreign = [c for c in panel.answers if not planned.get(c, {}).get("trained", True)]
    if foreign:
        found.append(
            f"Not trained on this split, and may have seen these images: {', '.join(foreign)}. "
            "Its numbers can flatter it, and its training data are other than everybody's here."
        )
    faces = [c for c in panel.answers if planned.get(c, {}).get("pretrained_on") == "faces"]
    if faces:
        found.append(
            f"Pre-trained on faces with names: {', '.join(faces)}. The network was taught who is "
            "who, on millions of pictures gathered from the web; people of this data set, and "
            "pictures of its test part, may be among them. It was never told an age, and yet its "
            "numbers can owe something to faces it knows."
        )
    missing = [c for c in planned if c not in panel.answers]
    if missing:
        found.append(f"The run is not complete: no predictions of {', '.join(missing)} yet.")
    if failed := len(evaluation.failures):
        found.append(f"{failed} cell{'s' * (failed > 1)} failed; see Provenance.")
    for entry in evaluation.run.provenance.get("extras_left_out", ()):
        found.append(f"Left out: {entry['extra']} ({entry['reason']}).")
    if len(panel.age) < 100:
        found.append(f"Only {len(panel.age)} test faces: most differences cannot show.")
    if evaluation.skipped_columns:
        found.append(
            f"Left out because they have more than 100 levels: "
            f"{', '.join(evaluation.skipped_columns)}."
        )
    genders = panel.faces["gender"].value_counts()
    for gender in ("male", "female"):
        if genders.get(gender, 0) == 0:
            found.append(
                f"No {gender} face in the test part: AUC and balanced accuracy have no value."
            )
    return found
