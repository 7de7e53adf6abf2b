"""The window: navigation at the left, one page in front, and the frame around them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import QByteArray, Qt, QThreadPool, QTimer, QUrl
from PySide6.QtGui import (
    QActionGroup,
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
)
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QPushButton,
    QStackedWidget,
    QWidget,
)

from ..core import drafts
from .deeds import deeds
from .frame.actions import Actions, Deed
from .frame.command_palette import CommandPalette
from .frame.context import Context, Page
from .frame.icons import icon
from .frame.log_pane import LogPane
from .frame.navigation import Navigation
from .frame.notices import Notices
from .frame.status_bar import StatusBar
from .frame.texts import tr
from .frame.theme import MODES, Mode, Theme
from .frame.undo import Undo
from .frame.watch import Watch
from .frame.workspace import Workspace, recents, settings
from .places import places

MENUS = ("file", "edit", "view", "run", "help")


class MainWindow(QMainWindow):
    """The window over one workspace.

    Parameters
    ----------
    workspace
        Folder that holds `runs/`; made where it isn't there.
    theme
        Colours.
    """

    def __init__(self, workspace: Path, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("pellucid")
        self.setWindowIcon(icon("logo"))
        self.setAcceptDrops(True)
        self.setMinimumSize(960, 600)
        self.theme = theme
        self.workspace = Workspace(self, workspace)
        self.workspace.begin()
        self.actions_ = Actions(self)
        self.watch = Watch(self)
        self.undo = Undo(self)
        self.pool = QThreadPool(self)
        self.pool.setMaxThreadCount(2)
        self._pages: dict[str, QWidget] = {}
        self._places = {place.name: place for place in places()}

        self.navigation = Navigation()
        self.stack = QStackedWidget()
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.navigation)
        row.addWidget(self.stack, 1)
        self.setCentralWidget(middle)
        for place in self._places.values():
            self.navigation.add(place.name, place.title, place.icon, place.tip)
        self.navigation.chosen.connect(self.go)

        self.notices = Notices(middle, theme)
        self.log = LogPane(self, self.watch)
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.log)
        self.log.hide()
        jobs_button = QPushButton()
        jobs_button.clicked.connect(lambda *_: self.go("jobs"))
        self.status = StatusBar(self.watch, jobs_button)
        self.setStatusBar(self.status)
        self.notices.came.connect(lambda notice: self.log.add(notice.text))
        self.context = Context(
            workspace=self.workspace,
            actions=self.actions_,
            theme=theme,
            notices=self.notices,
            watch=self.watch,
            undo=self.undo,
            pool=self.pool,
            go=self.go,
            copy=self.copy_text,
        )
        self._menus = {name: QMenu(title, self) for name, title in _menu_titles().items()}
        for menu in self._menus.values():
            self.menuBar().addMenu(menu)
        self.actions_.added.connect(self._into_menu)
        self._recent = QMenu(tr("Recent workspaces"), self)
        self._register()
        self.palette_ = CommandPalette(self, self.actions_)

        self._connect()
        self._restore()
        self._entitle()
        self.watch.follow(self.workspace.runs)
        last = self.workspace.recall("page", "home")
        if drafts.left(self.workspace.memory / "drafts"):
            last = "recipe"  # which says what was recovered
        self.go(last if last in self._places else "home")

    def go(self, page: str, **what: Any) -> None:
        """Open a page, and let it show something."""
        first = page not in self._pages
        if first:
            place = self._places[page]
            module = import_module(f".pages.{page}", __package__)
            made = cast(QWidget, getattr(module, place.kind)(self.context))
            made.setObjectName(page)
            made.setAccessibleName(place.title)
            self._pages[page] = made
            self.stack.addWidget(made)
        self.stack.setCurrentWidget(self._pages[page])
        self.navigation.show_chosen(page)
        self.actions_.page_changed(page)
        self.workspace.remember("page", page)
        if first or what:
            self.page(page).show_what(**what)

    def page(self, name: str) -> Page:
        """Return a page that was opened before."""
        return cast(Page, self._pages[name])

    @property
    def current(self) -> str:
        """Name of the page in front."""
        shown = self.stack.currentWidget()
        return shown.objectName() if shown is not None else ""

    def copy_text(self, text: str, what: str) -> None:
        """Put text on the clipboard and say what it was."""
        QGuiApplication.clipboard().setText(text)
        self.notices.show(tr("Copied: {what}").format(what=what), "done")

    def open_workspace(self, path: Path) -> None:
        """Open another workspace in this window; jobs of the one before go on."""
        try:
            self.workspace.open(path)
        except OSError as error:
            self.notices.show(
                tr("{path} can’t be opened ({why}). Choose a folder you may write to.").format(
                    path=path, why=error.strerror
                ),
                "error",
            )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files and folders."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Give dropped files to the page in front, else to the page that can use them."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.take(paths)

    def take(self, paths: list[Path]) -> None:
        """Open files and folders by what they are: a table, a recipe, a run, a workspace."""
        from .pages.data.asked import TABLES, holds_files

        first = paths[0]
        if first.is_dir() and (first / "recipe.yaml").is_file():
            self.go("results", run=first)
        elif first.is_dir() and (first / "runs").is_dir():
            self.open_workspace(first)
        elif first.suffix.lower() in (".yaml", ".yml"):
            self.go("recipe", path=first)
        elif first.suffix.lower() in TABLES or holds_files(first):
            self.go("data", table=first)
        elif not (self.current and self.page(self.current).take_files(paths)):
            self.notices.show(
                tr(
                    "{name} can’t be opened here. Bring a table (CSV, TSV, JSON, JSONL or "
                    "Parquet), a folder of pictures or sounds, a recipe (YAML), a run’s folder or "
                    "a workspace."
                ).format(name=first.name),
                "warning",
            )

    def closeEvent(self, event: QCloseEvent) -> None:
        """Save what is at stake and end what belongs to the window; jobs go on."""
        for name in self._pages:
            self.page(name).leave()
        store = settings()
        store.setValue("geometry", self.saveGeometry())
        store.setValue("log", self.log.isVisible())
        self.watch.stop()
        self._reap.stop()
        self.status.stop()
        self.notices.clear()
        self.pool.waitForDone(5000)
        super().closeEvent(event)

    def _connect(self) -> None:
        self.watch.changed.connect(self._count_jobs)
        self.watch.listed.connect(self._count_jobs)
        self.watch.ended.connect(self._job_ended)
        self.workspace.opened.connect(self._workspace_opened)
        self._reap = QTimer(self)
        self._reap.setInterval(1000)
        self._reap.timeout.connect(self._reap_children)
        self._reap.start()

    def _restore(self) -> None:
        store = settings()
        geometry = store.value("geometry")
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            self.resize(1280, 800)
        if store.value("log", False, type=bool):
            self.log.show()

    def _register(self) -> None:
        for number, place in enumerate(self._places.values(), start=1):
            self.actions_.add(
                Deed(
                    f"go.{place.name}",
                    tr("Go to {page}").format(page=place.title),
                    partial(self.go, place.name),
                    menu="view",
                    shortcut=f"Ctrl+{number}",
                    icon=place.icon,
                    tip=place.tip,
                )
            )
        for deed in deeds(self):
            self.actions_.add(deed)
        self._menus["file"].insertMenu(self.actions_["file.quit"], self._recent)
        self._recent.aboutToShow.connect(self._fill_recent)
        group = QActionGroup(self)
        for mode in MODES:
            group.addAction(self.actions_[f"theme.{mode}"])
        self.actions_[f"theme.{self.theme.mode}"].setChecked(True)
        log = self.actions_["view.log"]
        self.log.visibilityChanged.connect(log.setChecked)
        self.actions_.enable("edit.undo", False)
        self.actions_.enable("edit.redo", False)
        self.undo.changed.connect(self._name_undo)

    def use_theme(self, mode: Mode) -> None:
        """Change the theme and remember it."""
        self.theme.use(mode)
        self.actions_[f"theme.{mode}"].setChecked(True)
        settings().setValue("theme", mode)

    def show_outside(self, path: Path) -> None:
        """Open a file or folder with the program that the system has for it."""
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self.notices.show(
                tr("This system has no program to open {path} with.").format(path=path), "warning"
            )

    def _into_menu(self, name: str) -> None:
        deed = next(deed for deed in self.actions_.deeds() if deed.id == name)
        if deed.menu:
            self._menus[deed.menu].addAction(self.actions_[name])

    def _name_undo(self) -> None:
        stack = self.undo.stack
        for name, verb, text, can in (
            ("edit.undo", tr("Undo"), stack.undo_text, stack.can_undo),
            ("edit.redo", tr("Redo"), stack.redo_text, stack.can_redo),
        ):
            self.actions_[name].setText(f"{verb}: {text}" if text else verb)
            self.actions_.enable(name, can)

    def _fill_recent(self) -> None:
        self._recent.clear()
        for path in recents():
            act: Callable[..., object] = partial(self.open_workspace, path)
            self._recent.addAction(str(path)).triggered.connect(lambda *_, act=act: act())

    def ask_file(self) -> None:
        """Ask for a table, a recipe or a run and open it."""
        name, _ = QFileDialog.getOpenFileName(
            self,
            tr("Open a table, recipe or run"),
            str(self.workspace.path),
            tr(
                "Tables and recipes (*.csv *.tsv *.json *.jsonl *.parquet *.yaml *.yml);;"
                "All files (*)"
            ),
        )
        if name:
            self.take([Path(name)])

    def ask_workspace(self) -> None:
        """Ask for a folder and open it as the workspace."""
        name = QFileDialog.getExistingDirectory(
            self, tr("Open a workspace"), str(self.workspace.path)
        )
        if name:
            self.open_workspace(Path(name))

    def _workspace_opened(self) -> None:
        self.undo.stack.clear()
        for name in self._pages:
            self.page(name).workspace_opened()
        self.watch.follow(self.workspace.runs)
        self._entitle()
        self.go("home")

    def _entitle(self) -> None:
        self.setWindowTitle(f"{self.workspace.path.name} – Pellucid")

    def _count_jobs(self, *_: object) -> None:
        self.navigation.show_count("jobs", len(self.watch.running()))

    def _job_ended(self, path: str) -> None:
        job = self.watch.jobs.get(Path(path))
        if job is None:
            return
        look = (tr("Look at it"), partial(self.go, "results", run=job.path))
        jobs = (tr("Open jobs"), partial(self.go, "jobs", run=job.path))
        match job.status:
            case "finished":
                self.notices.show(
                    tr("{name} has finished.").format(name=job.name), "done", offers=(look,)
                )
            case "failed":
                self.notices.show(
                    tr("{name} failed. {why}").format(name=job.name, why=job.error),
                    "error",
                    offers=(jobs,),
                )
            case "interrupted":
                self.notices.show(
                    tr(
                        "{name} ended without a word: its process was killed or crashed. It can "
                        "go on from its last checkpoint."
                    ).format(name=job.name),
                    "error",
                    offers=(jobs,),
                )
            case "stopped" | "cancelled":
                self.notices.show(
                    tr("{name} was ended and can be resumed.").format(name=job.name),
                    offers=(jobs,),
                )

    def _reap_children(self) -> None:
        for told in self.workspace.reap():
            self.notices.show(told, "error")


def _menu_titles() -> dict[str, str]:
    return dict(
        zip(
            MENUS,
            (tr("&File"), tr("&Edit"), tr("&View"), tr("&Run"), tr("&Help")),
            strict=True,
        )
    )


def application() -> QApplication:
    """Return the application, made where there is none."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        return app
    QApplication.setApplicationName("Pellucid")
    QApplication.setOrganizationName("Pellucid")
    QApplication.setDesktopFileName("pellucid")
    return QApplication(["pellucid"])
