"""Reports, cards and exports of a run whose inputs are pictures, from its folder to its files."""

from __future__ import annotations

import html
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pellucid import Recipe, execute
from pellucid.core import Run
from pellucid.export import export

MOST = 1_500_000
"""Bytes of the page of a run with small pictures."""


@pytest.fixture(scope="module")
def run(tiny_vision: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    work = tmp_path_factory.mktemp("work")
    generator = np.random.default_rng(0)
    rows = []
    for row in range(80):
        bright = row % 2
        pixels = generator.integers(90 * bright, 160 + 90 * bright, (10, 12, 3), dtype=np.uint8)
        name = f"p{row:02}.png"
        Image.fromarray(pixels).save(work / name)
        split = "test" if row % 4 > 1 else "train"
        rows.append({"image": name, "label": ("dark", "bright")[bright], "split": split})
    (work / "broken.png").write_bytes((work / "p00.png").read_bytes()[:60])
    rows.insert(6, {"image": "broken.png", "label": "dark", "split": "train"})
    pd.DataFrame(rows).to_csv(work / "t.csv", index=False)
    raw = {
        "name": "pictures",
        "data": {
            "source": str(work / "t.csv"),
            "inputs": {"image": "image"},
            "label": "label",
            "split": {"column": "split"},
            "on_bad_sample": "skip",
        },
        "model": {"name": str(tiny_vision)},
        "train": {"epochs": 1, "batch_size": 16},
        "evaluate": {"replicates": 100, "baselines": False},
        "explain": {"rows": 16, "steps": 16, "segments": {"image": "patches", "count": 9}},
        "report": {"maps": 12},
    }
    return execute(Recipe.of(raw), work / "runs")


@pytest.fixture(scope="module")
def page(run: Run) -> str:
    return (run.path / "report.html").read_text(encoding="utf-8")


def test_the_report_shows_the_rows_that_were_answered(run: Run, page: str) -> None:
    found = run.predictions()
    assert set(found["split"]) == {"test"}
    wrong = found[found["label"] != found["prediction"]]
    sure = wrong[["score:bright", "score:dark"]].max(axis=1)
    worst = wrong["id"][sure.sort_values(ascending=False, kind="stable").index][:12].tolist()
    mistakes = page.split('id="rows-mistakes"')[1].split("</section>", maxsplit=1)[0]
    assert re.findall(r"<figcaption>Row (\w+):", mistakes) == worst
    assert mistakes.count('<img src="data:image/png;base64,') == len(worst)
    right = page.split('id="rows-right"')[1].split("</section>", maxsplit=1)[0]
    shown = re.findall(r"<figcaption>Row (\w+):", right)
    assert len(shown) == min(6, len(found) - len(wrong))
    assert not set(shown) & set(wrong["id"])
    assert len(page.encode()) < MOST


def test_the_report_names_what_was_left_out(page: str) -> None:
    table = page.split("Rows left out, because their file can’t be used")[1].split(
        "</table>", maxsplit=1
    )[0]
    cells = [
        html.unescape(re.sub(r"<[^>]+>", "", one)).strip()
        for one in re.findall(r"<t[dh][ >].*?</t[dh]>", table.split("<tbody>")[1], re.S)
    ]
    assert cells[:4] == ["t.csv", "7", "image", "broken.png"] and "cut off" in cells[4]


def test_the_report_speaks_of_pictures(run: Run, page: str) -> None:
    assert "An image classification model fine-tuned from" in page
    assert "“explain”" not in page.split('id="facts"', maxsplit=1)[0]
    maps = html.unescape(page.split('id="explain-maps"')[1].split("</section>", maxsplit=1)[0])
    assert "Each segment is coloured" in maps and maps.count("<svg") >= 12
    assert "against a baseline of the picture’s mean colour" in html.unescape(page)
    shown = page.split('id="rows"')[1].split('id="data"', maxsplit=1)[0]
    assert str(run.path.parent.parent) not in shown, "the rows name a place on this machine"
    card = (run.path / "model_card.md").read_text(encoding="utf-8")
    assert "pipeline_tag: image-classification" in card
    assert 'pipeline("image-classification"' in card and "text-classification" not in card


def test_places_stand_in_one_table_and_not_in_the_summary(run: Run, page: str) -> None:
    segments = page.split('id="explain-words"')[1].split("</section>", maxsplit=1)[0]
    assert segments.count("<table") == 1
    assert "left " in segments
    assert all(label in segments for label in run.labels)
    summary = page.split('id="summary-title"')[1].split("</section>", maxsplit=1)[0]
    assert "left " not in summary


def test_the_map_of_a_picture(run: Run, tmp_path: Path) -> None:
    row = run.predictions()["id"][0]
    export(run, f"map:{row}", tmp_path / "map.png")
    export(run, f"map:{row}", tmp_path / "map.csv")
    with Image.open(tmp_path / "map.png") as drawn:
        assert drawn.width > 100 and len(drawn.convert("RGB").getcolors(1 << 24) or []) > 5
    table = pd.read_csv(tmp_path / "map.csv")
    assert list(table.columns) == ["segment", "score"] and len(table) > 4


def test_exported_rows_name_files_as_the_table_does(run: Run, tmp_path: Path) -> None:
    export(run, "rows", tmp_path / "rows.csv")
    rows = pd.read_csv(tmp_path / "rows.csv")
    assert list(rows.columns[:6]) == [
        "id", "split", "label", "prediction", "input:image", "file:image",
    ]  # fmt: skip
    assert rows["input:image"].str.fullmatch(r"p\d\d\.png").all()
    for cell, path in zip(rows["input:image"], rows["file:image"], strict=True):
        assert Path(path).is_file() and Path(path).name == cell
