"""Attributions by group: made-up ones of which it is known what differs, and a run's own."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from pellucid.core import Run
from pellucid.core.report.tree import Gallery, HeatmapFigure, IntervalFigure, Section, Table
from pellucid.errors import DataError, RecipeError, RunError
from pellucid.fairness.attributed.apart import apart, most_used
from pellucid.fairness.attributed.explained import explained
from pellucid.fairness.attributed.findings import findings, limits
from pellucid.fairness.attributed.measure import compare_attributions
from pellucid.fairness.attributed.record import FILE, Attributed, read_attributed, write_attributed
from pellucid.fairness.attributed.section import sections
from pellucid.fairness.attributed.spec import AttributedSpec
from pellucid.tests.command_line import called

FEW = AttributedSpec(permutations=999, replicates=300)


def texts(text: Callable[..., dict], rows: int = 120, seed: int = 0) -> list[dict]:
    """Make rows in which “tram” speaks for wrong answers, and “Boat” stands in the north alone."""
    rng = np.random.default_rng(seed)
    out = []
    for row in range(rows):
        north, wrong = row % 2 == 0, row % 3 == 0
        words = [(f"word{at}", float(rng.normal(0, 0.3))) for at in range(8)]
        if wrong and rng.random() < 0.7:
            words.insert(2, ("tram", 1.0 + float(rng.normal(0, 0.1))))
        if north and rng.random() < 0.6:
            words.insert(5, ("Boat", -0.8))
        out.append(
            {
                "parts": [text(words)],
                "label": "no",
                "prediction": "yes" if wrong else "no",
                "group:region": "north" if north else "south",
            }
        )
    return out


def by_name(found: Attributed, against: str, column: str = "", group: str = ""):
    (one,) = [
        one
        for one in found.compared
        if (one.against, one.column, one.group) == (against, column, group)
    ]
    return one


def test_the_words_that_differ_come_first(made, text) -> None:
    rows = texts(text)
    found = compare_attributions(made(rows), spec=FEW)
    assert (found.rows, found.noun, found.signed) == (120, "word", True)
    # Two groups: the comparison says the same of both, so that it stands there once.
    (others,) = [one for one in found.compared if one.against == "others"]
    first = others.differences[0]
    assert (first.spot.name, first.spot.column) == ("boat", "text")
    sums = {
        group: [
            sum(
                s
                for w, s in zip(row["parts"][0]["segments"], row["parts"][0]["scores"], strict=True)
                if w == "Boat"
            )
            for row in rows
            if row["group:region"] == group
        ]
        for group in ("north", "south")
    }
    sign = 1 if others.group == "north" else -1
    apart_by = sign * (np.mean(sums["north"]) - np.mean(sums["south"]))
    assert first.difference.value == pytest.approx(apart_by)
    assert first.difference.excludes_zero and first.adjusted <= 0.05
    share = np.mean([one != 0 for one in sums["north"]])
    assert (first.rows, first.other_rows)[::sign] == pytest.approx((share, 0))
    wrong = by_name(found, "right")
    assert (wrong.rows, wrong.other_rows) == (40, 80)
    assert wrong.differences[0].spot.name == "tram"
    assert wrong.differences[0].difference.value > 0 and wrong.differences[0].adjusted <= 0.05
    assert all(one.adjusted > 0.05 for one in wrong.differences[1:])
    said = " ".join(one.text for one in findings(found))
    assert "“tram” (+" in said and "spoke more for the answer" in said and "“boat” (" in said
    assert "no cause" in said
    assert "debias" not in said and "significant" not in said


def test_shares_are_of_a_rows_absolute_scores(made, text) -> None:
    rows = [
        {
            "parts": [text([("good", 3.0), ("Good", -1.0), ("rest", 4.0)])],
            "label": "a",
            "prediction": "a",
            "group:g": "xy"[row % 2],
        }
        for row in range(20)
    ]
    found = explained(Run.open(made(rows)))
    names = [spot.name for spot in found.spots]
    assert names == ["good", "rest"]
    np.testing.assert_allclose(found.mass.toarray()[0], [0.5, 0.5])
    np.testing.assert_allclose(found.scores.toarray()[0], [2.0, 4.0])


def test_nothing_to_compare_is_said(made, text) -> None:
    rows = [{"parts": [text([("good", 1.0)])], "label": "a", "prediction": "a"}] * 9
    found = compare_attributions(made(rows), spec=FEW)
    assert found.compared == () and findings(found) == ()
    assert any("nothing to compare" in one for one in limits(found))
    assert sections(found)


def test_random_groups_rarely_stand_out(made, text) -> None:
    rng = np.random.default_rng(1)
    rows = texts(text, 90, seed=2)
    alarms = 0
    for _ in range(30):
        for row in rows:
            row["group:region"] = str(rng.choice(["a", "b", "c"]))
        found = compare_attributions(made(rows), spec=FEW)
        others = [one for one in found.compared if one.against == "others"]
        alarms += any(each.adjusted <= 0.05 for one in others for each in one.differences)
    assert alarms <= 5


def test_p_values_are_those_of_scipys_permutations(made, text) -> None:
    found = explained(Run.open(made(texts(text, 60))))
    own = np.arange(60) % 3 == 0
    told = apart(found, own, ~own, FEW)
    values = found.scores.toarray()[:, told.spots]
    at = [found.spots[spot].name for spot in told.spots].index("word3")
    wanted = stats.permutation_test(
        (values[own, at], values[~own, at]),
        lambda a, b: a.mean() - b.mean(),
        n_resamples=3000,
        rng=1,
    )
    assert told.p_values[at] == pytest.approx(wanted.pvalue, abs=0.05)
    sure = next(one for one in told.differences if one.spot.name == "tram").difference
    bootstrap = stats.bootstrap(
        (values[own], values[~own]),
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        axis=0,
        method="percentile",
        n_resamples=2000,
        rng=2,
    ).confidence_interval
    place = [found.spots[spot].name for spot in told.spots].index("tram")
    assert (sure.low, sure.high) == pytest.approx(
        (bootstrap.low[place], bootstrap.high[place]), abs=0.06
    )


def test_spots_without_any_permutation_beyond_them_get_more_of_them(made, text) -> None:
    found = explained(Run.open(made(texts(text, 120))))
    own = np.array([one == "yes" for one in found.prediction])
    told = apart(found, own, ~own, FEW)
    names = [found.spots[spot].name for spot in told.spots]
    assert told.p_values[names.index("tram")] == pytest.approx(1 / (1 + 21 * 999))
    assert told.p_values.min() > 0


def test_rare_words_are_not_tested(made, text) -> None:
    rows = texts(text, 40)
    for row in rows[:3]:
        row["parts"][0] = text([("hapax", 9.0), ("word1", 0.1)])
    found = explained(Run.open(made(rows)))
    names = [found.spots[spot].name for spot in most_used(found, np.ones(40, bool), 5)]
    assert "hapax" not in names and "word1" in names
    names = [found.spots[spot].name for spot in most_used(found, np.ones(40, bool), 3)]
    assert "hapax" in names


def test_places_of_pictures_and_their_maps(made, picture) -> None:
    rng = np.random.default_rng(0)
    rows = []
    for row in range(80):
        scores = rng.normal(0, 0.1, (8, 8))
        old = row % 4 == 0
        scores[0, 0] += 1.0 if old else 0.0
        rows.append(
            {
                "parts": [picture(scores)],
                "label": "a",
                "prediction": "a",
                "group:camera": "old" if old else "new",
            }
        )
    found = compare_attributions(made(rows), spec=FEW)
    assert found.noun == "place"
    (one,) = found.compared  # no answer is wrong
    assert (one.column, one.group, one.rows) == ("camera", "old", 20)
    assert one.differences[0].spot.name == "left 0–12%, top 0–12%"
    (grid,) = one.maps
    assert grid.own.shape == (8, 8)
    own = np.mean([np.reshape(row["parts"][0]["scores"], (8, 8)) for row in rows[::4]], axis=0)
    np.testing.assert_allclose(grid.own, own)
    assert np.unravel_index((grid.own - grid.others).argmax(), (8, 8)) == (0, 0)
    (section,) = sections(found)
    blocks = list(flat(section))
    heat = next(block for block in blocks if isinstance(block, HeatmapFigure))
    assert heat.values[0, 0] == (grid.own - grid.others).max()
    assert heat.rows[0] == heat.columns[0] == "0–12%"
    pair = next(block for block in blocks if isinstance(block, Gallery))
    assert [one.caption for one in pair.drawings] == ["Camera old", "All others"]


def test_bands_of_sounds_over_all_of_their_time(made, sound) -> None:
    rng = np.random.default_rng(0)
    rows = []
    for row in range(60):
        wrong = row % 3 == 0
        scores = rng.normal(0, 0.05, (4, 8))
        scores[3] += 0.3 * wrong  # the highest band
        rows.append({"parts": [sound(scores)], "label": "a", "prediction": "b" if wrong else "a"})
    found = compare_attributions(made(rows), spec=FEW)
    wrong = by_name(found, "right")
    assert wrong.tested == 4
    assert wrong.differences[0].spot.name == "3984–8000 Hz"
    assert wrong.differences[0].difference.value == pytest.approx(8 * 0.3, abs=0.1)
    assert wrong.maps[0].own.shape == (4, 8)
    heat = next(one for one in flat(sections(found)[0]) if isinstance(one, HeatmapFigure))
    assert heat.rows[0] == "3984–8000 Hz" and heat.values[0].min() > 0.2


def test_pictures_with_questions_have_both(made, text, picture) -> None:
    rng = np.random.default_rng(0)
    rows = [
        {
            "parts": [
                picture(rng.normal(0, 0.1, (8, 8))),
                text([("which", 0.1), ("colour", 2.0 if row % 2 else 0.1)], "question"),
            ],
            "label": "a",
            "prediction": "a",
            "group:camera": "old" if row % 2 else "new",
        }
        for row in range(40)
    ]
    found = compare_attributions(made(rows), spec=FEW)
    assert found.noun == "word or place"
    first = found.compared[0].differences[0].spot
    assert (first.name, first.column, first.box) == ("colour", "question", None)
    figures = [one for one in flat(sections(found)[0]) if isinstance(one, IntervalFigure)]
    assert figures[0].names[0] == "question: colour"


def test_the_share_on_words_for_people(made, text) -> None:
    rows = [
        {
            "parts": [text([("The", 1.0), ("old", 2.0), ("woman" if row % 2 else "door", 1.0)])],
            "label": "a",
            "prediction": "a",
            "group:g": "she" if row % 2 else "it",
        }
        for row in range(60)
    ]
    run = made(rows)
    found = compare_attributions(run, terms=["gender"], spec=FEW)
    terms = {one.group: one for one in found.terms}
    assert found.sought == "gender"
    assert (terms["she"].holding.value, terms["it"].holding.value) == (1, 0)
    assert (terms["she"].share.value, terms["it"].share.value) == pytest.approx((0.25, 0))
    assert terms["she"].to_rest.value == pytest.approx(0.25)
    assert terms[""].share.value == pytest.approx(0.125) and terms[""].to_rest is None
    # A phrase counts with all of its words.
    phrase = compare_attributions(run, pattern=r"old\s+woman", spec=FEW)
    assert next(one for one in phrase.terms if one.group == "she").share.value == pytest.approx(
        0.75
    )
    compiled = compare_attributions(run, pattern=re.compile("OLD"), spec=FEW)
    assert all(one.holding.value == 0 for one in compiled.terms)
    assert compare_attributions(run, spec=FEW).terms == ()


def test_rows_of_one_answer_alone(made, text) -> None:
    run = made(texts(text))
    found = compare_attributions(run, target="yes", spec=FEW)
    assert (found.rows, found.target) == (40, "yes")
    assert not any(one.against == "right" for one in found.compared)  # all of them are wrong
    with pytest.raises(RunError, match="for the answer “maybe”"):
        compare_attributions(run, target="maybe")


def test_strengths_without_a_sign_are_told_as_such(made, text) -> None:
    rows = texts(text)
    for row in rows:
        part = row["parts"][0]
        part["scores"] = [abs(one) for one in part["scores"]]
    found = compare_attributions(made(rows, "saliency"), "saliency", spec=FEW)
    assert not found.signed
    said = " ".join(one.text for one in findings(found))
    assert "mattered more" in said and "spoke" not in said


def test_records_are_read_back(made, text, picture, tmp_path: Path) -> None:
    rows = texts(text, 60)
    for row in rows:
        row["parts"].insert(0, picture(np.eye(8)))
    found = compare_attributions(made(rows), pattern="tram", spec=FEW)
    write_attributed(tmp_path / FILE, found)
    again = read_attributed(tmp_path / FILE)
    assert again.as_json() == found.as_json()
    assert again.compared[0].differences == found.compared[0].differences
    assert len(sections(again)) == 1 and limits(again) == limits(found)


def test_tables_are_whole(made, text) -> None:
    found = compare_attributions(made(texts(text)), pattern="boat", spec=FEW)
    tables = [one for one in flat(sections(found)[0]) if isinstance(one, Table)]
    assert len(tables) >= 4
    for table in tables:
        assert all(len(row) == len(table.columns) for row in table.rows)
        assert all(at < len(table.rows) for at in table.marked)


def test_a_runs_own_attributions_by_the_command(
    finished: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished, run)
    words = ["attributed", str(run), "--pattern", "staff|desk", "--groups", "gender"]
    code, out, _ = called([*words, "--quiet"], monkeypatch, capsys)
    assert code == 0 and out.splitlines()[-1] == str(run / FILE)
    stored = read_attributed(run / FILE)
    assert (stored.method, stored.rows) == ("integrated_gradients", 20)
    assert {one.column for one in stored.compared} <= {"", "gender"}
    assert "Terms in all rows (20 rows)" in out and "None of this is a cause" in out
    code, out, _ = called([*words, "--json"], monkeypatch, capsys)
    assert code == 0 and json.loads(out)["attributed"] == stored.as_json()


@pytest.mark.parametrize(
    ("words", "named", "code"),
    [
        (["--method", "saliensy"], "method “saliensy”", 2),
        (["--groups", "gendre"], "did you mean “gender”", 2),
        (["--terms", "gendre"], "terms “gendre”", 2),
        (["--pattern", "(he"], "this is no regular expression", 2),
        (["--target", "maybe"], "no test row is explained", 2),
    ],
)
def test_what_is_not_there(
    words: list[str],
    named: str,
    code: int,
    finished: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found, out, err = called(["attributed", str(finished), *words], monkeypatch, capsys)
    assert (found, out) == (code, "")
    assert err.startswith("Error: ") and named in err and err.count("\n") == 1
    assert not (finished / FILE).exists()


def test_a_run_that_was_not_explained_and_other_tasks(made, text) -> None:
    run = made(texts(text, 20))
    table = run / "predictions.parquet"
    import pandas as pd

    pd.read_parquet(table).iloc[1:].to_parquet(table)
    with pytest.raises(DataError, match="1 explained rows are not among the predicted"):
        compare_attributions(run)
    told = json.loads((run / "environment.json").read_text())
    (run / "environment.json").write_text(json.dumps(told | {"task": "chat"}))
    with pytest.raises(DataError, match="task is chat"):
        compare_attributions(run)
    (run / "environment.json").write_text(json.dumps(told))
    shutil.rmtree(run / "explanations")
    with pytest.raises(RunError, match="holds no attributions"):
        compare_attributions(run)
    with pytest.raises(RecipeError):
        compare_attributions(run, pattern="(")


def flat(section: Section):
    for one in section.blocks:
        if isinstance(one, Section):
            yield from flat(one)
        else:
            yield one
