"""Tables on the screen: order, rows, cells and copies, against plain Python."""

import csv
import io
import itertools
import random
import subprocess
import sys
from collections import Counter

import pyarrow as pa
import pytest
from PySide6.QtCore import QPoint, Qt, QThreadPool
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from pellucid.gui.widgets.bars import Bar, Bars, Histogram, share
from pellucid.gui.widgets.table import (
    ColumnsModel,
    DetailStrip,
    TableView,
    contains,
    equals,
    every,
    repeated,
)

ROWS = 3000


@pytest.fixture(scope="module")
def rows():
    rng = random.Random(5)
    words = ["Refund", "refund", "late", "Ärger", "kind", "👍", "ärger"]
    return [
        {
            "text": " ".join(rng.choices(words, k=rng.randint(1, 4))),
            "number": rng.choice([None, "9", "10", "-2.5", " 100 ", "  "]),
            "score": rng.choice([None, 0.25, 0.5, 2.0]),
            "label": rng.choice(["yes", "no", " yes", None]),
        }
        for _ in range(ROWS)
    ]


@pytest.fixture
def table(rows):
    batches = [
        pa.table({name: [row[name] for row in rows[at : at + 700]] for name in rows[0]})
        for at in range(0, ROWS, 700)
    ]
    schema = pa.schema(
        [
            ("text", pa.large_string()),
            ("number", pa.large_string()),
            ("score", pa.float64()),
            ("label", pa.large_string()),
        ]
    )
    return pa.concat_tables([batch.cast(schema) for batch in batches])


@pytest.fixture
def shown(qtbot, table):
    """A view on the table, in several chunks."""
    view = TableView("Rows")
    qtbot.addWidget(view)
    pool = QThreadPool(view)
    model = ColumnsModel(table, pool, view, numeric={"number"})
    view.show_model(model)
    view.resize(900, 500)
    view.show()
    yield view
    pool.waitForDone(5000)


def settled(qtbot, model):
    qtbot.waitUntil(lambda: not model.working, timeout=20_000)
    return [model.source_row(row) for row in range(model.rowCount())]


def expected(rows, key, *, reverse=False):
    """Sort as a person means it: missing last, equal ones as in the file."""
    there = [at for at in range(len(rows)) if key(rows[at]) is not None]
    gone = [at for at in range(len(rows)) if key(rows[at]) is None]
    sign = -1 if reverse else 1
    return sorted(there, key=lambda at: sign * key(rows[at])) + gone


def as_number(row):
    cell = row["number"]
    return float(cell) if cell and cell.strip() else None


def test_texts_of_numbers_sort_as_numbers_and_equal_rows_stay_as_in_the_file(qtbot, shown, rows):
    model = shown.columns
    model.turn_sort(1)
    assert settled(qtbot, model) == expected(rows, as_number)
    model.turn_sort(1)
    assert settled(qtbot, model) == expected(rows, as_number, reverse=True)
    model.turn_sort(1)
    assert settled(qtbot, model) == list(range(ROWS))
    model.turn_sort(2)
    assert settled(qtbot, model) == expected(rows, lambda row: row["score"])


def test_a_click_on_a_name_sorts_a_second_turns_round_a_third_ends_it(qtbot, shown, rows):
    header, model = shown.horizontalHeader(), shown.columns
    place = QPoint(header.sectionViewportPosition(0) + 20, 10)
    by_text = sorted(range(ROWS), key=lambda at: rows[at]["text"].encode())

    def click():
        QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
        return settled(qtbot, model)

    assert click() == by_text
    assert "ascending" in model.headerData(
        0, Qt.Orientation.Horizontal, Qt.ItemDataRole.AccessibleTextRole
    )
    turned = click()
    assert [rows[at]["text"] for at in turned] == [rows[at]["text"] for at in reversed(by_text)]
    for before, after in itertools.pairwise(turned):
        assert rows[before]["text"] != rows[after]["text"] or before < after
    assert click() == list(range(ROWS))


def test_rows_are_worked_out_beside_the_main_thread_and_the_newest_question_wins(
    qtbot, shown, rows
):
    model = shown.columns
    model.keep(contains("late"))
    assert model.working
    assert model.rowCount() == ROWS
    model.keep(contains("kind"))
    kept = [at for at in range(ROWS) if "kind" in rows[at]["text"]]
    assert settled(qtbot, model) == kept


def test_filters_keep_what_they_say(qtbot, shown, rows):
    model = shown.columns
    cases = [
        (contains("REFUND"), lambda row: "refund" in row["text"].lower()),
        (contains("ÄRGER"), lambda row: "ärger" in row["text"].lower()),
        (contains("2.5", ["number"]), lambda row: "2.5" in (row["number"] or "")),
        (equals("label", "yes"), lambda row: (row["label"] or "").strip() == "yes"),
        (equals("label", None), lambda row: row["label"] is None),
        (equals("number", None), lambda row: not (row["number"] or "").strip()),
        (equals("score", "2"), lambda row: row["score"] == 2.0),
        (
            every([contains("late"), equals("label", "no")]),
            lambda row: "late" in row["text"] and row["label"] == "no",
        ),
        (None, lambda row: True),
    ]
    for condition, holds in cases:
        model.keep(condition)
        assert settled(qtbot, model) == [at for at in range(ROWS) if holds(rows[at])]
    model.keep([at % 3 == 0 for at in range(ROWS)])
    model.sort_by(1)
    thirds = {at for at in range(ROWS) if at % 3 == 0}
    assert settled(qtbot, model) == [at for at in expected(rows, as_number) if at in thirds]


@pytest.mark.parametrize("columns", [("text",), ("text", "label"), ("text", "number", "label")])
def test_repeated_rows_are_those_whose_cells_stand_in_another_row(qtbot, shown, rows, columns):
    def key(row):
        cells = tuple(row[name] for name in columns)
        return None if any(cell is None or not cell.strip() for cell in cells) else cells

    counts = Counter(key(row) for row in rows)
    wanted = [at for at in range(ROWS) if key(rows[at]) is not None and counts[key(rows[at])] > 1]
    shown.columns.keep(repeated(columns))
    assert settled(qtbot, shown.columns) == wanted
    assert len(wanted) > 0


def test_the_current_row_stays_current_while_rows_are_sorted(qtbot, shown):
    shown.go_to(1234, 2)
    shown.columns.sort_by(0)
    settled(qtbot, shown.columns)
    assert shown.current_source() == 1234
    assert shown.currentIndex().column() == 2
    assert shown.columns.source_row(shown.currentIndex().row()) == 1234


def test_cells_are_inert_and_missing_ones_say_so(qtbot):
    long = "word " * 1000
    table = pa.table(
        {
            "text": ["a\x00b\u202ec", "<b>bold</b> " * 10, long, None],
            "list": [[1], [2], None, []],
            "count": [1, 20, 300, None],
        }
    )
    view = TableView("Odd")
    qtbot.addWidget(view)
    model = ColumnsModel(table, QThreadPool.globalInstance(), view)
    view.show_model(model)
    role = Qt.ItemDataRole

    def cell(row, column, what=role.DisplayRole):
        return model.index(row, column).data(what)

    assert cell(0, 0) == "a␀b⟨U+202E⟩c"
    assert "&lt;b&gt;bold" in cell(1, 0, role.ToolTipRole)
    assert "<b>" not in cell(1, 0, role.ToolTipRole)
    assert len(cell(2, 0)) < 500 < len(cell(2, 0, role.ToolTipRole)) < 2100
    assert "3,000 more characters" in cell(2, 0, role.ToolTipRole)
    assert cell(3, 0) == "missing"
    assert cell(3, 0, role.FontRole).italic()
    assert cell(0, 0, role.FontRole) is None
    muted = QGuiApplication.palette().placeholderText().color()
    assert cell(3, 0, role.ForegroundRole) == muted
    assert cell(0, 2, role.TextAlignmentRole) & int(Qt.AlignmentFlag.AlignRight)
    assert cell(0, 0, role.TextAlignmentRole) & int(Qt.AlignmentFlag.AlignLeft)
    model.sort_by(1)
    assert model.sort_now is None
    assert not model.working
    assert [model.can_sort(at) for at in range(3)] == [True, False, True]


def test_a_condition_that_fails_is_told_and_leaves_the_rows_as_they_are(qtbot, shown):
    model = shown.columns
    with qtbot.waitSignal(model.failed, timeout=10_000) as told:
        model.keep(equals("no such column", "x"))
    assert "no such column" in told.args[0]
    assert model.rowCount() == ROWS


def test_copied_rows_are_tab_separated_whole_and_in_the_order_shown(qtbot, shown, rows):
    shown.columns.sort_by(1)
    order = settled(qtbot, shown.columns)
    shown.setCurrentIndex(shown.columns.index(2, 0))
    QTest.keyClick(shown, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(shown, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = list(csv.reader(io.StringIO(QGuiApplication.clipboard().text()), delimiter="\t"))
    assert len(copied) == 2
    for line, at in zip(copied, order[2:4], strict=True):
        assert line[0] == rows[at]["text"]
        assert line[1] == (rows[at]["number"] or "")
    shown.selectAll()
    assert shown.copy_rows(names=True) == ROWS
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text().startswith("text\tnumber"))
    copied = list(csv.reader(io.StringIO(QGuiApplication.clipboard().text()), delimiter="\t"))
    assert copied[0] == list(rows[0])
    assert [line[0] for line in copied[1:]] == [rows[at]["text"] for at in order]


def test_the_menu_sorts_copies_and_takes_the_items_of_a_page(qtbot, shown, rows):
    asked = []
    shown.more_items = lambda row, column: [("Only this", lambda: asked.append((row, column)))]
    shown.columns.sort_by(1)
    order = settled(qtbot, shown.columns)
    shown.setCurrentIndex(shown.columns.index(4, 0))
    actions = {action.text(): action for action in shown.menu(4, 0).actions()}
    actions["Copy this cell"].trigger()
    assert QGuiApplication.clipboard().text() == rows[order[4]]["text"]
    actions["Only this"].trigger()
    assert asked == [(order[4], 0)]
    actions["Sort from large to small"].trigger()
    by_text = [rows[at]["text"] for at in settled(qtbot, shown.columns)]
    assert by_text == sorted(by_text, key=str.encode, reverse=True)
    actions["As in the file"].trigger()
    assert settled(qtbot, shown.columns) == list(range(ROWS))


def test_the_strip_shows_the_chosen_cell_whole(qtbot):
    text = "first line\nsecond\x07 " + "x" * 5000
    view = TableView("Rows")
    qtbot.addWidget(view)
    strip = DetailStrip(view)
    qtbot.addWidget(strip)
    table = pa.table({"text": ["short", text, None]})
    view.show_model(ColumnsModel(table, QThreadPool.globalInstance(), view))
    strip.follow()
    view.go_to(1)
    assert strip.text.toPlainText() == text.replace("\x07", "␇")
    assert "Row 2, text" in strip.where.text()
    view.go_to(2)
    assert "missing" in strip.where.text()
    assert strip.text.toPlainText() == ""


def test_sorting_and_filtering_load_no_pandas_and_survive_many_calls_into_qt():
    code = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from pellucid.gui.window import application
app = application()
import pyarrow as pa
from PySide6.QtCore import QThreadPool
from pellucid.gui.widgets.table import ColumnsModel, contains, equals, every, repeated
# Made through pylist would load pandas already.
bits = pa.py_buffer(bytes(range(8)) * 8)
numbers = pa.Array.from_buffers(pa.int64(), 8, [None, bits])
table = pa.table({"a": numbers, "t": numbers.cast(pa.large_string())})
pool = QThreadPool()
model = ColumnsModel(table, pool)
model.sort_by(0, False)
model.keep(every([contains("5"), equals("t", "1"), equals("t", None), repeated(["t", "a"])]))
pool.waitForDone()
app.processEvents()
assert not model.working
assert model.rowCount() == 0
model.keep(None)
pool.waitForDone()
app.processEvents()
assert model.rowCount() == 8
index = model.index(0, 0)
for _ in range(30_000):  # PySide6 6.12.0 on Python 3.11 loses a reference to None each time
    index.data(3)
    app.processEvents()
print("pandas" in sys.modules, "torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["False", "False"], done.stderr[-2000:]


def test_bars_are_chosen_by_mouse_and_keyboard_and_say_what_they_show(qtbot, window):
    bars = Bars(window.theme, "Label")
    qtbot.addWidget(bars)
    bars.show_bars([Bar("yes", 30, "train 20"), Bar("no", 10)], 40)
    bars.resize(300, bars.sizeHint().height())
    bars.show()
    assert bars.accessibleDescription() == "yes: 30 · 75% (train 20); no: 10 · 25%"
    with qtbot.waitSignal(bars.chosen) as told:
        low = QPoint(20, bars.height() - 8)
        QTest.mouseClick(bars, Qt.MouseButton.LeftButton, pos=low)
    assert told.args == [1]
    QTest.keyClick(bars, Qt.Key.Key_Up)
    with qtbot.waitSignal(bars.chosen) as told:
        QTest.keyClick(bars, Qt.Key.Key_Return)
    assert told.args == [0]


def test_shares_never_round_something_to_nothing_or_to_everything():
    assert [share(*one) for one in ((0, 9), (1, 10_000), (9_999, 10_000), (1, 30), (5, 5))] == [
        "0%",
        "< 0.1%",
        "> 99.9%",
        "3.3%",
        "100%",
    ]


@pytest.mark.parametrize(("limit", "beyond"), [(9, {2, 3}), (19, {3}), (500, set())])
def test_the_histogram_hatches_what_is_beyond_the_limit(qtbot, window, limit, beyond):
    figure = Histogram(window.theme, "Lengths")
    qtbot.addWidget(figure)
    figure.resize(401, figure.height())
    figure.show_counts((0, 5, 10, 20, 90), (8, 8, 8, 8), limit, "even")
    figure.show()
    drawn = figure.grab().toImage()
    warning, accent = window.theme.colour("warning"), window.theme.colour("accent")
    for number in range(4):
        column = {drawn.pixelColor(number * 100 + dx, 60).name() for dx in range(20, 80)}
        assert (warning.name() in column) == (number in beyond)
        assert (accent.name() in column) == (number not in beyond)
