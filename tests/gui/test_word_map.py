"""Word maps: where words stand, in which direction, and what is said of them."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from pellucid.gui.frame.theme import Theme
from pellucid.gui.widgets.word_map import LINE, Scale, WordMap, Words, lay_out, paint
from pellucid.multimodal.palette import LIGHT


def words(*texts: str, scores: tuple[float, ...] | None = None, after: str = " ") -> Words:
    given = scores or tuple(0.1 for _ in texts)
    return Words(texts, (after,) * len(texts), given, 1.0, "good")


def ten(text: str) -> float:
    return 10.0 * len(text)


def test_words_break_into_lines() -> None:
    laid = lay_out(words("aaaa", "bb", "cccc", "d"), 75, ten)
    places = [(one.box.x(), one.box.y()) for one in laid.placed]
    assert places == [(0, 0), (50, 0), (0, LINE), (50, LINE)]
    assert laid.height == 2 * LINE
    assert laid.under(QPointF(55, 5)) == 1
    assert laid.under(QPointF(45, 5)) is None


def test_no_line_begins_with_a_mark() -> None:
    text = Words(("aaaa", "bb", ",", "cc", "dd"), (" ", "", " ", "", ""), (0.1,) * 5, 1.0, "good")
    places = [(one.box.x(), one.box.y()) for one in lay_out(text, 75, ten).placed]
    # “bb” alone would fit behind “aaaa”, but not with its comma; “dd” is no mark and may break.
    assert places == [(0, 0), (0, LINE), (20, LINE), (40, LINE), (0, 2 * LINE)]


def test_a_line_break_in_the_text_begins_a_line() -> None:
    laid = lay_out(words("a", "b", after="\n"), 500, ten)
    assert [one.box.y() for one in laid.placed] == [0, LINE]


def test_hebrew_runs_from_the_right() -> None:
    laid = lay_out(words("שלום", "לך"), 200, ten)
    assert [one.box.right() for one in laid.placed] == [200, 150]
    forwards = lay_out(words("12", "abc", "שלום"), 200, ten)
    assert forwards.placed[0].box.x() == 0


def test_what_acts_unseen_is_shown() -> None:
    laid = lay_out(words("a\u202eb", "<b>"), 900, ten)
    assert [one.text for one in laid.placed] == ["a⟨U+202E⟩b", "<b>"]


def test_long_texts_are_cut_and_counted() -> None:
    laid = lay_out(words(*["w"] * 700), 500, ten)
    assert len(laid.placed) == 600
    assert laid.left_out == 100


@pytest.mark.parametrize(("score", "colour"), [(1.0, LIGHT.favour[-1]), (-1.0, LIGHT.against[-1])])
def test_colours_are_those_of_the_scale(qapp: QApplication, score: float, colour: str) -> None:
    image = QImage(120, LINE, QImage.Format.Format_RGB32)
    image.fill(LIGHT.surface)
    painter = QPainter(image)
    paint(painter, lay_out(words("iiii", scores=(score,)), 100), LIGHT, QPointF(10, 0))
    painter.end()
    found = [image.pixelColor(x, 6).name() for x in range(10, 30)]
    assert max(set(found), key=found.count) == colour


def test_underlines_tell_signs_apart_without_colour(qapp: QApplication) -> None:
    def line(score: float) -> np.ndarray:
        image = QImage(160, LINE, QImage.Format.Format_Grayscale8)
        image.fill(Qt.GlobalColor.white)
        painter = QPainter(image)
        laid = lay_out(words("nnnnnnnnnn", scores=(score,)), 150)
        paint(painter, laid, LIGHT, QPointF(4, 0))
        painter.end()
        rows = [[image.pixelColor(x, y).lightness() for x in range(6, 60)] for y in (22, 23)]
        return np.array(rows).min(axis=0) < 110

    assert line(0.9).all()  # solid
    assert 0 < line(-0.9).mean() < 0.9  # dotted
    assert not line(0.3).any()


def test_keys_walk_through_the_words(qapp: QApplication) -> None:
    theme = qapp.findChild(Theme) or Theme(qapp, "light")
    map_ = WordMap(theme)
    told: list[str] = []
    map_.told.connect(told.append)
    map_.show_words(words("very", "bad", "day", scores=(0.25, -0.75, float("nan"))))
    QTest.keyClick(map_, Qt.Key.Key_Right)
    QTest.keyClick(map_, Qt.Key.Key_Right)
    assert told == ["“very” +0.25: spoke for “good”", "“bad” −0.75: spoke against “good”"]
    assert map_.accessibleDescription() == told[-1]
    QTest.keyClick(map_, Qt.Key.Key_End)
    assert map_.chosen == 2
    QTest.keyClick(map_, Qt.Key.Key_Right)
    assert map_.chosen == 2
    QTest.keyClick(map_, Qt.Key.Key_Home)
    assert map_.chosen == 0
    map_.show_words(None)
    QTest.keyClick(map_, Qt.Key.Key_Right)
    assert map_.chosen is None
    map_.deleteLater()


def test_the_scale_says_its_ends(qapp: QApplication) -> None:
    scale = Scale(qapp.findChild(Theme) or Theme(qapp, "light"))
    scale.show_scale(1.25)
    assert scale.accessibleDescription() == "From −1.25, against the answer, to +1.25, for it"
    scale.deleteLater()
