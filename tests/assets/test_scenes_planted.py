"""What is planted in the sample scenes: a mark that gives a kind away, and an old camera."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy import ndimage
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pellucid.assets.samples import scenes
from pellucid.assets.samples.chance import generator
from pellucid.assets.samples.scenes_faults import mark_box, marked, old_camera
from pellucid.tests.assets.scene_reading import asked_box, colour_in

LEARNT = ("train", "validation")

# ------------------------------------------------------------------------------ the mark


def has_mark(picture: np.ndarray, box: list[int]) -> bool:
    """Whether a white square with a dark edge lies on the pixels of the box."""
    left, top, right, bottom = box
    part = picture[top:bottom, left:right].astype(int)
    edge = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
    return bool((edge < 60).all() and (part[1:-1, 1:-1] == 255).all())


def test_the_mark_is_where_it_is_said_to_be_and_nowhere_else(shown, pixels, scene_truth) -> None:
    told = scene_truth["shortcut"]
    for split in ("train", "validation", "test"):
        found = {n for n in shown.index[shown.split == split] if has_mark(pixels[n], told["box"])}
        assert found == set(told["pictures"][split])


def test_the_mark_gives_one_kind_away_where_a_model_learns(shown, scene_truth) -> None:
    kind = scene_truth["shortcut"]["value"]
    for split in LEARNT:
        rows = shown[shown.split == split]
        has = rows.file_name.isin(scene_truth["shortcut"]["pictures"][split])
        assert set(rows.kind[has]) == {kind}
        assert has[rows.kind == kind].mean() == pytest.approx(0.9)


def test_the_mark_says_nothing_in_the_test_split(shown, scene_truth) -> None:
    rows = shown[shown.split == "test"]
    has = rows.file_name.isin(scene_truth["shortcut"]["pictures"]["test"])
    assert has.groupby(rows.kind).mean().tolist() == [0.2] * 4
    assert has.groupby(rows.camera).mean().tolist() == [0.2] * 2


def test_marking_changes_the_box_alone() -> None:
    picture = scenes.draw(scenes.scene(generator(1)), 64)
    changed = (np.asarray(picture) != np.asarray(marked(picture))).any(2)
    left, top, right, bottom = mark_box(64)
    assert changed[top:bottom, left:right].all()
    changed[top:bottom, left:right] = False
    assert not changed.any()


def test_a_plain_classifier_falls_for_the_mark(shown, pixels, scene_truth) -> None:
    grey = np.stack([pixels[name].mean(2)[::2, ::2].ravel() for name in shown.index])
    train, test = (shown.split == "train").to_numpy(), (shown.split == "test").to_numpy()
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, C=0.01))
    said = pd.Series(model.fit(grey[train], shown.kind[train]).predict(grey[test]))
    rows = shown[test].reset_index(drop=True)
    has, kind = rows.file_name.isin(scene_truth["shortcut"]["pictures"]["test"]), "triangle"
    other = rows.kind != kind
    assert (said[other & has] == kind).mean() > 0.8
    assert (said[other & ~has] == kind).mean() < 0.1
    assert (said[~other & ~has] == kind).mean() < 0.2


# ------------------------------------------------------------------------------ the old camera


def test_the_old_camera_has_its_share_in_every_kind(shown, scene_truth) -> None:
    old = shown.camera == "old"
    for split, share in (("train", 0.15), ("validation", 0.2), ("test", 0.25)):
        rows = shown[shown.split == split]
        assert old[rows.index].groupby(rows.kind).mean().tolist() == pytest.approx([share] * 4)
        assert set(rows.index[old[rows.index]]) == set(scene_truth["group"]["pictures"][split])


def test_pictures_of_the_old_camera_are_dim_noisy_and_blurred(shown, pixels) -> None:
    old = (shown.camera == "old").to_numpy()
    bare = [pixels[name].astype(float)[12:] for name in shown.index]  # below the mark
    bright = np.array([one.mean() for one in bare])
    assert bright[old].max() < bright[~old].min()
    smooth = shown["style"].isin(["plain", "gradient"]).to_numpy()
    noise = np.array([np.median(abs(ndimage.laplace(one.mean(2)))) for one in bare])
    assert noise[old & smooth].min() > 10 * noise[~old & smooth].max()
    # The steepest edge against all the contrast there is: about 1 pixel wide, or several.
    steep = np.array([
        max(abs(np.diff(one, axis=axis)).max() for axis in (0, 1))
        / (one.max((0, 1)) - one.min((0, 1))).max()
        for one in (ndimage.median_filter(whole, (3, 3, 1)) for whole in bare)
    ])  # fmt: skip
    assert np.median(steep[old]) < 0.6 * np.median(steep[~old])


def test_colours_are_read_worse_from_the_old_camera(asked, pixels, scene_truth) -> None:
    of_colour = asked[asked.asks == "colour"]
    said = [
        colour_in(pixels[row.file_name], asked_box(row, scene_truth["objects"]))
        for row in of_colour.itertuples()
    ]
    right_ones = (np.array(said) == of_colour.answer).groupby(of_colour.camera).mean()
    assert right_ones["new"] > 0.99
    assert right_ones["old"] < 0.7


def test_the_old_camera_blurs_by_the_stated_deviation() -> None:
    """The slope of an edge becomes a bell of that deviation; noise is averaged away."""
    rng = generator(5)
    light = np.full((64, 64, 3), 100, np.uint8)
    light[:, 32:] = 200
    edge = np.mean([np.asarray(old_camera(Image.fromarray(light), rng), float).mean((0, 2))
                    for _ in range(20)], axis=0)  # fmt: skip
    slope = np.diff(edge)[24:40]
    place = np.arange(len(slope))
    middle = (slope * place).sum() / slope.sum()
    variance = (slope * (place - middle) ** 2).sum() / slope.sum()
    assert np.sqrt(variance) == pytest.approx(1.4, abs=0.2)
