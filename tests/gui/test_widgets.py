"""The small parts of pages: numbers for people, areas that scroll, figures of loose points."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from pellucid.core.measured import Measured
from pellucid.core.report.tree import Line, LineFigure
from pellucid.gui.widgets.basics import label, scrolled
from pellucid.gui.widgets.numbers import decimals, measured, number
from pellucid.gui.widgets.plots import LinePlot
from pellucid.gui.window import MainWindow


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.5, "0.500"),
        (-1.2284, "−1.228"),
        (-0.0001, "0.000"),
        (99.94, "99.940"),
        (845.319, "845.3"),
        (4066.54, "4,066.5"),
        (150690.4, "150,690"),
        (math.nan, "–"),
        (math.inf, "–"),
    ],
)
def test_numbers_have_no_more_digits_than_tell_anything(value: float, said: str) -> None:
    assert number(value) == said


def test_figures_have_the_digits_of_their_value_in_their_interval_too() -> None:
    assert measured(Measured(845.319, 829.025, 1061.084)) == "845.3 (829.0 to 1,061.1)"
    assert measured(Measured(-0.25, -0.5, 0.125)) == "−0.250 (−0.500 to 0.125)"
    assert measured(Measured(0.5)) == "0.500"
    assert measured(Measured(math.nan)) == "not defined"
    assert decimals([0.1, None, 1234.5, math.nan]) == 1
    assert decimals([]) == 3


@pytest.mark.parametrize("wide", [420, 900])
def test_nothing_is_empty_behind_the_end_of_what_scrolls(qtbot: QtBot, wide: int) -> None:
    inside = QWidget()
    column = QVBoxLayout(inside)
    said = "Words that take many lines where there is little room. " * 9
    for _ in range(4):
        column.addWidget(label(said, wrap=True))
    last = QLabel("The end.")
    column.addWidget(last)
    column.addStretch(1)
    area = scrolled(inside)
    qtbot.addWidget(area)
    area.resize(wide, 200)
    area.show()
    QApplication.processEvents()
    margins = column.contentsMargins().bottom() + column.spacing()
    assert inside.height() > area.viewport().height()
    assert inside.height() - last.geometry().bottom() <= margins + 2
    for one in inside.findChildren(QLabel):
        assert one.height() >= one.heightForWidth(one.width())


def test_what_scrolls_keeps_its_height_where_no_text_wraps(qtbot: QtBot) -> None:
    inside = QWidget()
    column = QVBoxLayout(inside)
    text = label("Some words. " * 40, wrap=True)
    column.addWidget(text)
    for _ in range(12):
        column.addWidget(QLabel("One line."))
    area = scrolled(inside)
    qtbot.addWidget(area)
    area.resize(300, 100)
    area.show()
    text.hide()
    QApplication.processEvents()
    assert inside.height() >= inside.minimumSizeHint().height() > area.viewport().height()
    lines = [one for one in inside.findChildren(QLabel) if one is not text]
    assert all(one.height() >= one.sizeHint().height() for one in lines)


def test_points_that_nothing_connects_are_drawn_one_by_one(
    qtbot: QtBot, window: MainWindow
) -> None:
    x = np.linspace(0, 1, 50)
    figure = LineFigure(
        "Predicted and true",
        "true",
        "predicted",
        (Line("rows", x, x**2, points=True), Line("curve", x, x)),
        alt="",
    )
    plot = LinePlot(window.theme)
    qtbot.addWidget(plot)
    plot.show_figure(figure)
    (loose, dots, *_), (curve, marks, *_) = plot._curves
    assert loose.opts["pen"].style() == Qt.PenStyle.NoPen
    assert len(dots.getData()[0]) == 50
    assert curve.opts["pen"].style() != Qt.PenStyle.NoPen
    assert len(marks.getData()[0]) < 50
