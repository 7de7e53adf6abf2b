"""The frame around the pages: navigation, actions, palette, theme, messages, what is remembered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from pellucid.core import events
from pellucid.core.jobs import CancelToken, working
from pellucid.core.undo import Command
from pellucid.gui.frame.actions import Actions, Deed
from pellucid.gui.frame.style import set_look
from pellucid.gui.frame.workspace import settings
from pellucid.gui.window import MainWindow, places
from pellucid.multimodal.palette import DARK, LIGHT

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
NAMES = [place.name for place in places()]


def cards(window: MainWindow) -> list[QWidget]:
    """Return the messages on the screen, the oldest first."""
    found = [one for one in window.centralWidget().children() if isinstance(one, QWidget)]
    return [one for one in found if one.property("look") == "notice" and one.isVisible()]


def said(card: QWidget) -> str:
    """Return what a message says."""
    return " ".join(label.text() for label in card.findChildren(QLabel) if label.text())


def offer(card: QWidget, text: str) -> QPushButton:
    """Return a button of a message."""
    return next(one for one in card.findChildren(QPushButton) if one.text() == text)


# Going to places


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_a_page_is_reached_by_mouse_and_by_keys(
    window: MainWindow, qtbot: QtBot, number: int
) -> None:
    window.activateWindow()
    away = NAMES[(number + 1) % len(NAMES)]
    buttons = [one for one in window.navigation.findChildren(QToolButton) if one.isCheckable()]
    qtbot.mouseClick(buttons[number], Qt.MouseButton.LeftButton)
    assert window.current == NAMES[number]
    assert [one.isChecked() for one in buttons].index(True) == number
    window.go(away)
    assert not buttons[number].isChecked()
    qtbot.keyClick(window, getattr(Qt.Key, f"Key_{number + 1}"), CTRL)
    assert window.current == NAMES[number]
    assert buttons[number].isChecked()


def test_the_focus_goes_along_with_the_page_where_it_was_in_the_navigation(
    window: MainWindow,
) -> None:
    buttons = {
        one.text(): one for one in window.navigation.findChildren(QToolButton) if one.isCheckable()
    }
    window.activateWindow()
    buttons["Home"].setFocus()
    window.go("runs")
    assert buttons["Runs"].hasFocus()
    window.stack.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    window.stack.setFocus()
    window.go("home")
    assert not buttons["Home"].hasFocus()


def test_a_page_is_made_when_it_is_first_opened_and_then_kept(window: MainWindow) -> None:
    home = window.page("home")
    assert window.stack.count() == 1
    window.go("jobs")
    window.go("home")
    assert window.page("home") is home
    assert window.stack.count() == 2


@pytest.mark.parametrize("filled", [False, True], ids=["empty", "filled"])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_opens_no_window_of_its_own(
    window: MainWindow, open_page: Callable[..., None], name: str, filled: bool
) -> None:
    """A widget that is shown before it has a parent is a window for a moment."""
    shown = Shown(window)
    QApplication.instance().installEventFilter(shown)
    open_page(window, name, filled=filled)
    QApplication.instance().removeEventFilter(shown)
    assert shown.windows == []


class Shown(QObject):
    """Notes the windows that are shown."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.windows: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at every event of the application."""
        shown = event.type() == QEvent.Type.Show and isinstance(watched, QWidget)
        if shown and watched.isWindow() and not isinstance(watched, MainWindow):
            self.windows.append(f"{type(watched).__name__} {watched.accessibleName()}")
        return False


# Actions and the palette of commands


def listed(window: MainWindow) -> list[str]:
    """Return the ids of the actions that the palette lists."""
    rows = [window.palette_.list.item(at) for at in range(window.palette_.list.count())]
    return [row.data(Qt.ItemDataRole.UserRole) for row in rows]


def test_typing_a_few_letters_and_return_does_it(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_P, CTRL | SHIFT)
    palette = window.palette_
    assert palette.isVisible()
    qtbot.keyClicks(palette.field, "the da")
    assert listed(window)[0] == "theme.dark"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert window.theme.palette is DARK


def test_arrows_choose_and_escape_leaves(window: MainWindow, qtbot: QtBot) -> None:
    palette = window.palette_
    palette.open_over(window)
    qtbot.keyClicks(palette.field, "go to")
    assert listed(window) == [f"go.{name}" for name in sorted(NAMES, key=title)]
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    qtbot.keyClick(palette.field, Qt.Key.Key_Up)
    chosen = palette.list.currentItem().data(Qt.ItemDataRole.UserRole)
    assert chosen == listed(window)[1]
    qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert window.current == "home"
    palette.open_over(window)
    assert palette.field.text() == ""
    palette.close()


def title(name: str) -> str:
    """Return a page's title."""
    return next(place.title for place in places() if place.name == name)


def test_the_palette_lists_only_what_can_be_done_now(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_.add(Deed("jobs.probe", "Probe the jobs", lambda: None, page="jobs"))
    window.palette_.open_over(window)
    assert "edit.undo" not in listed(window)
    assert "jobs.probe" not in listed(window)
    window.undo.do(Command("Rename", lambda: None, lambda: None))
    window.go("jobs")
    window.palette_.open_over(window)
    assert {"edit.undo", "jobs.probe"} <= set(listed(window))
    assert "edit.redo" not in listed(window)
    qtbot.keyClicks(window.palette_.field, "zzzz")
    assert listed(window) == [None]
    qtbot.keyClick(window.palette_.field, Qt.Key.Key_Return)
    assert window.palette_.isVisible(), "there is nothing to do, so nothing happens"
    window.palette_.close()


def test_no_two_actions_share_keys_on_any_page(window: MainWindow) -> None:
    for name in NAMES:
        window.go(name)
    for name in [*NAMES, None]:
        here = [one for one in window.actions_.deeds() if one.page in (None, name)]
        keys = [key for one in here for key in window.actions_[one.id].shortcuts()]
        texts = [key.toString(QKeySequence.SequenceFormat.PortableText) for key in keys]
        assert len(texts) == len(set(texts)), f"{name}: {sorted(texts)}"
        assert "" not in texts, "keys that Qt does not know"


def test_an_action_can_be_registered_once_only(qapp: QApplication) -> None:
    owner = QWidget()
    actions = Actions(owner)
    actions.add(Deed("a.one", "One", lambda: None, shortcut="Ctrl+T", page="a"))
    actions.add(Deed("b.one", "One", lambda: None, shortcut="Ctrl+T", page="b"))
    with pytest.raises(ValueError, match=r"a\.one"):
        actions.add(Deed("a.one", "Again", lambda: None))
    with pytest.raises(ValueError, match=r"Ctrl\+T"):
        actions.add(Deed("c.one", "Everywhere", lambda: None, shortcut="Ctrl+T"))
    actions.page_changed("a")
    assert actions["a.one"].isEnabled()
    assert not actions["b.one"].isEnabled()
    owner.deleteLater()


def test_every_action_of_a_menu_stands_in_it_once(window: MainWindow) -> None:
    for name in NAMES:
        window.go(name)
    menus = [action.menu() for action in window.menuBar().actions()]
    shown = [action.objectName() for menu in menus for action in menu.actions()]
    wanted = [deed.id for deed in window.actions_.deeds() if deed.menu]
    assert sorted(name for name in shown if name) == sorted(wanted)


# Theme


def test_widgets_and_icons_that_are_there_follow_the_theme(window: MainWindow) -> None:
    button = next(
        one
        for one in window.navigation.findChildren(QToolButton)
        if one.isCheckable() and not one.isChecked()
    )
    card = window.notices.show("Something.", "error")
    assert card
    for mode, palette in (("light", LIGHT), ("dark", DARK), ("light", LIGHT)):
        window.use_theme(mode)
        QApplication.processEvents()
        ground = window.navigation.grab().toImage()
        assert ground.pixelColor(3, ground.height() - 3).name() == palette.surface
        # Left of the cards; at the right may be a scroll bar.
        beside = window.navigation.width() + 3
        page = window.grab().toImage().pixelColor(beside, window.height() // 2)
        assert page.name() == palette.background
        icon = button.icon().pixmap(QSize(40, 40)).toImage()
        drawn = {
            icon.pixelColor(x, y).name()
            for x in range(icon.width())
            for y in range(icon.height())
            if icon.pixelColor(x, y).alpha() == 255
        }
        assert drawn == {palette.text}
        mark = cards(window)[0].findChildren(QLabel)[0].pixmap().toImage()
        assert any(
            mark.pixelColor(x, mark.height() // 2).name() == palette.warning
            for x in range(mark.width())
        )


def test_the_theme_is_remembered(window: MainWindow) -> None:
    window.actions_["theme.dark"].trigger()
    assert settings().value("theme") == "dark"
    assert window.actions_["theme.dark"].isChecked()
    assert not window.actions_["theme.light"].isChecked()


# What is remembered


def test_a_new_window_is_as_the_last_one_was(
    make_window: Callable[..., MainWindow],
    close_window: Callable[[MainWindow], None],
    tmp_path: Path,
) -> None:
    first = make_window(tmp_path / "ws")
    first.resize(1111, 777)
    first.log.show()
    first.go("jobs")
    close_window(first)
    second = make_window(tmp_path / "ws")
    assert (second.width(), second.height()) == (1111, 777)
    assert second.current == "jobs"
    assert second.log.isVisible()


def test_recent_workspaces_are_listed_and_opened(
    window: MainWindow, tmp_path: Path, make_window: Callable[..., MainWindow]
) -> None:
    first = window.workspace.path
    window.go("jobs")
    window.open_workspace(tmp_path / "second")
    assert window.current == "home"
    assert window.windowTitle() == "second – Pellucid"
    assert (tmp_path / "second" / "runs").is_dir()
    recent = next(one for one in window.findChildren(QMenu) if one.title() == "Recent workspaces")
    recent.aboutToShow.emit()
    assert [one.text() for one in recent.actions()] == [str(tmp_path / "second"), str(first)]
    recent.actions()[1].trigger()
    assert window.workspace.path == first


def test_a_workspace_that_cant_be_opened_leaves_the_one_before(
    window: MainWindow, tmp_path: Path
) -> None:
    before = window.workspace.path
    (tmp_path / "file").write_text("no folder")
    window.open_workspace(tmp_path / "file" / "inside")
    assert "can’t be opened" in said(cards(window)[-1])
    assert window.workspace.path == before
    window.go("jobs")
    assert before.joinpath("runs").is_dir()


# Messages


def test_what_a_message_offers_is_done_and_closes_it(window: MainWindow, qtbot: QtBot) -> None:
    done = []
    window.notices.show("Ready.", "done", offers=(("Look", lambda: done.append(1)),))
    qtbot.mouseClick(offer(cards(window)[0], "Look"), Qt.MouseButton.LeftButton)
    assert done == [1]
    assert cards(window) == []
    assert [notice.text for notice in window.notices.history] == ["Ready."]


def test_errors_stay_and_others_go(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, wait_until: Callable[..., None]
) -> None:
    monkeypatch.setattr("pellucid.gui.frame.notices.SECONDS", 0.05)
    window.notices.show("It went wrong.", "error")
    window.notices.show("By the way.")
    window.notices.show("Ready.", "done", offers=(("Look", lambda: None),))
    wait_until(lambda: len(cards(window)) == 1)
    QApplication.processEvents()
    assert "It went wrong." in said(cards(window)[0])
    close = next(one for one in cards(window)[0].findChildren(QToolButton))
    assert close.accessibleName() == "Close this message"
    close.click()
    assert cards(window) == []


def test_messages_find_room_in_the_smallest_window(window: MainWindow) -> None:
    window.resize(960, 600)
    QApplication.processEvents()
    sentence = "A table could not be read, and this is what can be done about it. "
    for number in range(6):
        window.notices.show(f"{number}: {sentence}", "error")
    assert [said(card)[0] for card in cards(window)] == ["2", "3", "4", "5"]
    for number in range(6, 9):
        window.notices.show(f"{number}: {5 * sentence}", "error")
    shown = cards(window)
    numbers = [int(said(card)[0]) for card in shown]
    assert numbers == [5, 6, 7, 8][-len(numbers) :], "the oldest give way"
    assert len(numbers) >= 2
    middle = window.centralWidget()
    boxes = [card.geometry() for card in shown]
    assert all(middle.rect().contains(box) for box in boxes)
    for at, box in enumerate(boxes):
        assert not any(box.intersects(other) for other in boxes[at + 1 :])
    for card in shown:
        text = max(card.findChildren(QLabel), key=lambda label: len(label.text()))
        assert text.height() >= text.heightForWidth(text.width()), "the text is cut off"


# What is dropped on the window


def drop(window: MainWindow, *paths: Path) -> None:
    """Drop files on the window."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    keys, buttons = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    action = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(400, 300), action, mime, buttons, keys)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    event = QDropEvent(QPointF(400, 300), action, mime, buttons, keys)
    QApplication.sendEvent(window, event)
    assert event.isAccepted()


def test_dropped_things_open_where_they_belong(
    window: MainWindow, tmp_path: Path, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[str, dict[str, object]]] = []
    monkeypatch.setattr(window, "go", lambda page, **what: opened.append((page, what)))
    table, recipe = tmp_path / "table.CSV", tmp_path / "recipe.yml"
    table.write_text("text,label\na,b\n")
    recipe.write_text("name: a\n")
    for path in (table, recipe, finished):
        drop(window, path)
    assert opened == [
        ("data", {"table": table}),
        ("recipe", {"path": recipe}),
        ("results", {"run": finished}),
    ]
    other = tmp_path / "other"
    (other / "runs").mkdir(parents=True)
    drop(window, other)
    assert window.workspace.path == other


def test_what_cant_be_opened_is_told(window: MainWindow, tmp_path: Path) -> None:
    odd = tmp_path / "song.flac"
    odd.write_bytes(b"fLaC")
    drop(window, odd)
    assert "song.flac can’t be opened here" in said(cards(window)[-1])
    assert window.current == "home"


# Undo


def test_undo_and_redo_say_what_they_take_back(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    undo, redo = window.actions_["edit.undo"], window.actions_["edit.redo"]
    assert not undo.isEnabled()
    state = []
    window.undo.do(Command("Change the label", lambda: state.append(1), state.pop))
    assert undo.text() == "Undo: Change the label"
    assert (undo.isEnabled(), redo.isEnabled()) == (True, False)
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert state == []
    assert redo.text() == "Redo: Change the label"
    assert (undo.isEnabled(), redo.isEnabled()) == (False, True)
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL | SHIFT)
    assert state == [1]
    window.open_workspace(window.workspace.path)
    assert not undo.isEnabled(), "another workspace begins anew"


# Jobs: log, status bar, and processes whose input is at fault


def test_a_job_shows_while_it_runs_and_when_it_ends(
    window: MainWindow, qtbot: QtBot, wait_until: Callable[..., None]
) -> None:
    folder = window.workspace.runs / "night"
    folder.mkdir()
    jobs = next(
        one for one in window.navigation.findChildren(QToolButton) if one.text().startswith("Jobs")
    )
    with working(folder, CancelToken(), ["pellucid", "run"]):
        tell = events.EventLog(folder / "events.jsonl", "night")
        tell(events.Started(step="run", steps=("train",)))
        tell(events.Started(step="train"))
        tell(events.Progress(step="train", done=30, total=120, remaining=75.0))
        window.watch.look()
        assert window.status.jobs.text() == "night: train 25%, 75 seconds left"
        assert jobs.text() == "Jobs  · 1"
        assert jobs.accessibleName() == jobs.text()
        tell(events.Finished(seconds=9.0))
        tell.close()
    window.watch.look()
    assert window.status.jobs.text() == "No job is running"
    assert jobs.text() == "Jobs"
    assert "night has finished." in said(cards(window)[-1])
    text = window.log.text.toPlainText()
    assert "night: finished after 9 s" in text
    qtbot.mouseClick(window.status.jobs, Qt.MouseButton.LeftButton)
    assert window.current == "jobs"


def test_the_log_opens_by_keys_and_keeps_messages(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    assert not window.log.isVisible()
    window.notices.show("A table was read.")
    qtbot.keyClick(window, Qt.Key.Key_L, CTRL)
    assert window.log.isVisible()
    assert window.actions_["view.log"].isChecked()
    assert "A table was read." in window.log.text.toPlainText()
    qtbot.keyClick(window, Qt.Key.Key_L, CTRL)
    assert not window.log.isVisible()


def test_the_status_bar_tells_device_and_memory(
    window: MainWindow, wait_until: Callable[..., None]
) -> None:
    import psutil

    assert "GB" in window.status.memory.text()
    total = psutil.virtual_memory().total / 1e9
    assert f"{total:.1f} GB" in window.status.memory.text()
    window.status.ask_machine()
    wait_until(lambda: "thread" in window.status.device.text(), 60, "for pellucid doctor")
    assert settings().value("device") == window.status.device.text()


def test_a_command_whose_input_is_at_fault_is_told(
    window: MainWindow, wait_until: Callable[..., None]
) -> None:
    window.workspace.start(["run", "nowhere.yaml"])
    wait_until(lambda: cards(window), 60, "for the command's end")
    assert "nowhere.yaml" in said(cards(window)[-1])
    assert "there is no such recipe" in said(cards(window)[-1])
    assert window.notices.history[-1].tone == "error"
    assert list(window.workspace.memory.glob("told-*")) == []


def test_a_job_that_ends_between_two_looks_is_told_once(
    window: MainWindow, finished_run: Callable[..., Path]
) -> None:
    run = finished_run(window)
    ended: list[str] = []
    window.watch.ended.connect(ended.append)
    window.watch.look()
    assert ended == []
    log = events.EventLog(run / "events.jsonl", run.name)
    log(events.Started(step="run", steps=("audit",)))
    log(events.Finished(seconds=0.1))
    log.close()
    for _ in range(3):
        window.watch.look()
    assert [Path(path) for path in ended] == [run]


def test_nothing_moves_when_a_place_gets_the_focus(window: MainWindow) -> None:
    buttons = window.navigation.findChildren(QToolButton)
    window.setFocus()
    QApplication.processEvents()
    before = [one.geometry() for one in buttons]
    for one in buttons:
        one.setFocus()
        QApplication.processEvents()
        assert one.hasFocus()
        assert [other.geometry() for other in buttons] == before


@pytest.mark.parametrize(
    ("kind", "look"),
    [
        (QPushButton, ""),
        (QPushButton, "primary"),
        (QPushButton, "quiet"),
        (QPushButton, "danger"),
        (QPushButton, "chip"),
        (QToolButton, ""),
        (QToolButton, "chip"),
        (QLineEdit, ""),
        (QComboBox, ""),
    ],
)
def test_the_focus_is_seen_and_moves_nothing(
    window: MainWindow, kind: type[QWidget], look: str
) -> None:
    box = QWidget(window)
    line = QHBoxLayout(box)
    first, second = kind(), kind()
    for one in (first, second):
        one.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if look:
            set_look(one, look)
        if isinstance(one, QPushButton | QToolButton):
            one.setText("Words")
        line.addWidget(one)
    box.show()
    box.adjustSize()
    second.setFocus()
    QApplication.processEvents()
    place, plain = first.sizeHint(), first.grab().toImage()
    first.setFocus()
    QApplication.processEvents()
    assert first.hasFocus()
    assert first.sizeHint() == place
    assert first.grab().toImage() != plain
