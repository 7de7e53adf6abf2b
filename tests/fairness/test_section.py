from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from pellucid.core.report.tree import IntervalFigure, LineFigure, Section, Table, Text
from pellucid.fairness import AuditSpec, audit, findings, sections

SPEC = AuditSpec(permutations=199)
EVIL = "<script>alert(1)</script>"


def table_of(rows: int = 1500, groups: int = 3, classes: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    names = np.array([f"class {i}" for i in range(classes)], dtype=object)
    group = rng.integers(groups, size=rows)
    truth = rng.integers(classes, size=rows)
    scores = rng.dirichlet(np.ones(classes), size=rows)
    scores[np.arange(rows), truth] += np.where(group == 0, 0.1, 0.7)
    scores /= scores.sum(axis=1, keepdims=True)
    return pd.DataFrame(
        {
            "label": names[truth],
            "prediction": names[scores.argmax(axis=1)],
            **{f"score:{name}": scores[:, i] for i, name in enumerate(names)},
            "group:kind": [f"kind {code}" for code in group],
            "group:sex": rng.choice(["f", "m"], size=rows),
        }
    )


def blocks(section: Section) -> Iterator[object]:
    for block in section.blocks:
        if isinstance(block, Section):
            yield from blocks(block)
        yield block


def of_column(result, name: str = "kind") -> tuple[object, ...]:
    """Return the blocks of a column's section."""
    return next(one for one in sections(result) if one.title == f"Groups of {name}").blocks


def everything(result) -> list[object]:
    return [block for section in sections(result) for block in blocks(section)]


def test_sections_of_two_classes():
    result = audit(table_of(), spec=SPEC)
    made = sections(result)
    assert [section.title for section in made] == [
        "Scope and limits of the audit",
        "Where groups differ",
        "Groups of kind",
        "Groups of sex",
        "Intersections of groups",
        "Appendix: every number",
    ]
    anchors = [s.anchor for s in made]
    anchors += [b.anchor for b in everything(result) if isinstance(b, Section)]
    assert len(set(anchors)) == len(anchors)
    rates, recall, selection, gaps, beside, roc, pr, scores, *figures = made[2].blocks
    assert [row[0] for row in rates.rows] == ["kind 0", "kind 1", "kind 2", "all rows"]
    assert beside.title.startswith("Groups of kind beside ")
    assert scores.title == "Scores by kind, “class 1”"
    assert [figure.title.split(" by ")[0] for figure in figures] == [
        "Calibration",
        "Spread of scores",
        "Selection rate at every threshold",
        "Recall at every threshold",
        "False positive rate at every threshold",
    ]
    assert len(rates.columns) == len(rates.rows[0])
    assert isinstance(recall, IntervalFigure)
    assert recall.reference == selection.reference == 0
    assert recall.values == result.groupings["kind"].to_rest["true_positive_rate"]
    assert gaps.rows[0][0].startswith("Demographic parity")
    assert (roc.diagonal, pr.diagonal) == (True, False)
    assert len(roc.lines) == 3


def test_finding_says_what_was_measured():
    result = audit(table_of(), spec=SPEC)
    worst = result.worst()
    assert worst.group == "kind 0"
    first = findings(result)[0]
    assert first.tone == "finding"
    assert f"In the {worst.rows} rows of kind kind 0, recall on “class 1” is" in first.text
    assert f"{worst.difference.value:.2f} (95% interval {worst.difference.low:.2f} to" in first.text
    notes = " ".join(text.text for text in findings(result) if text.tone == "note")
    tested = sum(
        np.count_nonzero(~np.isnan(values))
        for table in result.groupings.values()
        for values in table.adjusted.values()
    )
    assert f"{tested} differences of a group to all other rows" in notes
    assert worst.adjusted < 0.05


def test_words_never_promise():
    for result in (audit(table_of(), spec=SPEC), audit(table_of(classes=3), spec=SPEC)):
        texts = [t.text for t in findings(result)]
        texts += [b.text for b in everything(result) if isinstance(b, Text)]
        texts += [b.note for b in everything(result) if isinstance(b, Table)]
        said = " ".join(texts).lower()
        for word in ("debiased", "unbiased", "solves", "significant"):
            assert word not in said


def test_nothing_found_is_no_proof():
    table = table_of()
    table["group:kind"] = "one"
    result = audit(table, groups=["kind"], spec=SPEC)
    assert result.worst() is None
    assert "no proof" in findings(result)[0].text
    warning = of_column(result)[0]
    assert warning.tone == "warning"
    assert "nothing to compare" in warning.text


def test_small_and_missing_are_marked_and_named():
    table = table_of()
    table.loc[:4, "group:kind"] = None
    result = audit(table, spec=SPEC)
    rates, recall, *_ = of_column(result)
    assert rates.rows[3][:2] == ("(missing)", 5)
    assert rates.marked == {3}
    assert recall.marked == {3}
    assert any("kind (missing) (5)" in text.text for text in findings(result))


def test_many_groups_are_drawn_in_part_and_listed_in_full():
    result = audit(table_of(rows=4000, groups=50), groups=["kind"], spec=SPEC)
    made = of_column(result)
    assert len(made[0].rows) == 51
    drawn = next(block for block in made if isinstance(block, IntervalFigure))
    note = next(block for block in made if isinstance(block, Text))
    assert len(drawn.names) == 40
    assert note.text.count("kind") == 10
    curves = next(block for block in made if isinstance(block, LineFigure))
    assert len(curves.lines) == 8


@pytest.mark.parametrize("positive", [None, "class 2"])
def test_sections_of_many_classes(positive):
    result = audit(table_of(rows=4000, classes=9), positive=positive, spec=SPEC)
    made = of_column(result)
    inner = [block for block in made if isinstance(block, Section)]
    assert len(inner) == 6 - ("“class 2”" in str([s.title for s in inner]) and positive is not None)
    named = " ".join(block.text for block in made if isinstance(block, Text))
    for label in result.labels:
        assert (
            any(f"“{label}”" in section.title for section in inner)
            or f"“{label}”" in named
            or label == positive
        )


def test_texts_from_the_data_stay_plain_data():
    """Nodes hold the text as it is: escaping is what renders them, once."""
    table = table_of()
    table["group:kind"] = table["group:kind"].replace("kind 0", EVIL)
    result = audit(table, spec=SPEC)
    assert of_column(result)[0].rows[0][0] == EVIL
    assert EVIL in findings(result)[0].text
    assert EVIL not in "".join(section.anchor for section in sections(result))


def test_every_group_of_intersections_is_listed():
    result = audit(table_of(), spec=SPEC)
    crossed = next(s for s in sections(result) if s.anchor == "audit-intersections")
    (inner,) = crossed.blocks
    *heat, rates, _ = inner.blocks
    assert [one.rows for one in heat] == [("kind 0", "kind 1", "kind 2")] * 2
    assert [row[0] for row in rates.rows] == [*result.groupings["kind×sex"].names, "all rows"]
    assert rates.columns[-1] == "Recall (true positive rate): difference to all others"
    assert rates.signed == {len(rates.columns) - 1}
