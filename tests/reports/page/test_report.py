"""The report as a whole: summary, page, and inputs that try to break it."""

import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import reports
from benchmarks.simulated_run import simulated_run
from data.tables import ContractError
from reports import charts
from reports.tables import RunTables


def changed(run, **tables):
    """Return a copy of a run with some of its tables replaced."""
    names = ("faces", "predictions", "costs", "provenance", "splits")
    return RunTables(**{name: getattr(run, name) for name in names} | tables)


@pytest.fixture(scope="module")
def run():
    return simulated_run(300)


@pytest.fixture(scope="module")
def summary(run):
    return reports.summary(run)


@pytest.fixture(scope="module")
def html(run):
    return reports.render(run)


@pytest.fixture
def unpictured(monkeypatch):
    """Render pages without charts: for tests of words and tables."""
    monkeypatch.setattr("reports.page.page.Page._charts", lambda self, section: [])


@pytest.fixture
def unexported(monkeypatch):
    """Render pages whose charts are drawn but not exported: for tests that could break a chart."""
    monkeypatch.setattr("reports.drawing.svg.to_svg", lambda *arguments: "<svg></svg>")


class Outline(HTMLParser):
    """Collects what tests ask of a page: ids, references, tags, text."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.references, self.tags, self.text = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in ("href", "xlink:href") and value.startswith("#"):
                self.references.append(value[1:])
            self.references += re.findall(r"url\(#([^)]+)\)", value or "")

    def handle_data(self, data):
        self.text.append(data)


def test_summary_is_json_and_holds_the_headline(summary, run):
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    rows = {(r["contender"], r["metric"]): r for r in summary["headline"]}
    cnn = run.predictions[run.predictions["contender"] == "cnn"].merge(run.faces, on="face_id")
    expected = (cnn["age_pred"] - cnn["age"]).abs().groupby(cnn["seed"]).mean()
    assert rows["cnn", "mae"]["value"] == pytest.approx(expected.mean(), rel=1e-5)
    assert rows["cnn", "mae"]["seed_sd"] == pytest.approx(expected.std(), rel=1e-4)
    assert list(rows["cnn", "mae"]["seeds"].values()) == pytest.approx(expected.tolist(), rel=1e-5)


def test_summary_says_who_won(summary):
    claims = {s["topic"]: s["claim"] for s in summary["verdict"]}
    assert claims["Age"].startswith("cnn estimates age better than hog-kernel")
    assert summary["pair"]["first"] == "hog-kernel"
    best = {r["metric"]: r for r in summary["best"]}
    assert best["mae"]["winner"] == "cnn"
    assert best["mae"]["clear"] is True


def test_summary_golden():
    """A four-face run whose every headline number can be checked on paper."""
    faces = pd.DataFrame(
        {
            "face_id": list("abcd"),
            "age": [10.0, 20, 30, 40],
            "gender": ["male", "male", "female", "female"],
            "ethnicity": pd.Categorical(["x"] * 4),
            "group": [1, 2, 3, 4],
            "yaw": np.nan,
            "pitch": np.nan,
            "roll": np.nan,
            "keep": True,
            "drop_reason": "",
        }
    )
    predictions = pd.DataFrame(
        {
            "data_set": "paper",
            "protocol": "full",
            "contender": "only",
            "seed": 0,
            "fold": 0,
            "face_id": list("abcd"),
            "age_pred": [11.0, 18, 30, 47],
            "age_low": [9.0, 19, 25, 41],
            "age_high": [12.0, 25, 35, 50],
            "p_female": [0.1, 0.6, 0.7, 0.9],
        }
    )
    run = RunTables(faces, predictions, pd.DataFrame(), {})
    found = {r["metric"]: r["value"] for r in reports.summary(run)["headline"]}
    assert found == pytest.approx(
        {
            "mae": 2.5,
            "median_error": 1.5,
            "rmse": 3.67423,
            "bias": 1.5,
            "cs5": 0.75,
            "within10": 1.0,
            "r2": 0.892,
            "accuracy": 0.75,
            "balanced_accuracy": 0.75,
            "auc": 1.0,
            "brier": 0.1175,
            "coverage": 0.75,
            "width": 7.0,
        },
        rel=1e-5,
    )
    assert "<h1>" in reports.render(run)


def test_page_is_one_file(html):
    outline = Outline(html)
    for tag, attrs in outline.tags:
        assert tag not in ("iframe", "object", "embed")
        for name in ("src", "srcset", "action"):
            assert str(attrs.get(name, "data:")).startswith("data:")
        if tag == "link":
            assert attrs["href"] == "data:,"
    assert not re.search(r"@import|url\((?!#)", html)
    links = [a["href"] for tag, a in outline.tags if tag == "a"]
    assert all(link.startswith("#") for link in links)


def test_ids_are_unique_and_references_hold(html):
    outline = Outline(html)
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.references) <= set(outline.ids)


def test_every_chart_has_a_table_and_a_description(html):
    outline = Outline(html)
    charts_drawn = [a for tag, a in outline.tags if a.get("class", "").startswith("chart")]
    assert len(charts_drawn) > 30
    assert html.count("<desc ") == len(charts_drawn) == html.count('class="picture"')


def test_charts_have_real_text_and_page_colours(html):
    svg = html[html.index("<svg xmlns") :]
    assert "<text" in svg
    assert "var(--c6)" in svg
    assert not re.search(r"#0[1-5]0[0-9]0[1-5]\b", svg)


def test_same_bytes_twice_whatever_the_order_of_rows(run, html):
    shuffled = changed(
        run,
        faces=run.faces.sample(frac=1, random_state=3),
        predictions=run.predictions.sample(frac=1, random_state=4),
    )
    assert reports.render(shuffled) == html


def test_wrong_summary_is_refused(unpictured, run):
    with pytest.raises(ValueError, match="not the summary of this run"):
        reports.render(run, summary={"format": 0})


def test_chart_modules_keep_their_contract(run):
    from reports.drawing import figures
    from reports.evaluation import Evaluation

    evaluation = Evaluation(run)
    looks = figures.looks({c: evaluation.family(c) for c in evaluation.panel.contenders})
    modules = charts.find()
    assert len(modules) >= 20
    for module in modules:
        assert module.TITLE
        assert module.NOTE
        assert module.SECTION
        assert module.ORDER
        for variant, _ in getattr(module, "variants", lambda e: [("", "")])(evaluation)[:1]:
            frame = module.frame(evaluation, variant)
            if frame is None or frame.empty:
                continue
            before = frame.copy()
            with figures.style():
                assert module.plot(frame, looks, variant).axes
            pd.testing.assert_frame_equal(frame, before)


HOSTILE = [
    '<script>alert("x")</script>',
    "\"'><img src=x onerror=alert(1)>",
    "$\\frac{a}{b}$ 100% {{ 7*7 }}",
    "emoji 👩‍🦰 and ‮right to left",
    "=HYPERLINK(1)",
]


def test_hostile_strings_stay_text(run):
    names = dict(zip(["dummy", "hog-linear", "hog-kernel", "cnn"], HOSTILE, strict=False))
    faces = run.faces.copy()
    level = np.array(HOSTILE, dtype=object)[np.arange(len(faces)) % len(HOSTILE)]
    faces["<b>column</b> $x$"] = pd.Categorical(level)
    ids = {old: f"{HOSTILE[k % 5]}{k}" for k, old in enumerate(faces["face_id"])}
    faces["face_id"] = faces["face_id"].map(ids)
    predictions = run.predictions.assign(
        contender=run.predictions["contender"].map(names),
        face_id=run.predictions["face_id"].map(ids),
    )
    audit = pd.DataFrame({"file": HOSTILE, "problem": HOSTILE, "action": "drop", "detail": HOSTILE})
    failures = [{"cell": {"contender": HOSTILE[0]}, "error": HOSTILE[1]}]
    bad = RunTables(
        faces, predictions, run.costs, {"plan": HOSTILE[0], "plan_name": HOSTILE[2]},
        audit=audit, failures=failures,
    )  # fmt: skip
    page = reports.render(bad)
    outline = Outline(page)
    assert sum(tag == "script" for tag, _ in outline.tags) == 1
    assert not any(tag == "img" or tag == "b" for tag, _ in outline.tags)
    assert not any(name.startswith("on") for _, attrs in outline.tags for name in attrs)
    text = "".join(outline.text)
    assert "{{ 7*7 }}" in text
    assert '<script>alert("x")</script>' in text


def test_nan_and_infinite_predictions_are_refused(run):
    for value, words in ((np.nan, "is missing"), (np.inf, "is infinite")):
        predictions = run.predictions.copy()
        predictions.loc[7, "age_pred"] = value
        with pytest.raises(ContractError, match=f"age_pred.*{words}.*row 7"):
            changed(run, predictions=predictions)


def test_duplicated_rows_are_refused(run):
    twice = pd.concat([run.predictions, run.predictions.head(1)])
    with pytest.raises(ContractError, match="more than one row"):
        changed(run, predictions=twice)


def test_unknown_faces_are_named(run):
    with pytest.raises(ContractError, match="is not in faces"):
        changed(run, faces=run.faces.iloc[: len(run.faces) // 10])


def test_unlabelled_faces_are_named(run):
    faces = run.faces.copy()
    at = faces.index[faces["face_id"] == run.predictions["face_id"].iloc[0]][0]
    faces.loc[at, ["age", "keep", "drop_reason"]] = [np.nan, False, "no age"]
    with pytest.raises(ContractError, match="no age or no gender"):
        changed(run, faces=faces)


def test_no_predictions_are_refused(run):
    with pytest.raises(ContractError, match="nothing to report"):
        changed(run, predictions=run.predictions.head(0))


def test_missing_column_of_an_optional_table_is_named(run):
    with pytest.raises(ContractError, match="curves: column 'curve'"):
        changed(run, curves=pd.DataFrame({"x": [1]}))


def only(run, **wanted):
    rows = run.predictions
    for column, value in wanted.items():
        rows = rows[rows[column].isin(np.atleast_1d(value))]
    return rows


def test_one_contender_one_seed(unexported, run):
    page = reports.render(changed(run, predictions=only(run, contender="cnn", seed=0)))
    assert "There is nothing to compare it with" in page
    assert "One seed only" in page


def test_one_gender(unexported, run):
    women = run.faces.loc[run.faces["gender"] == "female", "face_id"]
    alone = changed(run, predictions=only(run, face_id=women.to_numpy()))
    page = reports.render(alone)
    assert "No male face in the test part" in page
    metrics = {r["metric"] for r in reports.summary(alone)["headline"]}
    assert "auc" not in metrics
    assert "accuracy" in metrics


def test_pose_unknown_for_all(unexported):
    run = simulated_run(60, pose_known=0.0)
    assert "The pose of no test face is known" in reports.render(run)
    assert reports.summary(run)["standardised"] == {}


def test_faces_without_age_classes(unexported, run):
    faces = run.faces.drop(columns=["age_class", "age_bin", "yaw_bin", "pitch_bin"])
    page = reports.render(changed(run, faces=faces))
    assert "Error of age by gender" in page


def test_hundred_categories_and_a_key_column(unexported, run):
    faces = run.faces.copy()
    codes = np.arange(len(faces))
    faces["camera"] = pd.Categorical([f"camera {k % 100}" for k in codes])
    faces["file"] = pd.Categorical([f"file {k}" for k in codes])
    page = reports.render(changed(run, faces=faces))
    assert "Error of age by camera" in page
    assert "Left out because they have more than 100 levels: file" in page


@pytest.mark.parametrize("n", [1, 3])
def test_very_few_faces(unexported, run, n):
    ids = run.predictions["face_id"].unique()[:n]
    few = changed(run, predictions=only(run, face_id=ids))
    assert f"Only {n} test faces" in reports.render(few)


def test_interrupted_run_says_what_is_missing(unpictured, run):
    rows = run.predictions
    part = rows[
        (rows["contender"] != "cnn") & ~((rows["contender"] == "dummy") & (rows["seed"] > 0))
    ]
    half = changed(run, predictions=part, costs=run.costs.head(0), splits=None)
    half.failures = [{"cell": {"contender": "cnn", "seed": 1}, "error": "MemoryError"}]
    page = reports.render(half)
    assert "The run is not complete: no predictions of cnn yet" in page
    assert "Not every contender has 3 seeds: dummy (1)" in page
    assert "MemoryError" in page
    assert "The run holds no costs" in page
    assert "The run holds no splits table" in page


def test_faces_that_a_contender_left_out_are_counted(unpictured, run):
    rows = run.predictions
    ids = rows["face_id"].unique()[:5]
    part = rows[~((rows["contender"] == "hog-kernel") & rows["face_id"].isin(ids))]
    partial = changed(run, predictions=part)
    assert f"hog-kernel gave no answer for 5 of {len(rows['face_id'].unique())}" in reports.render(
        partial
    )
    tests = [t for t in reports.summary(partial)["tests"] if t["breakdown"] == ""]
    assert {t["n"] for t in tests} == {len(rows["face_id"].unique()) - 5}


def test_folds_that_partition_the_faces_are_one_replicate(unpictured, run):
    rows = only(run, seed=0).copy()
    rows["fold"] = pd.factorize(rows["face_id"])[0] % 5
    costs = run.costs[run.costs["seed"] == 0]
    summary = reports.summary(changed(run, predictions=rows, costs=costs))
    assert summary["contenders"]["cnn"]["seeds"] == ["0"]


def test_other_protocols_get_their_own_table(unpictured, run):
    young = run.faces.loc[run.faces["age"].between(21, 60), "face_id"]
    adult = only(run, face_id=young.to_numpy()).assign(protocol="adult")
    both = changed(run, predictions=pd.concat([adult, run.predictions]))
    page = reports.render(both)
    assert 'id="others"' in page
    assert "simulated, protocol adult" in page
    assert reports.summary(both)["protocol"] == "full"


def png(colour):
    buffer = io.BytesIO()
    Image.new("RGB", (24, 24), colour).save(buffer, "PNG")
    return buffer.getvalue()


def test_optional_tables_fill_their_sections(run):
    tested = run.predictions["face_id"].unique()
    full = RunTables(
        run.faces, run.predictions, run.costs, run.provenance, run.splits,
        audit=pd.DataFrame({"file": ["a.jpg"], "problem": "copy", "action": "drop",
                            "detail": "of b.jpg"}),
        pose_error=pd.DataFrame({"angle": ["yaw", "yaw"], "yaw_bin": ["0-10", "10-20"],
                                 "n": [50, 40], "mae": [1.2, 1.9], "bias": [0.1, 0.2],
                                 "slope": [0.98, 0.97]}),
        leak=pd.DataFrame({"kind": ["group"], "n_faces": [3]}),
        curves=pd.DataFrame({"curve": ["learning"] * 2 + ["blur"] * 2,
                             "contender": ["cnn"] * 4, "seed": 0, "x": [100, 200, 1, 2],
                             "metric": "mae", "value": [9.0, 7, 5, 6]}),
        label_noise={"exact": {"age_mae_floor": 1.23, "gender_error_floor": 0.02,
                               "n_photos": 375}, "note": ""},
        near_duplicates=pd.DataFrame({"face_id_a": tested[:3], "face_id_b": tested[3:6]}),
        explanations=pd.DataFrame({"face_id": tested, "kind": "hog", "contender": "hog-linear",
                                   "image": [png("red")] * len(tested)}),
        thumbnails={face: png("blue") for face in tested},
        group_maps=pd.DataFrame({"contender": "cnn", "target": ["age", "age", "gender"],
                                 "group": ["0-2 years", "3-5 years", "female"], "n": [16, 7, 16],
                                 "image": [png("green")] * 3}),
    )  # fmt: skip
    page = reports.render(full)
    for words in ("floor of label noise 1.23", "Learning curve: mae", "Robustness to blur: mae",
                  "Error of the pose labels", "What the audit found", "Leak test",
                  "Near duplicates whose labels disagree most", "hog hog-linear",
                  "Where cnn looks for age", "Where cnn looks for gender", "7 faces"):  # fmt: skip
        assert words in page, words
    assert page.count("data:image/png") > 20
    assert "The run holds no" not in page


def test_no_pictures_without_thumbnails(html):
    assert "data:image/jpeg" not in html
    assert "The run was given no pictures" in html


@pytest.mark.parametrize("name", ["embedded", "utkface"])
def test_caveats_of_the_data_set(unpictured, run, name):
    costs = run.costs.assign(data_set=name)
    page = reports.render(
        changed(run, predictions=run.predictions.assign(data_set=name), costs=costs, splits=None)
    )
    words = {"embedded": "it says nothing about people", "utkface": "Identities are not labelled"}
    assert words[name] in page


def test_compare_pairs_shared_faces(run):
    other = simulated_run(60, random_state=1)
    better = run.predictions.copy()
    cnn = better["contender"] == "cnn"
    truth = better["face_id"].map(run.faces.set_index("face_id")["age"])
    better.loc[cnn, "age_pred"] = ((better["age_pred"] + truth) / 2)[cnn]
    better["age_low"] = np.nan
    better["age_high"] = np.nan
    page = reports.compare({"before": run, "after": changed(run, predictions=better)})
    assert "Change against the first run" in page
    assert "has the plan and the versions of before" in page
    strangers = {face: f"other {face}" for face in other.faces["face_id"]}
    apart = changed(
        other,
        faces=other.faces.assign(face_id=other.faces["face_id"].map(strangers)),
        predictions=other.predictions.assign(face_id=other.predictions["face_id"].map(strangers)),
        splits=None,
    )
    assert "shares no contender or no test face" in reports.compare([run, apart])


def test_changes_are_exact(run):
    from reports.panel import panels
    from reports.runs.compare import changes

    shifted = run.predictions.copy()
    shifted["p_female"] = 1 - shifted["p_female"]
    table = changes(panels(run)[0], panels(changed(run, predictions=shifted))[0]).set_index(
        "contender"
    )
    right = reports.summary(run)["headline"]
    accuracy = {r["contender"]: r["value"] for r in right if r["metric"] == "accuracy"}
    assert table.loc["cnn", "less error"] == 0
    assert table.loc["cnn", "more right"] == pytest.approx(1 - 2 * accuracy["cnn"], abs=0.01)


def test_comparing_needs_two(run):
    with pytest.raises(ValueError, match="at least two runs"):
        reports.compare([run])


def test_index_lists_newest_first_and_escapes(summary):
    page = reports.index(
        [
            {"name": "<b>old", "href": None, "started": "2026-01-01T00:00:00", "summary": None},
            {"name": "new", "href": "new/report.html", "started": "2026-02-01T00:00:00",
             "summary": summary},
        ]
    )  # fmt: skip
    assert page.index("new/report.html") < page.index("&lt;b&gt;old")
    assert "cnn estimates age better" in page
    assert "no report yet" in page
    assert "No run yet" in reports.index([])
