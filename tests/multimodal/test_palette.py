"""The palette against WCAG's formula and a published simulation of colour blindness."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from pellucid.multimodal.palette import DARK, FLIP, HEAT, LIGHT, Palette, contrast, level

THEMES = [pytest.param(LIGHT, id="light"), pytest.param(DARK, id="dark")]

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
BLINDNESS = {
    "none": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(colour: str) -> np.ndarray:
    value = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def wcag(one: str, other: str) -> float:
    light = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (light[1] + 0.05) / (light[0] + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* under D65: another space than the one which the palette was mixed in."""
    matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    ratio = (np.array(matrix) @ rgb) / [0.9505, 1.0, 1.089]
    root = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def apart(one: str, other: str, kind: str) -> float:
    seen = [lab(np.clip(np.array(BLINDNESS[kind]) @ linear(c), 0, 1)) for c in (one, other)]
    return float(np.linalg.norm(seen[0] - seen[1]))


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


@pytest.mark.parametrize("palette", THEMES)
def test_text_can_be_read_on_every_ground(palette: Palette):
    for ground in (palette.background, palette.surface):
        for ink in ("text", "muted", "accent", "finding", "warning", "note"):
            assert wcag(getattr(palette, ink), ground) >= 4.5, (ink, ground)
    for tone in ("finding", "warning", "note"):
        soft = getattr(palette, f"{tone}_soft")
        assert wcag(getattr(palette, tone), soft) >= 4.5
        assert wcag(palette.text, soft) >= 4.5


@pytest.mark.parametrize("palette", THEMES)
def test_series_and_bars_stand_out_from_every_ground(palette: Palette):
    for ground in (palette.background, palette.surface):
        for colour in (*palette.series, palette.positive, palette.negative):
            assert wcag(colour, ground) >= 3, (colour, ground)


@pytest.mark.parametrize("palette", THEMES)
def test_text_can_be_read_on_every_shade_and_level(palette: Palette):
    assert len(palette.shades) == 11
    for at, shade in enumerate(palette.shades):
        ink = palette.inverse if at >= FLIP else palette.text
        assert wcag(ink, shade) >= 4.5, at
    assert len(palette.diverging) == 21
    for colour in palette.diverging:
        assert wcag(palette.text, colour) >= 4.5, colour


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize("palette", THEMES)
def test_colours_stay_apart_in_colour_blind_eyes(palette: Palette, kind: str):
    for one, other in itertools.combinations(palette.series, 2):
        assert apart(one, other, kind) > 15, (one, other)
    assert apart(palette.positive, palette.negative, kind) > 40
    for step in range(4, 10):
        assert apart(palette.against[step], palette.favour[step], kind) > 15, step


@pytest.mark.parametrize("palette", THEMES)
def test_scales_grow_evenly(palette: Palette):
    for scale in (palette.shades, palette.against, palette.favour):
        light = np.array([lab(linear(c))[0] for c in scale])
        steps = np.diff(light)
        assert (steps < 0).all() or (steps > 0).all()
    ends = [lab(linear(c))[0] for c in (palette.against[-1], palette.favour[-1])]
    assert ends[0] == pytest.approx(ends[1], abs=4)


@pytest.mark.parametrize("palette", THEMES)
def test_every_role_has_its_own_colour(palette: Palette):
    variables = palette.variables()
    assert len(set(variables.values())) == len(variables)
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in variables.values())
    assert all(re.fullmatch("[a-z]+(-[a-z0-9]+)*", name) for name in variables)


def test_both_themes_have_the_same_roles():
    assert list(LIGHT.variables()) == list(DARK.variables())


def test_level_keeps_sign_and_ends():
    assert [level(score, 2.0) for score in (-9, -2, -1, -0.01, 0, 0.21, 2, 9)] == [
        -10, -10, -5, 0, 0, 1, 10, 10,
    ]  # fmt: skip
    assert level(float("nan"), 1.0) == 0
    assert level(1.0, 0.0) == 0
    assert level(1.0, float("nan")) == 0


@pytest.mark.parametrize("kind", BLINDNESS)
def test_heat_rises_in_lightness_for_every_eye(kind: str) -> None:
    light = [lab(np.clip(np.array(BLINDNESS[kind]) @ linear(c), 0, 1))[0] for c in HEAT]
    assert len(HEAT) == len(set(HEAT)) == 65
    assert (np.diff(light) > 0.3).all()
    assert light[0] < 10 and light[-1] > 90
