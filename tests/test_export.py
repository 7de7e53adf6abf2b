"""Figures and tables as files: they hold the report's numbers, and nothing half written."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

from pellucid.core import Run
from pellucid.core.figures import png
from pellucid.core.report.tree import BarFigure, Section, Text
from pellucid.errors import RunError
from pellucid.export import contents, export, named


def rows(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))


def pellucid(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pellucid", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def run(finished: Path) -> Run:
    return Run.open(finished)


def test_every_figure_and_table_of_the_report_has_a_name(run: Run) -> None:
    found = contents(run)
    names = [one.name for one in found.blocks]
    assert len(names) == len(set(names))
    page = (run.path / "report.html").read_text()
    # Each figure is drawn twice in the page, once for a desk and once for a phone.
    drawn = page.count('aria-labelledby="figure')
    assert drawn == 2 * sum(one.kind == "figure" for one in found.blocks)
    assert page.count("<table") == sum(one.kind == "table" for one in found.blocks)
    assert "evaluation-test.confusion-matrix" in names
    assert "audit-1-gender.rates-by-gender-positive" in names
    assert "training.loss-by-step" in names
    explained = pq.read_table(run.path / "explanations/integrated_gradients.parquet")
    assert found.maps == tuple(f"map:{one}" for one in explained["id"].to_pylist())
    assert contents(run).names == found.names


def test_names_that_would_be_the_same_get_numbers() -> None:
    bars = [BarFigure("Wörter!", "x", ("a",), (value,), "") for value in (1.0, 2.0)]
    inner = Section("Inner", "Inner Part", (bars[0],))
    found = named([Section("Outer", "outer", (Text("no block"), *bars, inner))])
    assert [one.name for one in found] == ["outer.w-rter", "outer.w-rter-2", "inner-part.w-rter"]
    assert found[1].block is bars[1]
    assert [one.section for one in found] == ["Outer", "Outer", "Inner"]


def test_a_matrix_as_numbers_is_that_of_the_predictions(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "matrix.csv"
    export(run, "evaluation-test.confusion-matrix", out)
    frame = pd.read_parquet(run.path / "predictions.parquet").query("split == 'test'")
    expected = pd.crosstab(frame["label"], frame["prediction"])
    first, *rest = rows(out)
    assert first[1:] == list(expected.columns)
    assert [[row[0], *map(int, row[1:])] for row in rest] == [
        [name, *expected.loc[name]] for name in expected.index
    ]


def test_a_table_of_measured_figures_has_columns_for_its_intervals(
    run: Run, tmp_path: Path
) -> None:
    export(run, "evaluation-test.each-class", tmp_path / "a.csv")
    export(run, "evaluation-test.each-class", tmp_path / "a.parquet")
    measured = json.loads((run.path / "evaluation.json").read_text())["test"]["per_class"]
    first, *rest = rows(tmp_path / "a.csv")
    for row in rest:
        cells = dict(zip(first, row, strict=True))
        recall = measured[cells["Class"]]["recall"]
        assert float(cells["Recall"]) == recall["value"]
        assert float(cells["Recall: low"]) == recall["low"]
        assert float(cells["Recall: high"]) == recall["high"]
        assert int(cells["Recall: rows"]) == recall["n"]
    table = pd.read_parquet(tmp_path / "a.parquet")
    assert list(table.columns) == first
    assert table["Recall"].tolist() == [float(row[first.index("Recall")]) for row in rest]


def test_pictures_are_the_reports(run: Run, tmp_path: Path) -> None:
    name = "evaluation-test.roc-curves"
    for ending in (".svg", ".png", ".csv"):
        export(run, name, tmp_path / f"roc{ending}")
    export(run, name, tmp_path / "dark.png", theme="dark")
    block = next(one.block for one in contents(run).blocks if one.name == name)
    assert (tmp_path / "roc.png").read_bytes() == png(block)
    assert (tmp_path / "dark.png").read_bytes() == png(block, "dark")
    light, dark = (
        np.asarray(Image.open(tmp_path / f"{name}.png").convert("L")) for name in ("roc", "dark")
    )
    assert light.mean() > 200
    assert dark.mean() < 80
    picture = ElementTree.parse(tmp_path / "roc.svg").getroot()
    assert picture.tag.endswith("svg")
    box = [float(part) for part in picture.get("viewBox", "").split()]
    assert [float(picture.get(side, "0")) for side in ("width", "height")] == box[2:]
    # The page holds the same drawing, with other ids and without a size of its own.
    drawn = (tmp_path / "roc.svg").read_text()
    page = (run.path / "report.html").read_text()
    path = max(re.findall(r' d="([^"]+)"', drawn), key=len)
    assert len(path) > 100 and path in page
    first, *points = rows(tmp_path / "roc.csv")
    assert first == ["curve", "False positive rate", "True positive rate", "low", "high"]
    assert [float(cell) for cell in points[0][1:3]] == [0, 0]
    assert [float(cell) for cell in points[-1][1:3]] == [1, 1]


def test_a_word_map(run: Run, tmp_path: Path) -> None:
    explained = pq.read_table(run.path / "explanations/integrated_gradients.parquet").to_pylist()
    one = explained[3]
    export(run, f"map:{one['id']}", tmp_path / "map.png")
    export(run, f"map:{one['id']}", tmp_path / "map.csv")
    assert Image.open(tmp_path / "map.png").format == "PNG"
    first, *words = rows(tmp_path / "map.csv")
    assert first == ["word", "score"]
    assert [(word, float(score)) for word, score in words] == list(
        zip(one["segments"], one["scores"], strict=True)
    )


def test_rows_with_the_texts_that_were_answered(run: Run, table: Path, tmp_path: Path) -> None:
    export(run, "rows", tmp_path / "rows.parquet")
    export(run, "rows", tmp_path / "rows.csv")
    frame = pd.read_parquet(tmp_path / "rows.parquet")
    predictions = pd.read_parquet(run.path / "predictions.parquet")
    texts = pd.read_csv(table).set_index("id")["text"]
    assert frame["id"].tolist() == predictions["id"].tolist()
    assert frame["input:text"].tolist() == [texts[one] for one in frame["id"]]
    assert frame["score:positive"].tolist() == predictions["score:positive"].tolist()
    assert len(pd.read_csv(tmp_path / "rows.csv")) == len(frame)


@pytest.mark.parametrize(
    ("name", "file", "said"),
    [
        ("evaluation-test.confusion-matrx", "a.svg", "did you mean “evaluation-test.confusion-ma"),
        ("nothing-like-it-at-all", "a.svg", "no figure or table of this name. `pellucid export"),
        ("evaluation-test.each-class", "a.png", "written as .csv or .parquet, not as “.png”"),
        ("evaluation-test.confusion-matrix", "a.docx", ".svg, .png or .csv, not as “.docx”"),
        ("map:nobody", "a.png", "row “nobody” is none of the 20 rows"),
        ("rows", "a.svg", ".csv or .parquet"),
    ],
)
def test_what_cannot_be_written(run: Run, tmp_path: Path, name: str, file: str, said: str) -> None:
    with pytest.raises(RunError) as caught:
        export(run, name, tmp_path / file)
    assert said in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_dark_is_for_pngs_of_figures(run: Run, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="only the PNG of a figure"):
        export(run, "evaluation-test.confusion-matrix", tmp_path / "a.svg", theme="dark")


def test_the_command(finished: Path, tmp_path: Path) -> None:
    listed = pellucid("export", finished)
    assert listed.returncode == 0
    assert "evaluation-test.roc-curves  (figure: ROC curves)" in listed.stdout
    as_json = json.loads(pellucid("export", finished, "--json").stdout)
    assert {
        key: value
        for key, value in next(o for o in as_json if o["name"] == "training.settings").items()
        if key != "title"
    } == {"name": "training.settings", "kind": "table", "section": "How it was trained"}
    out = tmp_path / "new folder" / "roc.svg"
    done = pellucid("export", finished, "evaluation-test.roc-curves", "--out", out)
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == str(out)
    export(Run.open(finished), "evaluation-test.roc-curves", tmp_path / "again.svg")
    assert out.read_bytes() == (tmp_path / "again.svg").read_bytes()
    without = pellucid("export", finished, "evaluation-test.roc-curves")
    assert without.returncode == 2 and "--out: expected a file" in without.stderr


def test_a_run_that_was_not_evaluated(finished: Path, tmp_path: Path) -> None:
    path = tmp_path / "run"
    shutil.copytree(finished, path, ignore=shutil.ignore_patterns("checkpoints", "model"))
    (path / "curves.parquet").unlink()
    failed = pellucid("export", path)
    assert failed.returncode == 2
    assert "it is not there yet" in failed.stderr and "pellucid evaluate" in failed.stderr
