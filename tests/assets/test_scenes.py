"""The sample scenes: the generator draws the shipped pictures, and all that is said is true.

What a picture shows is read from its pixels; captions and answers are then worked out anew from
that alone.
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency

from pellucid.assets.samples import scenes
from pellucid.assets.samples.chance import generator
from pellucid.assets.samples.scenes_faults import mark_box
from pellucid.assets.samples.scenes_things import COLOURS, SHAPES, SIZES, STYLES
from pellucid.tests.assets.scene_reading import (
    answer,
    beside,
    called,
    decoded,
    nearest_colour,
    read,
)

FOLDER = files("pellucid.assets.samples")


@pytest.fixture(scope="module")
def made() -> scenes.Sample:
    return scenes.generate()


@pytest.fixture(scope="module")
def seen(made: scenes.Sample) -> dict[str, list[dict]]:
    """Give what can be read from each scene, drawn large, without mark and by the new camera."""
    return {name: read(np.asarray(scenes.draw(one, 128))) for name, one in made.scenes.items()}


# ------------------------------------------------------------------------------ the files


def test_the_command_writes_the_shipped_files(tmp_path: Path, shown: pd.DataFrame) -> None:
    subprocess.run(
        [sys.executable, "-m", "pellucid.assets.samples.scenes", str(tmp_path)],
        check=True,
        capture_output=True,
    )
    for name in ("scenes.planted.json", "scenes/metadata.csv"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()
    written = {f"images/{path.name}" for path in (tmp_path / "scenes" / "images").iterdir()}
    shipped = {f"images/{path.name}" for path in (FOLDER / "scenes" / "images").iterdir()}
    assert written == shipped == set(shown.file_name)
    for name in written:
        assert np.array_equal(
            decoded((tmp_path / "scenes" / name).read_bytes()),
            decoded((FOLDER / "scenes" / name).read_bytes()),
        ), name


def test_a_smaller_sample_of_another_seed_and_size_has_the_same_plan() -> None:
    made = scenes.generate(rows=352, seed=14, size=96)
    assert len(made.rows) == 352
    assert {image.size for image in made.pictures.values()} == {(96, 96)}
    rows = pd.DataFrame(made.rows).drop_duplicates("file_name")
    assert rows.kind.value_counts().nunique() == 1
    assert made.planted["shortcut"]["box"] == list(mark_box(96)) != list(mark_box(64))
    other = scenes.generate(rows=352, seed=15, size=96)
    assert [row["question"] for row in made.rows] != [row["question"] for row in other.rows]


def test_pictures_take_little_room() -> None:
    sizes = [path.stat().st_size for path in Path(str(FOLDER / "scenes" / "images")).iterdir()]
    assert sum(sizes) < 2_000_000


# ------------------------------------------------------------------------------ the columns


def test_rows_splits_and_kinds_have_their_numbers(asked: pd.DataFrame, shown: pd.DataFrame) -> None:
    assert len(asked) == 1760
    assert asked.id.is_unique
    assert set(asked.groupby("file_name").size()) == {4}
    assert shown.split.value_counts().to_dict() == {"train": 240, "test": 160, "validation": 40}
    counts = pd.crosstab(shown.split, shown.kind)
    assert list(counts.columns) == ["circle", "square", "star", "triangle"]
    assert (counts.nunique(axis=1) == 1).all()
    about = ["kind", "camera", "style", "caption", "labels", "split"]
    assert (asked.groupby("file_name")[about].nunique() == 1).all(axis=None)
    assert (asked != "").all(axis=None)


def test_no_picture_occurs_twice(pixels: dict[str, np.ndarray]) -> None:
    assert len({one.tobytes() for one in pixels.values()}) == len(pixels)


@pytest.mark.parametrize("column", ["kind", "camera"])
def test_styles_have_nothing_to_do_with_kind_and_camera(shown: pd.DataFrame, column: str) -> None:
    assert set(shown["style"]) == set(STYLES)
    assert chi2_contingency(pd.crosstab(shown[column], shown["style"])).pvalue > 0.05


# ------------------------------------------------------------------------------ what is shown


def test_what_is_read_from_the_pixels_is_what_the_scene_holds(made, seen) -> None:
    for name, scene in made.scenes.items():
        read_off = sorted((one["shape"], one["colour"]) for one in seen[name])
        assert read_off == sorted((one.shape, one.colour) for one in scene.items), name
        for one in scene.items:
            (found,) = [
                other
                for other in seen[name]
                if (other["shape"], other["colour"]) == (one.shape, one.colour)
            ]
            assert found["x"] == pytest.approx(one.x, abs=0.01)
            assert found["y"] == pytest.approx(one.y, abs=0.01)
            assert found["radius"] == pytest.approx(one.radius, rel=0.06)


def test_kind_is_the_shape_of_the_largest_item(shown: pd.DataFrame, seen) -> None:
    for name, items in seen.items():
        radii = sorted((one["radius"], one["shape"]) for one in items)
        assert radii[-1][1] == shown.kind[name]
        if len(radii) > 1:
            assert radii[-1][0] > 1.1 * radii[-2][0]


def test_labels_are_the_colours_and_shapes_that_are_there(shown: pd.DataFrame, seen) -> None:
    for name, items in seen.items():
        there = {one["shape"] for one in items} | {one["colour"] for one in items}
        assert set(shown.labels[name].split("|")) == there


def test_the_boxes_hold_the_items_of_the_shipped_pictures(shown, pixels, scene_truth) -> None:
    """Within its box each item is of its colour, and outside of all boxes nothing is colourful."""
    for name, items in scene_truth["objects"].items():
        if shown.camera[name] != "new":
            continue
        values = pixels[name].astype(float)
        colourful = values.max(2) - values.min(2) > 60
        left_over = colourful.copy()
        for shape, colour, size, left, top, right, bottom in items:
            inside = colourful[top:bottom, left:right]
            # The outermost pixels may be covered too little to have a colour.
            assert inside.any(0)[2:-2].all() and inside.any(1)[2:-2].all()
            median = np.median(values[top:bottom, left:right][inside], axis=0)
            assert nearest_colour(median) == colour, (name, shape)
            radius = np.sqrt(inside.sum() / np.pi) / len(values)
            low, high = SIZES[size]
            assert 0.85 * low < radius < 1.12 * high
            left_over[top:bottom, left:right] = False
        assert not left_over.any(), name


def test_cover_is_what_a_colour_takes_of_the_picture() -> None:
    rng = generator(3)
    for _ in range(20):
        scene = scenes.scene(rng)
        for one in scene.items:
            covered = scenes.cover(one, 64)
            assert covered.min() == 0 and covered.max() == 1
            assert covered.sum() == pytest.approx(np.pi * (one.radius * 64) ** 2, rel=0.03)
        total = sum(scenes.cover(one, 64) for one in scene.items)
        assert total.max() <= 1, "two items overlap"
        left, top, right, bottom = mark_box(64)
        assert total[top:bottom, left:right].max() == 0, "an item lies under the mark"


# ------------------------------------------------------------------------------ what is said


def test_every_answer_is_true(asked: pd.DataFrame, seen) -> None:
    for row in asked.itertuples():
        assert answer(row.question, seen[row.file_name]) == row.answer, (row.id, row.question)


def test_every_caption_is_true_and_names_every_item(shown: pd.DataFrame, seen) -> None:
    phrase = r"an? ((?:small |large )?\w+ \w+)"
    for name, said in shown.caption.items():
        items = seen[name]
        text, _, ground = said.partition(" on ")
        assert ground in ("", {
            "plain": "a plain background", "gradient": "a shaded background",
            "noise": "a grainy background", "stripes": "a striped background",
        }[shown["style"][name]])  # fmt: skip
        names = re.findall(phrase, text)
        assert len(names) == len(items)
        found = [called(one, items) for one in names]
        assert all(len(one) == 1 for one in found)
        assert len({id(one[0]) for one in found}) == len(items)
        for one, (thing,) in zip(names, found, strict=True):
            size = one.split()[0]
            if size in SIZES:
                low, high = SIZES[size]
                assert 0.93 * low < thing["radius"] < 1.07 * high
        relation = re.search(rf"{phrase} (left of|right of|above|below) {phrase}", text)
        assert (relation is not None) == (len(items) > 1)
        if relation is not None:
            (one,), (other,) = called(relation[1], items), called(relation[3], items)
            assert beside(one, relation[2], other)


def test_kinds_of_questions_and_answers_are_in_balance(asked: pd.DataFrame) -> None:
    asks = asked.asks.value_counts()
    assert set(asks.index) == {"colour", "shape", "largest", "presence", "count", "side"}
    assert asks.min() > 200
    polar = asked[asked.asks.isin(["presence", "side"])]
    assert set(polar.answer) == {"yes", "no"}
    assert (polar.answer == "yes").mean() == pytest.approx(0.5, abs=0.05)
    assert set(asked.answer) == {"yes", "no", "1", "2", "3", *COLOURS, *SHAPES}
    assert set(asked.answer[asked.split == "test"]) <= set(asked.answer[asked.split == "train"])


def test_any_scene_gives_four_true_questions() -> None:
    rng = generator(21)
    for _ in range(150):
        scene = scenes.scene(rng)
        items = read(np.asarray(scenes.draw(scene, 128)))
        found = scenes.questions(scene, rng)
        assert len({one.asks for one in found}) == len(found) >= 4
        for one in found:
            assert answer(one.text, items) == one.answer
        there = {one["shape"] for one in items} | {one["colour"] for one in items}
        assert scenes.labels(scene) == there
