"""The Data page in the real window: bring a table, read it, say what its columns are for."""

import csv
import json
import random
import shlex
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMenu, QPushButton

from pellucid.core.look import Lengths
from pellucid.gui.frame.child import Child
from pellucid.gui.pages.data.asked import Asked, shell, task_of
from pellucid.gui.pages.data.filter_bar import Condition
from pellucid.gui.pages.data.reading import count_group
from pellucid.gui.pages.data.side import _cut
from pellucid.gui.widgets.bars import Bars, Histogram

PATIENCE = 60.0
FIELDS = ("id", "text", "label", "gender", "town", "price")


def made_rows(rng):
    nouns, moods = ["parcel", "letter", "crate", "box"], ["came late", "was fine", "broke again"]
    rows = []
    for number in range(120):
        text = f"The {rng.choice(nouns)} {rng.choice(moods)} on day {number // 2}"
        rows.append(
            {
                "id": f"r{number}",
                "text": text,
                "label": rng.choice(["good", "bad", "bad"]),
                "gender": rng.choice(["female", "male", ""]),
                "town": rng.choice(["Bern", "Basel"]),
                "price": str(rng.randint(1, 30)),
            }
        )
    rows[7] = {**rows[7], "text": rows[3]["text"]}
    return rows


@pytest.fixture(scope="module")
def rows():
    return made_rows(random.Random(2))


@pytest.fixture(scope="module")
def table(rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "parcels.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def bring(wait_until):
    """Bring a table into a window and wait until it is looked at."""

    def bring(window, path):
        window.take([path])
        page = window.page("data")
        looked(page)
        return page

    def looked(page):
        wait_until(lambda: page.looker.asked is None, PATIENCE, "for the look")
        rested(page)

    def rested(page):
        model = page.area.view.columns
        wait_until(
            lambda: (
                not (page._counting.running or page._writing.running)
                and not (model and model.working)
            ),
            PATIENCE,
        )
        # The event loop shows new widgets and deletes old ones.
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    bring.looked, bring.rested = looked, rested
    return bring


def bars_of(page, title):
    """Return the bars of a card by its heading."""
    return next(one for one in page.area.side.findChildren(Bars) if one.accessibleName() == title)


def texts_of(widget):
    return [one.text() for one in widget.findChildren(QLabel) if one.isVisibleTo(widget)]


def button_of(widget, text):
    return next(one for one in widget.findChildren(QPushButton) if text in one.text())


def shown_ids(page):
    model = page.area.view.columns
    return [model.text(model.source_row(row), 0) for row in range(model.rowCount())]


def test_a_table_is_brought_read_and_filtered_by_clicking(window, bring, table, rows):
    page = bring(window, table)
    assert window.current == "data"
    assert page.top.header.title.text() == "parcels.csv"
    assert [page.asked.path, page.area.view.columns.total] == [table, 120]

    # Roles stand over the columns and are said to those who don't see them.
    said = [
        page.area.view.columns.headerData(
            at, Qt.Orientation.Horizontal, Qt.ItemDataRole.AccessibleTextRole
        )
        for at in range(6)
    ]
    assert [one.split(": ")[1] for one in said] == [
        "Id",
        "Input",
        "Label",
        "Group",
        "Unused (nothing points to a role)",
        "Unused (nothing points to a role)",
    ]
    assert "reads like text" in page.area.view.columns.headerData(
        1, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole
    )

    # Balance, missing cells and repeated inputs are those of the file.
    labels = Counter(row["label"] for row in rows)
    described = bars_of(page, "Label: label").accessibleDescription()
    assert described.startswith(f"bad: {labels['bad']} ·")
    women = [row for row in rows if row["gender"] == "female"]
    bad = sum(row["label"] == "bad" for row in women) / len(women)
    assert f"female: {len(women)} ·" in bars_of(page, "Group: gender").accessibleDescription()
    assert f"bad {100 * bad:.0f}%" in bars_of(page, "Group: gender").accessibleDescription()

    # A click on a value keeps its rows, a second one on it brings all back.
    bars = bars_of(page, "Label: label")
    QTest.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(30, 10))
    bring.rested(page)
    assert shown_ids(page) == [row["id"] for row in rows if row["label"] == "bad"]
    assert page.area.bar.count.text() == f"{labels['bad']} of 120 rows"

    missing = sum(row["gender"] == "" for row in rows)
    button_of(page.area.side, f"gender: {missing} missing").click()
    bring.rested(page)
    both = [row["id"] for row in rows if row["label"] == "bad" and row["gender"] == ""]
    assert shown_ids(page) == both
    QTest.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(30, 10))
    bring.rested(page)
    assert len(shown_ids(page)) == missing

    window.actions_["data.clear"].trigger()
    bring.rested(page)
    assert page.area.bar.count.text() == "120 rows"
    assert not window.actions_["data.clear"].isEnabled()
    twice = Counter(row["text"] for row in rows)
    again = sum(number - 1 for number in twice.values())
    button_of(page.area.side, f"{again} rows repeat").click()
    bring.rested(page)
    assert shown_ids(page) == [row["id"] for row in rows if twice[row["text"]] > 1]
    page.area.bar.clear()

    # Typing finds texts in every column, after a moment.
    window.actions_["data.find"].trigger()
    QTest.keyClicks(page.area.bar.field, "BASEL")
    QTest.keyClick(page.area.bar.field, Qt.Key.Key_Return)
    bring.rested(page)
    assert shown_ids(page) == [row["id"] for row in rows if row["town"] == "Basel"]


def test_roles_are_changed_by_the_chip_and_undone(
    window, bring, table, rows, monkeypatch, wait_until
):
    page = bring(window, table)
    header = page.area.header

    # A group needs no new look: its rows are counted here.
    started = []
    real = Child.run
    monkeypatch.setattr(
        Child, "run", lambda child, words: (started.append(words), real(child, words))[1]
    )
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=header.chip(4).center())
    menu = next(one for one in page.findChildren(QMenu) if "town" in one.accessibleName())
    assert "nothing points to a role" in menu.actions()[0].text()
    next(one for one in menu.actions() if one.text().startswith("Group")).trigger()
    menu.close()
    bring.rested(page)
    assert page.area.view.columns.sort_now is None
    assert started == []
    in_bern = [row for row in rows if row["town"] == "Bern"]
    bad = sum(row["label"] == "bad" for row in in_bern) / len(in_bern)
    described = bars_of(page, "Group: town").accessibleDescription()
    assert f"Bern: {len(in_bern)} ·" in described
    assert f"bad {100 * bad:.0f}%" in described

    # Another label needs one, and takes the role from the column that had it.
    page.set_role("town", "label")
    assert page.asked.roles["label"] == "none"
    bring.looked(page)
    assert started[0][:3] == ["data", "look", str(table)]
    assert started[0][started[0].index("--label") + 1] == "town"
    assert "--out" not in started[0]
    towns = Counter(row["town"] for row in rows)
    (most, number), *_ = towns.most_common()
    assert f"{most}: {number} ·" in bars_of(page, "Label: town").accessibleDescription()

    window.actions_["edit.undo"].trigger()
    bring.looked(page)
    assert page.asked.roles["town"] == "group"
    bars_of(page, "Label: label")
    window.actions_["edit.undo"].trigger()
    bring.looked(page)
    assert page.asked.roles == {}
    window.actions_["edit.redo"].trigger()
    assert page.asked.roles["town"] == "group"
    bring.looked(page)

    # Without an input or a label there is no recipe to make.
    assert window.actions_["data.recipe"].isEnabled()
    page.set_role("label", "none")
    bring.rested(page)
    assert not window.actions_["data.recipe"].isEnabled()
    assert any("choose it" in text for text in texts_of(page.area.side))


def test_a_recipe_is_given_what_the_columns_are_for(window, bring, table):
    page = bring(window, table)
    page.set_role("price", "weight")
    gone = []
    page._context = replace(page._context, go=lambda name, **what: gone.append((name, what)))
    window.actions_["data.recipe"].trigger()
    ((name, what),) = gone
    assert name == "recipe"
    wanted = {
        "source": str(table),
        "inputs": {"text": "text"},
        "label": "label",
        "groups": ["gender"],
        "id": "id",
        "split": None,
        "weight": "price",
        "encoding": "utf-8",
        "unused": ["town"],
        "missing": False,
    }
    assert {key: what["new"][key] for key in wanted} == wanted


def test_the_copied_commands_do_what_the_page_did(window, bring, table, rows, tmp_path):
    page = bring(window, table)
    page.set_role("town", "label")
    bring.looked(page)
    window.actions_["data.copy_look"].trigger()
    words = shlex.split(QGuiApplication.clipboard().text())
    assert words[0] == "pellucid"
    done = subprocess.run(
        [sys.executable, "-m", *words, "--json"], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["balance"]["rows"] == Counter(row["town"] for row in rows)
    window.actions_["data.copy_recipe"].trigger()
    words = shlex.split(QGuiApplication.clipboard().text())
    recipe = tmp_path / "r.yaml"
    subprocess.run([sys.executable, "-m", *words, "--out", str(recipe)], check=True)
    assert "label: town" in recipe.read_text()


def test_a_failed_look_leaves_the_page_as_it_was_and_offers_the_encoding(
    window, bring, table, tmp_path
):
    page = bring(window, table)
    odd = tmp_path / "odd.csv"
    lines = ["id,text,label"]
    lines += [
        f"{at},Café {at} was quite {at % 7} good,{'yes' if at % 2 else 'no'}" for at in range(40)
    ]
    odd.write_bytes("\n".join(lines).encode("cp1252"))
    bring(window, odd)
    assert page.asked.path == table
    assert page.area.view.columns.total == 120
    notice = window.notices.history[-1]
    assert notice.tone == "error"
    assert "odd.csv, line 2" in notice.text
    assert [said for said, _ in notice.offers] == ["Read as cp1252", "Read as latin-1"]
    notice.offers[0][1]()
    bring.looked(page)
    assert page.area.view.columns.text(0, 1).startswith("Café 0")
    assert "cp1252" in page.top.header.lead.text()

    bring(window, tmp_path / "not there.csv")
    assert page.asked.path == odd
    assert "not there.csv" in window.notices.history[-1].text


def test_looking_can_be_stopped(window, bring, table, tmp_path, wait_until):
    page = bring(window, table)
    other = tmp_path / "other.csv"
    other.write_bytes(table.read_bytes())
    window.go("data", table=other)
    assert window.actions_["data.stop"].isEnabled()
    assert page.top.stop.isVisible()
    assert page.area.view.isVisible()
    wait_until(lambda: page.looker._child.running, PATIENCE)
    window.actions_["data.stop"].trigger()
    assert page.looker.asked is None
    assert not page.top.stop.isVisible()
    assert page.asked.path == table
    page.set_role("town", "label")
    window.actions_["data.stop"].trigger()
    assert page.asked.roles == {}


def test_the_last_table_comes_back_with_its_roles_and_without_a_new_look(
    make_window, close_window, bring, table, tmp_path, monkeypatch, wait_until
):
    first = make_window(tmp_path / "ws")
    page = bring(first, table)
    page.set_role("town", "group")
    bring.rested(page)
    close_window(first)

    def refuse(child, words, folder=""):
        raise AssertionError(f"looked again: {words}")

    monkeypatch.setattr(Child, "run", refuse)
    second = make_window(tmp_path / "ws")
    second.go("data")
    page = second.page("data")
    wait_until(lambda: page.seen is not None, PATIENCE)
    bring.rested(page)
    assert page.asked.path == table
    assert page.asked.roles["town"] == "group"
    bars_of(page, "Group: town")
    assert page.recent() == [table]

    # A workspace that knows no table shows how to bring one.
    second.open_workspace(tmp_path / "other")
    second.go("data")
    assert page.seen is None
    assert button_of(page._stack.currentWidget(), "Bring a table").isVisible()
    assert not second.actions_["data.recipe"].isEnabled()


def test_a_changed_file_is_looked_at_again(window, bring, table, tmp_path):
    mine = tmp_path / "mine.csv"
    mine.write_bytes(table.read_bytes())
    page = bring(window, mine)
    with mine.open("a", encoding="utf-8") as file:
        file.write("r999,The box came late on day 99,good,female,Bern,3\n")
    window.actions_["data.again"].trigger()
    bring.looked(page)
    assert page.area.view.columns.total == 121
    assert page.area.view.columns.text(120, 0) == "r999"


def test_another_limit_is_measured_anew(window, bring, table):
    page = bring(window, table)
    if page.seen.look.lengths is None:
        pytest.skip("the bundled model isn't installed")
    figure = page.area.side.findChild(Histogram)
    assert "none is cut" in figure.accessibleDescription()
    page.area.side.limit.setValue(8)
    page.area.side.limit.editingFinished.emit()
    bring.looked(page)
    lengths = page.seen.look.lengths
    assert lengths.limit == 8
    assert 0 < lengths.cut <= 120
    figure = page.area.side.findChild(Histogram)
    assert f"{lengths.cut} rows" in figure.accessibleDescription()


def test_a_table_without_roles_says_what_to_do(window, bring, tmp_path):
    path = tmp_path / "numbers.csv"
    path.write_text("a,b\n" + "\n".join(f"{at},{at * 7 % 5}" for at in range(50)))
    page = bring(window, path)
    assert any("Click the chips" in text for text in texts_of(page.area.side))
    page.set_role("a", "input")
    bring.looked(page)
    page.set_role("b", "label")
    bring.looked(page)
    assert page.seen.look.named("label") == ("b",)
    assert window.actions_["data.recipe"].isEnabled()
    assert bars_of(page, "Label: b").accessibleDescription().startswith("0: 10 ·")


def test_what_was_asked_survives_json_and_becomes_words():
    asked = Asked(
        Path("/data/it's.csv"),
        "cp1252",
        64,
        {"a": "input", "b": "input", "c": "label", "d": "group"},
    )
    assert Asked.from_json(asked.path, json.loads(json.dumps(asked.as_json()))) == asked
    assert Asked.from_json(asked.path, {"limit": "x", "roles": {"a": "king"}}) == Asked(asked.path)
    words = shlex.split(shell(asked.look_command()))
    assert words == [
        *("pellucid", "data", "look", "/data/it's.csv", "--label", "c", "--input", "a"),
        *("--input", "b", "--encoding", "cp1252", "--max-length", "64"),
    ]


def test_conditions_on_a_column_replace_one_another(window, bring, table, rows):
    page = bring(window, table)
    for value in ("good", "bad"):
        page.area.bar.turn(Condition(("label",), value))
    assert page.area.bar.conditions == (Condition(("label",), "bad"),)
    page.area.bar.turn(Condition(("town",), "Bern"))
    bring.rested(page)
    kept = [row["id"] for row in rows if row["label"] == "bad" and row["town"] == "Bern"]
    assert shown_ids(page) == kept
    chip = button_of(page.area.bar, "label: bad")
    assert chip.accessibleName() == "Take back: label: bad"
    chip.click()
    bring.rested(page)
    assert shown_ids(page) == [row["id"] for row in rows if row["town"] == "Bern"]


def test_groups_counted_here_are_those_of_plain_counting():
    rng = random.Random(4)
    towns = [rng.choice(["Bern", " Bern", "Basel", "", None, "Genf"]) for _ in range(500)]
    labels = [rng.choice(["a", "b ", None]) for _ in range(500)]
    table = pa.table({"town": towns, "label": labels})

    def plain(cell):
        return (cell or "").strip() or None

    rows = Counter(plain(town) or "(missing)" for town in towns)
    pairs = Counter(
        (plain(town) or "(missing)", plain(label))
        for town, label in zip(towns, labels, strict=True)
        if plain(label)
    )
    found = count_group(table, "town", "label").groups
    assert {name: group.rows for name, group in found.items()} == rows
    assert [group.rows for group in found.values()] == sorted(rows.values(), reverse=True)
    assert {(n, a): k for n, g in found.items() for a, k in g.labels.items()} == pairs
    alone = count_group(table, "town", None).groups
    assert {name: (group.rows, group.labels) for name, group in alone.items()} == {
        name: (number, {}) for name, number in rows.items()
    }
    many = count_group(pa.table({"x": [str(at) for at in range(900)]}), "x", None).groups
    assert list(many) == [str(at) for at in range(50)]


@pytest.mark.parametrize(
    ("task", "cut", "said"),
    [
        ("extractive_qa", 12, "Longer than 256 tokens, and so read in several parts: 12 (12%)."),
        ("chat", 12, "12 rows (12%) are longer than 256 tokens and are cut there."),
        ("classification", 1, "1 row (1.0%) is longer than 256 tokens and is cut there."),
        ("classification", 0, "No row is longer than 256 tokens; none is cut."),
    ],
)
def test_long_rows_are_cut_only_where_the_task_cuts_them(task, cut, said):
    seen = Lengths(
        model="m",
        max_length=256,
        limit=256,
        measured_rows=100,
        median=9,
        p90=20,
        p99=30,
        longest=300,
        cut=cut,
        edges=(0, 301),
        counts=(100,),
    )
    assert _cut(seen, task) == said


def test_pictures_with_texts_from_which_a_label_was_taken_belong_together():
    columns = [
        SimpleNamespace(name="image", role="input", modality="image"),
        SimpleNamespace(name="caption", role="input", modality="text"),
        SimpleNamespace(name="kind", role="label", modality=None),
    ]
    look = SimpleNamespace(columns=columns, task="classification")
    roles = {one.name: one.role for one in columns}
    assert task_of(look, roles) == "classification"
    assert task_of(look, {**roles, "kind": "none"}) == "contrastive"
    assert task_of(look, {**roles, "kind": "none", "image": "none"}) == "masked_lm"
