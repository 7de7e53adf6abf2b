"""New tables of pictures: found beside the table, looked into first, refused or left out."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pellucid import Recipe, execute
from pellucid.core import Run
from pellucid.core.events import Warning
from pellucid.core.predict_table import predict_table
from pellucid.errors import Cancelled, DataError

module = sys.modules[predict_table.__module__]


def drawn(folder: Path, count: int, seed: int = 0) -> Path:
    """Draw dark and bright pictures into folders of their labels."""
    generator = np.random.default_rng(seed)
    for number in range(count):
        bright = number % 2
        pixels = generator.integers(160 * bright, 90 + 160 * bright, (10, 12, 3), dtype=np.uint8)
        place = folder / ("bright" if bright else "dark")
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(place / f"{number:03}.png")
    return folder


@pytest.fixture(scope="module")
def run(tiny_vision: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    work = tmp_path_factory.mktemp("work")
    raw = {
        "name": "pictures",
        "data": {
            "source": str(drawn(work / "drawn", 60)),
            "inputs": {"image": "image"},
            "label": "label",
            "on_bad_sample": "skip",
        },
        "model": {"name": str(tiny_vision)},
        "train": {"epochs": 1, "batch_size": 16},
        "evaluate": {"replicates": 100, "baselines": False},
    }
    return execute(Recipe.of(raw), work / "runs", only=["train"])


@pytest.fixture
def strict(run: Run, tmp_path: Path) -> Run:
    """Give the same run as it would be by a recipe that says nothing of bad samples."""
    folder = tmp_path / "strict"
    shutil.copytree(run.path, folder)
    said = (folder / "recipe.yaml").read_text()
    assert "on_bad_sample: skip" in said
    (folder / "recipe.yaml").write_text(said.replace("on_bad_sample: skip", "on_bad_sample: error"))
    return Run.open(folder)


def expected(run: Run, paths: list[Path]) -> np.ndarray:
    """What transformers itself answers."""
    import torch
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    model = AutoModelForImageClassification.from_pretrained(run.model).eval()
    processor = AutoImageProcessor.from_pretrained(run.model)
    pictures = [Image.open(path).convert("RGB") for path in paths]
    with torch.inference_mode():
        logits = model(**processor(images=pictures, return_tensors="pt")).logits
    return np.asarray(logits.softmax(-1))


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return drawn(tmp_path / "new", 30, seed=9)


def test_a_folder_and_a_table_are_answered_alike(run: Run, new: Path, tmp_path: Path) -> None:
    found = predict_table(run, new, tmp_path / "folder.parquet").frame()
    paths = sorted(new.rglob("*.png"))
    scores = ["score:bright", "score:dark"]
    np.testing.assert_allclose(found[scores], expected(run, paths), atol=1e-4)
    assert found["label"].tolist() == [path.parent.name for path in paths]
    cells = [str(path.relative_to(new)) for path in paths]
    pd.DataFrame({"image": cells}).to_csv(new / "t.csv", index=False)
    other = predict_table(run, new / "t.csv", tmp_path / "table.parquet").frame()
    assert other["fingerprint"].tolist() == found["fingerprint"].tolist()
    np.testing.assert_allclose(other[scores], found[scores], atol=1e-6)
    assert "label" not in other


def spoil(new: Path) -> Path:
    """Write a table of which rows 1, 4, 5 and the last one can't be used."""
    cells: list[Any] = [str(path.relative_to(new)) for path in sorted(new.rglob("*.png"))]
    (new / cells[3]).write_bytes(b"")
    cells[0], cells[4], cells[-1] = "none.png", None, "../outside.png"
    (new.parent / "outside.png").write_bytes((new / cells[1]).read_bytes())
    pd.DataFrame({"image": cells}).to_csv(new / "t.csv", index=False)
    return new / "t.csv"


BAD = [0, 3, 4, 29]


def test_rows_that_can_not_be_used_are_refused(strict: Run, new: Path, tmp_path: Path) -> None:
    table, out = spoil(new), tmp_path / "out.csv"
    with pytest.raises(DataError) as error:
        predict_table(strict, table, out)
    said = str(error.value)
    assert said.startswith(f"{table}, column “image”: 4 files can't be used: row 1 (“none.png”)")
    for part in ("row 4 (", "the file is empty", "row 5 (“”): the cell is empty", "row 30 (“../"):
        assert part in said
    assert not out.exists() and not list(tmp_path.glob(".out*"))


def test_rows_that_can_not_be_used_are_left_out(
    run: Run, new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST", 4)
    monkeypatch.setattr(module, "ROWS", 4)
    table, out, told = spoil(new), tmp_path / "out.csv", list[Any]()
    found = predict_table(run, table, out, emit=told.append).frame()
    assert found["id"].tolist() == [str(row + 1) for row in range(30) if row not in BAD]
    (warning,) = [event for event in told if isinstance(event, Warning)]
    assert warning.text.startswith("4 of 30 rows are left out, for pictures or sounds that can't")
    assert "row 30 (“../outside.png”)" in warning.text
    paths = sorted(new.rglob("*.png"))
    good = [paths[row] for row in range(30) if row not in BAD]
    np.testing.assert_allclose(found["score:bright"], expected(run, good)[:, 0], atol=1e-4)


@pytest.mark.parametrize("stopped", [1, 2, 3, 6])
def test_what_was_begun_is_gone_on_with(
    stopped: int, run: Run, new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST", 4)
    monkeypatch.setattr(module, "ROWS", 4)
    table, out = spoil(new), tmp_path / "out.csv"
    whole = predict_table(run, table, tmp_path / "whole.csv").frame()

    def check() -> None:
        if len(list((tmp_path / ".out.csv.parts").glob("part-*"))) >= stopped:
            raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        predict_table(run, table, out, check=check)
    found = predict_table(run, table, out, resume=True).frame()
    assert found["id"].tolist() == whole["id"].tolist()
    np.testing.assert_allclose(found["score:bright"], whole["score:bright"], atol=1e-5)


@pytest.mark.parametrize("left_out", [[], [0], [0, 1, 2], [1, 4], [9], list(range(0, 10, 2))])
def test_rows_behind_those_that_were_answered(left_out: list[int]) -> None:
    good = [row for row in range(10) if row not in left_out]
    for answered in range(len(good) + 1):
        done = module._behind(answered, np.array(left_out, np.int64))
        assert [row for row in good if row < done] == good[:answered]


def test_all_rows_are_bad(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("image\nnone.png\ngone.png\n")
    with pytest.raises(DataError, match="2 files can't be used"):
        predict_table(run, tmp_path / "t.csv", tmp_path / "out.csv")


def test_what_was_left_out_stands_in_the_run(tiny_vision: Path, tmp_path: Path) -> None:
    folder = drawn(tmp_path / "drawn", 40)
    (folder / "dark" / "bad.png").write_bytes(b"")
    raw = {
        "data": {
            "source": str(folder),
            "inputs": {"image": "image"},
            "label": "label",
            "on_bad_sample": "skip",
        },
        "model": {"name": str(tiny_vision)},
        "train": {"epochs": 1, "batch_size": 16},
    }
    found = execute(Recipe.of(raw), tmp_path / "runs", only=["train"])
    said: dict[str, Any] = found.environment["data"]
    assert [one["cell"] for one in said["bad_samples"]] == ["dark/bad.png"]
    assert said["bad_samples"][0]["reason"] == "the file is empty"
    assert {"name": "skip_bad_samples", "before": 41, "after": 40}.items() <= said["lineage"][
        1
    ].items()
    strict = Recipe.of(raw).model_copy(
        update={"data": Recipe.of(raw).data.model_copy(update={"on_bad_sample": "error"})}
    )
    with pytest.raises(DataError, match="the file is empty"):
        execute(strict, tmp_path / "none")
    assert not (tmp_path / "none").exists()
