"""The page: one file, unique ids, real text, the same bytes twice, whatever the names are."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd

import reports
from reports import charts
from reports.tables import RunTables


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


def test_same_bytes_twice_whatever_the_order_of_rows(run, html, changed):
    shuffled = changed(
        run,
        faces=run.faces.sample(frac=1, random_state=3),
        predictions=run.predictions.sample(frac=1, random_state=4),
    )
    assert reports.render(shuffled) == html


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


def test_no_pictures_without_thumbnails(html):
    assert not re.search("data:image/(jpeg|webp)", html)
    assert "The run was given no pictures" in html
