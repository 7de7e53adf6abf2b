"""Figures as elements of a page: well-formed, inert, themed, and showing what they are given."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from PIL import Image

from pellucid.core.figures import NARROW, WIDE, png, svg
from pellucid.core.measured import Measured
from pellucid.core.report.tree import (
    BarFigure,
    BeeswarmFigure,
    Figure,
    HeatmapFigure,
    IntervalFigure,
    Line,
    LineFigure,
    MatrixFigure,
    WaterfallFigure,
)
from pellucid.multimodal.palette import DARK, LIGHT

SVG = "{http://www.w3.org/2000/svg}"
EVIL = "<script>alert(1)</script>\"'&\u202e\x00$x_1$ \ud83d ]]> -->"


def line_figure(name: str = "a", **kind: bool) -> LineFigure:
    x = np.linspace(0, 1, 50)
    lines = (
        Line(name, x, x**0.5, x**0.6, np.minimum(x**0.4, 1)),
        Line("b", x, x**2, dashed=True),
        Line("c", x, x**3, step=True),
    )
    return LineFigure(name, name, name, lines, name, **kind)


def interval_figure(name: str = "a") -> IntervalFigure:
    values = (Measured(0.8, 0.7, 0.9, 100), Measured(0.4, 0.1, 0.7, 8), Measured(float("nan"), n=0))
    names = (name, "small", "empty")
    return IntervalFigure(name, name, names, values, name, 0.75, frozenset({1}))


def bar_figure(name: str = "a") -> BarFigure:
    return BarFigure(name, name, (name, "b", "c"), (-0.1, 0.5, 0.2), name)


def matrix_figure(name: str = "a", size: int = 3) -> MatrixFigure:
    labels = (name, *(f"class {at}" for at in range(1, size)))
    counts = np.arange(size * size).reshape(size, size)
    return MatrixFigure(name, name, name, labels, counts, name)


def waterfall_figure(name: str = "a") -> WaterfallFigure:
    return WaterfallFigure(name, name, (name, "b", "c"), (1.5, -0.5, 0.25), -0.25, name)


def beeswarm_figure(name: str = "a") -> BeeswarmFigure:
    rng = np.random.default_rng(1)
    values = (rng.normal(1, 0.3, 60), rng.normal(-1, 0.3, 5), np.empty(0))
    return BeeswarmFigure(name, name, (name, "b", "empty"), values, name)


def heatmap_figure(name: str = "a") -> HeatmapFigure:
    values = np.array([[0.5, -1.0, 0.0], [np.nan, 0.25, 1.0]])
    return HeatmapFigure(name, name, name, (name, "row 2"), (name, "x", "y"), values, name)


KINDS = {
    "waterfall": waterfall_figure,
    "beeswarm": beeswarm_figure,
    "heatmap": heatmap_figure,
    "line": line_figure,
    "interval": interval_figure,
    "bar": bar_figure,
    "matrix": matrix_figure,
}
WIDTHS = pytest.mark.parametrize("width", [WIDE, NARROW])
EACH = pytest.mark.parametrize("kind", KINDS)


def texts(source: str) -> list[str]:
    return ["".join(e.itertext()) for e in ElementTree.fromstring(source).iter(f"{SVG}text")]


@WIDTHS
@EACH
def test_an_element_for_a_strict_page(kind: str, width: int):
    source = svg(KINDS[kind]("plain"), "f1", width)
    root = ElementTree.fromstring(source)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert float(root.get("viewBox", "").split()[2]) == pytest.approx(width)
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "g", "defs", "path", "use", "text", "clipPath", "rect"}
    assert not any("style" in element.attrib for element in root.iter())
    assert "<?xml" not in source and "DOCTYPE" not in source
    links = re.findall(r"https?://[^\"' <]*", source)
    assert set(links) == {"http://www.w3.org/2000/svg"}
    assert "font-family" not in source


@WIDTHS
@EACH
def test_ids_resolve_and_are_unique_across_figures(kind: str, width: int):
    found: list[str] = []
    for name in ("f1", "f2"):
        root = ElementTree.fromstring(svg(KINDS[kind]("same"), name, width))
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        assert all(str(one).startswith(f"{name}-") for one in ids)
        pointed = [element.get("href", "")[1:] for element in root.iter() if element.get("href")]
        for element in root.iter():
            pointed += re.findall(r"url\(#([^)]+)\)", " ".join(element.attrib.values()))
        pointed += str(root.get("aria-labelledby")).split()
        assert set(pointed) == set(ids)
        found += [str(one) for one in ids]
    assert len(found) == len(set(found))


@WIDTHS
@EACH
def test_data_stays_text(kind: str, width: int):
    source = svg(KINDS[kind](EVIL), "f1", width)
    root = ElementTree.fromstring(source)
    assert "<script" not in source
    assert not {"\u202e", "\x00", "\ud83d"} & set(source)
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == "<script>alert(1)</script>\"'&⟨U+202E⟩␀$x_1$ ⟨U+D83D⟩ ]]> -->"
    hovers = [element.text for element in root.iter(f"{SVG}title")]
    assert any("$x_1$" in str(hover) for hover in hovers[1:])


@EACH
def test_the_same_figure_gives_the_same_text(kind: str):
    figure = KINDS[kind]("a")
    assert svg(figure, "f1") == svg(figure, "f1")
    assert png(figure) == png(figure)


@WIDTHS
@EACH
def test_every_colour_is_a_role_of_the_light_theme(kind: str, width: int):
    source = svg(KINDS[kind]("a"), "f1", width)
    used = set(re.findall(r'(?:fill|stroke)="(#[^"]*)"', source))
    assert used <= set(LIGHT.variables().values())
    shapes = ElementTree.fromstring(source).iter(f"{SVG}defs")
    inside = [shape for defs in shapes for shape in defs.iter(f"{SVG}path")]
    assert not any({"fill", "stroke"} & set(shape.attrib) for shape in inside)


@EACH
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_png_has_the_theme_and_the_size_asked_for(kind: str, theme: str):
    figure = KINDS[kind]("a")
    small = Image.open(io.BytesIO(png(figure, theme, scale=1)))
    large = Image.open(io.BytesIO(png(figure, theme, scale=2)))
    assert abs(large.width - 2 * small.width) <= 2 and abs(large.height - 2 * small.height) <= 2
    ground = (LIGHT if theme == "light" else DARK).surface
    assert "#{:02x}{:02x}{:02x}".format(*small.convert("RGB").getpixel((2, 2))) == ground


def test_matplotlib_is_left_as_it_was():
    before = dict(matplotlib.rcParams)
    svg(line_figure(), "f1")
    png(bar_figure())
    assert dict(matplotlib.rcParams) == before
    code = (
        "import sys; from pellucid.core.figures import svg; "
        "from pellucid.core.report.tree import BarFigure; "
        "svg(BarFigure('t', 'x', ('a',), (1.0,), 'alt'), 'f'); "
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_name_that_cannot_begin_an_id_is_refused():
    with pytest.raises(ValueError, match="can't begin an id"):
        svg(bar_figure(), 'x" onload="y')


@WIDTHS
def test_intervals_say_value_ends_rows_and_few_rows(width: int):
    source = svg(interval_figure("group"), "f1", width)
    shown = texts(source)
    assert {"0.800", "(0.700 to 0.900)", "not defined", "few rows", "0.750"} <= set(shown)
    assert shown.count("few rows") == 1
    assert "small: 0.400 (0.100 to 0.700), 8 rows (few rows)" in source
    hollow = source.count(f'fill="{LIGHT.surface}"')
    assert hollow == svg(interval_figure("group"), "f2", width).count(f'fill="{LIGHT.surface}"')
    assert hollow >= 1


def test_differences_from_zero_carry_their_sign():
    figure = IntervalFigure("t", "x", ("a",), (Measured(0.1, -0.2, 0.4),), "alt", reference=0.0)
    assert {"+0.100", "(−0.200 to +0.400)", "0"} <= set(texts(svg(figure, "f1")))


def test_bars_are_longest_first_with_signs():
    figure = BarFigure("t", "x", ("first", "b", "c"), (-0.1, 0.5, 0.2), "alt")
    shown = texts(svg(figure, "f1"))
    assert [text for text in shown if text in {"first", "b", "c"}] == ["b", "c", "first"]
    assert {"+0.500", "+0.200", "−0.100"} <= set(shown)


def test_bars_grow_to_the_side_of_their_sign():
    source = svg(BarFigure("t", "x", ("up", "down"), (2.0, -1.0), "alt"), "f1")
    widths = {}
    for colour in (LIGHT.positive, LIGHT.negative):
        (path,) = re.findall(rf'<path d="([^"]*)" fill="{colour}"', source)
        xs = [float(pair.split()[0]) for pair in re.findall(r"[ML] ([\d.]+ [\d.]+)", path)]
        widths[colour] = min(xs), max(xs)
    up, down = widths[LIGHT.positive], widths[LIGHT.negative]
    assert up[0] == pytest.approx(down[1], abs=0.1)
    assert up[1] - up[0] == pytest.approx(2 * (down[1] - down[0]), rel=0.01)


def test_the_matrix_shows_counts_and_shares_of_rows():
    counts = np.array([[90, 10], [300, 100]])
    figure = MatrixFigure("t", "true", "predicted", ("yes", "no"), counts, "alt")
    source = svg(figure, "f1")
    assert {"90", "10", "300", "100", "90.0%", "10.0%", "75.0%", "25.0%"} <= set(texts(source))
    assert "true: no; predicted: yes: 300 of 400 rows (75.0%)" in source
    assert f'fill="{LIGHT.shades[9]}"' in source


@WIDTHS
@pytest.mark.parametrize("size", [0, 1, 2, 9, 30, 120])
def test_matrices_of_any_size_are_drawn(size: int, width: int):
    labels = tuple(f"class {at}" for at in range(size))
    counts = np.eye(size, dtype=np.int64) * 5
    ElementTree.fromstring(svg(MatrixFigure("t", "r", "c", labels, counts, "a"), "f1", width))


@WIDTHS
@pytest.mark.parametrize(
    "figure",
    [
        LineFigure("t", "x", "y", (), "alt"),
        LineFigure("t", "x", "y", (Line("l", np.array([]), np.array([])),), "alt"),
        LineFigure("t", "x", "y", (Line("l", np.array([1.0]), np.array([np.nan])),), "alt"),
        LineFigure("t", "x", "y", (Line("l", np.array([1.0]), np.array([5.0])),), "alt"),
        IntervalFigure("t", "x", (), (), "alt"),
        IntervalFigure("t", "x", ("a",), (Measured(float("nan")),), "alt"),
        IntervalFigure("t", "x", ("a",), (Measured(0.0, 0.0, 0.0),), "alt"),
        BarFigure("t", "x", (), (), "alt"),
        BarFigure("t", "x", ("a", "b"), (0.0, float("nan")), "alt"),
        MatrixFigure("t", "r", "c", ("a",), np.zeros((1, 1), np.int64), "alt"),
    ],
)
def test_what_is_empty_is_drawn_too(figure: Figure, width: int):
    ElementTree.fromstring(svg(figure, "f1", width))
    assert png(figure, width=width).startswith(b"\x89PNG")


def test_curves_differ_without_colour():
    source = svg(line_figure("first", unit_square=True, diagonal=True), "f1")
    assert {"first", "b", "c", "chance"} <= set(texts(source))
    assert "stroke-dasharray" in source
    uses = re.findall(r'<use [^>]*href="#([^"]*)"[^>]*stroke="(#[^"]*)"', source)
    markers: dict[str, set[str]] = {}
    for marker, colour in uses:
        markers.setdefault(colour, set()).add(marker)
    assert len(markers) == 3
    assert len(set.union(*markers.values())) == sum(len(each) for each in markers.values())


def test_long_curves_keep_their_peaks_and_stay_small():
    x = np.arange(200_000.0)
    y = np.zeros(200_000)
    y[123_456] = 1.0
    figure = LineFigure("t", "step", "loss", (Line("l", x, y),), "alt")
    source = svg(figure, "f1")
    assert len(source) < 40_000
    paths = re.findall(rf'<path d="([^"]*)"[^>]*stroke="{LIGHT.series[0]}"', source)
    heights = [float(h) for h in re.findall(r"[ML] [\d.]+ ([\d.]+)", max(paths, key=len))]
    assert max(heights) - min(heights) > 200


@WIDTHS
def test_long_names_are_elided_and_whole_on_hover(width: int):
    name = "group " + "very long " * 30 + "end"
    source = svg(IntervalFigure("t", "x", (name,), (Measured(0.5, 0.4, 0.6),), "alt"), "f1", width)
    (short,) = [text for text in texts(source) if "…" in text]
    assert len(short) < 60 and short.startswith("group") and short.endswith("end")
    assert f"<title>{name}</title>" in source


def test_more_rows_than_fit_are_counted():
    names = tuple(f"g{at}" for at in range(75))
    figure = IntervalFigure("t", "x", names, (Measured(0.5, 0.4, 0.6),) * 75, "alt")
    shown = texts(svg(figure, "f1"))
    assert "15 more are not drawn" in shown
    assert "g59" in shown and "g60" not in shown


def test_ticks_stand_on_round_numbers():
    from pellucid.core.figures.canvas import ticks

    assert [label for _, label in ticks(0, 1, 5)] == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert [label for _, label in ticks(-0.5, 0.5, 4)] == ["−0.50", "−0.25", "0.00", "0.25", "0.50"]
    assert [label for _, label in ticks(1, 3, 6, whole=True)] == ["1", "2", "3"]
    assert [label for _, label in ticks(0, 20_000, 4)][-1] == "20,000"


def test_a_waterfall_leads_from_the_start_to_the_sum():
    from pellucid.core.figures.rows import draw_waterfall

    canvas = draw_waterfall(waterfall_figure(), LIGHT, WIDE, alone=False)
    bars = [(bar.get_x(), bar.get_width()) for axes in canvas.figure.axes for bar in axes.patches]
    ends = [(start, start + width) for start, width in bars]
    assert ends == [(-0.25, 1.25), (1.25, 0.75), (0.75, 1.0)]


def test_points_of_a_swarm_keep_their_value_and_do_not_lie_on_one_another():
    from pellucid.core.figures.rows import DOT, beeswarm

    places = np.random.default_rng(2).normal(100, 4, 40)
    sides = beeswarm(places, 1000)
    apart = np.hypot(*(np.subtract.outer(one, one) for one in (places, sides)))
    same = np.subtract.outer(np.floor(places / DOT), np.floor(places / DOT)) == 0
    assert (apart[same & ~np.eye(40, dtype=bool)] >= DOT - 1e-9).all()
    assert abs(beeswarm(np.zeros(100), 10)).max() <= 10
    assert not beeswarm(np.array([0.0, 50.0, 100.0]), 10).any()


def test_a_heatmap_colours_by_one_scale_and_leaves_out_what_is_no_number():
    from pellucid.core.figures.heatmap import draw_heatmap

    canvas = draw_heatmap(heatmap_figure(), LIGHT, WIDE, alone=False)
    said = list(canvas.titles.values())
    assert [one for one in said if one.startswith(("a, ", "row 2, "))] == [
        "a, a: +0.500", "a, x: −1.000", "a, y: 0.000", "row 2, x: +0.250", "row 2, y: +1.000",
    ]  # fmt: skip
