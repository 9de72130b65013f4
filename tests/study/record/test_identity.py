"""What makes two runs one: content, settings and the version of what computes, never a path."""

import shutil

import pytest
from run_directories import opened

import data
from study.errors import UsageError
from study.plan.model import validate_plan
from study.record import identity
from study.record.directory import RunDirectory
from study.record.files import read_json
from study.record.identity import code_hash, differences, identity_of, labels_hash

PLAN = {"name": "small", "contenders": {"dummy": {}, "hog-linear": {"alpha": 3.0}}}


@pytest.fixture(scope="module")
def faces(small_faces):
    return data.load(small_faces, pose=False)


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("face_id,age,p_female\na,3,0.5\n")
    return path


def test_a_moved_archive_is_the_same_run(faces, small_faces, tmp_path):
    moved = tmp_path / small_faces.name
    shutil.copytree(small_faces, moved)
    here = validate_plan({**PLAN, "data": str(small_faces)})
    there = validate_plan({**PLAN, "data": str(moved)})
    assert identity_of(here, faces) == identity_of(there, data.load(moved, pose=False))


def test_moved_predictions_are_the_same_and_changed_ones_are_not(faces, csv, tmp_path):
    moved = tmp_path / "folder" / "elsewhere.csv"
    moved.parent.mkdir()
    shutil.copy(csv, moved)
    first, second = (
        identity_of(validate_plan({**PLAN, "predictions": {"x": str(path)}}), faces)
        for path in (csv, moved)
    )
    assert first == second
    moved.write_text(csv.read_text().replace("0.5", "0.6"))
    changed = identity_of(validate_plan({**PLAN, "predictions": {"x": str(moved)}}), faces)
    assert differences(first, changed) == ["other imported predictions"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seeds": [1]}, "seeds 0 (now 1; more may follow them)"),
        ({"seeds": [1, 0]}, "seeds 0 (now 1, 0; more may follow them)"),
        ({"seeds": [0, 7]}, None),
        ({"protocols": ["adult"]}, "protocols full (now adult; more may follow them)"),
        ({"protocols": ["full", "adult"]}, None),
        ({"folds": 3}, "another plan"),
        ({"leak": ["hog-linear"]}, "another plan"),
        ({"save_models": False}, "another plan"),
        (
            {"contenders": {"dummy": {}, "hog-linear": {"alpha": 4.0}}},
            "other settings of contender 'hog-linear'",
        ),
        (
            {"contenders": {"dummy": {}, "hog-linear": {"alpha": 3.0, "threads": 2}}},
            "other settings of contender 'hog-linear'",
        ),
        ({"contenders": {"dummy": {}}}, "contender 'hog-linear', which this plan leaves out"),
        ({"contenders": {"lbp-linear": {}, "hog-linear": {"alpha": 3.0}, "dummy": {}}}, None),
        ({"name": "renamed", "summary": "other words", "thumbnails": True}, None),
    ],
)
def test_each_setting_counts_unless_it_changes_no_number(faces, change, words):
    before, after = (
        identity_of(validate_plan(table), faces) for table in (PLAN, {**PLAN, **change})
    )
    assert differences(before, after) == ([words] if words else [])


def test_a_fusion_counts_with_all_it_builds_on(faces):
    two = {"hog-linear": {}, "lbp-linear": {}}
    tables = ({**PLAN, "contenders": c} for c in (two, {**two, "fusion": {}}))
    plain, fused = (identity_of(validate_plan(table), faces) for table in tables)
    three = {**two, "hog-kernel": {}, "fusion": {}}
    more = identity_of(validate_plan({**PLAN, "contenders": three}), faces)
    assert differences(fused, fused) == []
    assert differences(fused, more) == ["other settings of contender 'fusion'"]
    assert differences(plain, fused) == [
        "contenders that have left nothing for 'fusion' to build on"
    ]


def test_contenders_of_ones_own_and_imported_ones_may_join(faces, csv):
    imported = identity_of(validate_plan({**PLAN, "predictions": {"x": str(csv)}}), faces)
    plain = identity_of(validate_plan(PLAN), faces)
    assert differences(plain, imported) == []
    assert differences(imported, plain) == ["other imported predictions"]
    mine = identity_of(validate_plan(PLAN), faces, {"mine": "abc"})
    changed = identity_of(validate_plan(PLAN), faces, {"mine": "abd"})
    assert differences(plain, mine) == []
    assert (
        differences(mine, plain) == differences(mine, changed) == ["other contenders of your own"]
    )


@pytest.mark.parametrize("column", ["age", "gender", "group", "keep"])
def test_labels_count_though_no_pixel_changes(faces, column):
    table = faces.table.copy()
    swapped = table[column].to_numpy().copy()
    first = (
        next(i for i, value in enumerate(swapped) if value != swapped[0])
        if (column != "keep")
        else 0
    )
    swapped[0] = (not swapped[0]) if column == "keep" else swapped[first]
    table[column] = swapped
    assert labels_hash(table) != labels_hash(faces.table)


def test_a_library_of_another_version_is_named(faces, monkeypatch):
    plan = validate_plan(PLAN)
    before = identity_of(plan, faces)
    monkeypatch.setattr(identity.metadata, "version", lambda name: "0.0.1")
    told = differences(before, identity_of(plan, faces))
    assert f"numpy {before['libraries']['numpy']} (now 0.0.1)" in told


def test_code_counts_comments_and_docstrings_do_not(tmp_path, monkeypatch):
    (tmp_path / "__init__.py").write_text("")
    module = tmp_path / "recipe.py"
    monkeypatch.setattr(identity.pipelines, "__file__", str(tmp_path / "__init__.py"))
    hashes = []
    for text in ('EPOCHS = 3\n"""A."""\n', "# why\nEPOCHS = 3\n", "EPOCHS = 4\n"):
        module.write_text(text)
        code_hash.cache_clear()
        hashes.append(code_hash())
    code_hash.cache_clear()
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_directory_of_another_run_is_refused_or_emptied_on_request(faces, tmp_path):
    run = RunDirectory(tmp_path / "run")
    first = identity_of(validate_plan(PLAN), faces)
    opened(run, first)
    (run.path / "predictions" / "old.parquet").write_text("old")
    opened(run, first)
    assert (run.path / "predictions" / "old.parquet").exists()
    second = identity_of(validate_plan({**PLAN, "seeds": [5]}), faces)
    with pytest.raises(UsageError, match=r"holds a run of seeds 0 \(now 5.*--overwrite"):
        opened(run, second)
    opened(run, second, overwrite=True)
    assert not (run.path / "predictions" / "old.parquet").exists()
    opened(run, second)


def test_overwrite_never_empties_what_is_no_run(tmp_path):
    (tmp_path / "chapter.tex").write_text("precious")
    with pytest.raises(UsageError, match="not a run of this study"):
        opened(RunDirectory(tmp_path), {"format": 2}, overwrite=True)
    assert (tmp_path / "chapter.tex").read_text() == "precious"


def test_overwrite_waits_for_nobody(tmp_path):
    run = RunDirectory(tmp_path / "run")
    opened(run, {"format": 2})
    with run.locked(), pytest.raises(UsageError, match="in use by another"):
        opened(run, {"format": 2}, overwrite=True)


def test_a_mended_file_of_ones_own_may_go_on_until_a_cell_of_it_is_finished(faces, tmp_path):
    run = RunDirectory(tmp_path / "run")
    plan = validate_plan(PLAN)
    opened(run, identity_of(plan, faces, {"mine": "with a fault"}))
    opened(run, identity_of(plan, faces, {"mine": "mended"}))
    opened(run, identity_of(plan, faces))
    opened(run, identity_of(plan, faces, {"mine": "mended"}))
    (run.path / "predictions" / "full.mine.seed0.fold0.parquet").write_text("finished")
    with pytest.raises(UsageError, match="other contenders of your own"):
        opened(run, identity_of(plan, faces, {"mine": "changed again"}))


def test_who_is_refused_by_the_lock_changes_nothing(faces, tmp_path):
    run = RunDirectory(tmp_path / "run")
    first = identity_of(validate_plan(PLAN), faces)
    more = identity_of(validate_plan({**PLAN, "seeds": [0, 1]}), faces)
    with run.opened_for(first), pytest.raises(UsageError, match="in use by another"):
        opened(RunDirectory(run.path), more)
    assert read_json(run.path / "identity.json") == first
