"""Datasets of pictures and sounds: what can't be used is named before anything else happens."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image

from pellucid.core import media
from pellucid.core.dataset import Dataset, load, sample_fingerprints
from pellucid.core.events import Event, Progress, Started
from pellucid.core.spec import DataSpec
from pellucid.errors import DataError
from pellucid.multimodal.media import File


def picture(path: Path, colour: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (9, 7), (colour, 5, 5)).save(path)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Make a folder of 24 pictures of two classes."""
    folder = tmp_path / "pictures"
    for number in range(24):
        picture(folder / ("even" if number % 2 == 0 else "odd") / f"{number:02}.png", number)
    return folder


def table(folder: Path, cells: list[Any], column: str = "image", **more: list[Any]) -> Path:
    path = folder / "table.csv"
    labels = ["a" if row % 2 else "b" for row in range(len(cells))]
    pd.DataFrame({column: cells, "y": labels} | more).to_csv(path, index=False)
    return path


def spec(*sources: Path, **more: Any) -> DataSpec:
    given = {
        "source": [str(one) for one in sources],
        "inputs": {"image": "image"},
        "label": "y",
    } | more
    return DataSpec.model_validate(given)


def of_folder(folder: Path, **more: Any) -> Dataset:
    return load(spec(folder, label="label", **more))


def test_cells_become_files(pictures: Path) -> None:
    data = of_folder(pictures)
    files = data.inputs["image"].tolist()
    assert len(data) == 24 and data.labels == ("even", "odd") and data.bad == ()
    assert all(isinstance(one, File) for one in files)
    assert files[0] == str(pictures / "even" / "00.png") and files[0].cell == "even/00.png"
    assert data.task == "classification" and [step.name for step in data.lineage] == ["read"]
    half = data.take(np.array([3, 1]))
    assert half.samples()[0][0].content == files[3].content


def test_fingerprints_follow_what_files_hold(pictures: Path, tmp_path: Path) -> None:
    data = of_folder(pictures)
    shutil.copytree(pictures, tmp_path / "copy")
    copy = of_folder(tmp_path / "copy")
    assert copy.fingerprint == data.fingerprint
    assert sample_fingerprints(copy.samples()) == sample_fingerprints(data.samples())
    picture(tmp_path / "copy" / "even" / "00.png", 99)
    changed = of_folder(tmp_path / "copy")
    assert changed.fingerprint != data.fingerprint
    assert sample_fingerprints(changed.samples())[1:] == sample_fingerprints(data.samples())[1:]


def test_the_same_picture_under_two_names_is_a_duplicate(pictures: Path) -> None:
    shutil.copy(pictures / "even" / "02.png", pictures / "odd" / "copy.png")
    for near in (False, True):
        data = of_folder(pictures, clean=[{"drop_duplicates": {"near": near}}])
        assert len(data) == 24 and "odd/copy.png" not in [one[0].cell for one in data.samples()]


def spoiled(folder: Path) -> dict[str, str]:
    """Spoil pictures in many ways; return a part of each cell's reason."""
    noise = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "even" / "cut.png")
    whole = (folder / "even" / "cut.png").read_bytes()
    (folder / "even" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "even" / "empty.png").write_bytes(b"")
    (folder / "even" / "text.jpg").write_text("no picture")
    soundfile.write(folder / "even" / "sound.jpg", np.zeros(99), 8000, format="WAV")
    (folder.parent / "secret.png").write_bytes(whole)
    (folder / "even" / "link.png").symlink_to(folder.parent / "secret.png")
    return {
        "even/cut.png": "it is damaged or cut off",
        "even/empty.png": "the file is empty",
        "even/text.jpg": "it is no JPEG",
        "even/sound.jpg": "it is no JPEG",
        "even/link.png": "it leads out of the dataset's folder",
    }


def test_all_that_can_not_be_used_is_named_at_once(pictures: Path) -> None:
    wrong = spoiled(pictures) | {
        "../secret.png": "it leads out of the dataset's folder",
        str(pictures.parent / "secret.png"): "it leads out of the dataset's folder",
        "/etc/passwd": "it leads out of the dataset's folder",
        "even": "there is a folder",
        "none.png": "there is no such file",
        "x" * 3000 + ".png": "it can't be reached",
    }
    good = ["odd/01.png", "even/00.png"]
    path = table(pictures, [*good, *wrong])
    with pytest.raises(DataError) as error:
        load(spec(path))
    said = str(error.value)
    assert said.startswith(f"{path}, column “image”: {len(wrong)} files can't be used: row 3 (“")
    for row, (cell, reason) in enumerate(wrong.items(), start=3):
        named = f"row {row} (“{cell}”): {reason}" if len(cell) < 100 else f"row {row} (“xxx"
        assert named in said
    assert "row 1 " not in said and "row 2 " not in said and "\n" not in said
    assert "on_bad_sample: skip" in said and len(said) < 4000


def test_a_nul_in_a_path(pictures: Path) -> None:
    frame = pd.DataFrame({"image": ["a\0b.png", "odd/01.png"], "y": ["a", "b"]})
    frame.to_parquet(pictures / "t.parquet")
    with pytest.raises(DataError, match=r"row 1 \(“a␀b.png”\): it is no path of a file"):
        load(spec(pictures / "t.parquet"))


def test_rows_are_left_out_where_the_recipe_says_so(pictures: Path) -> None:
    wrong = spoiled(pictures)
    data = of_folder(pictures, on_bad_sample="skip")
    assert len(data) == 24
    assert [(step.name, step.before, step.after) for step in data.lineage] == [
        ("read", 29, 29),
        ("skip_bad_samples", 29, 24),
    ]
    assert {one.cell for one in data.bad} == set(wrong)
    for one in data.bad:
        assert wrong[one.cell] in one.reason and one.column == "image"
        assert one.source == str(pictures)
        json.dumps(one.as_json())
    # Rows keep the ids that they had before.
    assert len(set(data.ids)) == 24 and max(map(int, data.ids)) == 29
    numbers = {str(one.row) for one in data.bad}
    assert not numbers & set(data.ids)


def test_nothing_is_left(pictures: Path) -> None:
    path = table(pictures, ["none.png"] * 3)
    with pytest.raises(DataError, match=r"3 files can't be used: row 1 \(“none.png”\)"):
        load(spec(path, on_bad_sample="skip"))


def test_many_bad_files_are_counted(pictures: Path) -> None:
    path = table(pictures, [f"{row}.png" for row in range(1000)])
    with pytest.raises(DataError, match=r"1,000 files can't be used.*; and 800 more\. Correct"):
        load(spec(path))


def test_an_empty_cell_is_a_missing_input(pictures: Path) -> None:
    cells = [f"odd/{row:02}.png" for row in range(1, 24, 2)]
    cells[4] = " "
    path = table(pictures, cells)
    with pytest.raises(DataError, match="row 5, column “image”: the cell is empty"):
        load(spec(path))
    assert len(load(spec(path, clean=["drop_missing"]))) == 11


def test_files_of_another_folder(pictures: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    path = table(
        other, [f"{name}/{row:02}.png" for row in range(20) for name in [("even", "odd")[row % 2]]]
    )
    with pytest.raises(DataError, match="20 files can't be used"):
        load(spec(path))
    assert len(load(spec(path, folder=str(pictures)))) == 20


def test_several_tables_and_columns_are_told_apart(pictures: Path, tmp_path: Path) -> None:
    first = table(pictures, ["odd/01.png", "none.png"])
    second = tmp_path / "second"
    picture(second / "x.png")
    other = table(second, ["x.png", "gone.png"])
    with pytest.raises(DataError) as error:
        load(spec(first, other))
    said = str(error.value)
    assert said.startswith(f"{first}, {other}, column “image”: 2 files can't be used: ")
    assert f"{first}, row 2 (“none.png”)" in said and f"{other}, row 2 (“gone.png”)" in said


def test_sounds(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    for row in range(20):
        samples = generator.standard_normal(800) * 0.1
        soundfile.write(tmp_path / f"{row}.wav", samples, 8000, subtype="FLOAT")
    soundfile.write(tmp_path / "nan.wav", np.full(800, np.nan), 8000, subtype="FLOAT")
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 8000)
    whole = (tmp_path / "0.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) // 2])
    Image.new("RGB", (4, 4)).save(tmp_path / "picture.wav", format="PNG")
    names = [*(f"{row}.wav" for row in range(20)), "nan.wav", "none.wav", "cut.wav", "picture.wav"]
    path = table(tmp_path, names, "sound")
    asked = {"inputs": {"sound": "audio"}}
    with pytest.raises(DataError) as error:
        load(spec(path, **asked))
    said = str(error.value)
    assert "4 files can't be used: row 21 (“nan.wav”): it holds numbers that are not" in said
    assert "row 22 (“none.wav”): it holds no sound" in said
    assert (
        "row 23 (“cut.wav”): it is cut off" in said and "row 24 (“picture.wav”): it is no" in said
    )
    assert len(load(spec(path, on_bad_sample="skip", **asked))) == 20


def test_files_that_no_row_is_about_are_told(pictures: Path) -> None:
    (pictures / "README.txt").write_text("about")
    (pictures / ".hidden").write_text("")
    steps = of_folder(pictures).lineage
    assert [(step.name, step.before, step.after) for step in steps] == [
        ("read", 24, 24),
        ("pass_over", 24, 24),
    ]
    assert "README.txt" in steps[1].reason and "hidden" not in steps[1].reason


def test_texts_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    frame = pd.DataFrame({"image": [f"no path {row}" for row in range(20)], "y": list("ab") * 10})
    frame.to_csv(path, index=False)
    data = load(spec(path, inputs={"image": "text"}))
    assert not any(isinstance(cell, File) for cell in data.inputs["image"])


def test_files_without_rights(pictures: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("skipped: root may read everything")
    (pictures / "odd" / "01.png").chmod(0)
    with pytest.raises(DataError, match="it can't be read"):
        of_folder(pictures)
    (pictures / "odd" / "01.png").chmod(0o600)
    assert len(of_folder(pictures)) == 24


def test_a_file_is_read_once_for_several_loads(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    plain: Callable[[str], Any] = media.inspector

    def counting(kind: str) -> Any:
        def look(path: Path) -> None:
            asked.append(path.name)
            plain(kind)(path)

        return look

    monkeypatch.setattr(media, "inspector", counting)
    first = of_folder(pictures)
    assert len(asked) == 24
    assert of_folder(pictures).fingerprint == first.fingerprint and len(asked) == 24
    picture(pictures / "odd" / "01.png", 200)
    of_folder(pictures)
    assert asked[24:] == ["01.png"]


def test_a_look_that_takes_long_is_told(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Event] = []
    load(spec(pictures, label="label"), emit=told.append)
    assert told == []  # it took no longer than a moment
    now = itertools.count()
    monkeypatch.setattr("pellucid.core.events.time.monotonic", lambda: float(next(now)))
    cells = [str(one.relative_to(pictures)) for one in sorted(pictures.rglob("*.png"))]
    load(spec(table(pictures, [*cells, *cells[:6]])), emit=told.append)
    begun, *steps = told
    assert isinstance(begun, Started) and begun.step == "files"
    assert all(isinstance(one, Progress) and one.total == 30 for one in steps)
    done = [one.done for one in steps if isinstance(one, Progress)]
    assert done == sorted(done) and done[-1] == 30 and len(done) == 24  # each file once
    assert isinstance(steps[0], Progress) and steps[0].remaining
    assert isinstance(steps[-1], Progress) and steps[-1].remaining == 0
