"""Whom the model treats worse: findings, groups beside each other, tests, and what can be done."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import (
    QButtonGroup,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from .... import copyable
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import EmptyState, Flow, scrolled
from .desk import Desk
from .group_choice import GroupChoice
from .group_figures import GroupCurves, GroupFigures
from .group_parts import Found, Intersections, Strata
from .group_tests import GroupRemedies, GroupTests
from .reading import Reading

UNMEASURED, NO_COLUMNS, NOT_COMPARED, MEASURED = range(4)


class GroupsPane(QWidget):
    """The pane; its parts are filled when they are first looked at."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._reading: Reading | None = None
        self._stale: set[str] = set()
        self.choice = GroupChoice()
        self.found = Found(desk, self.audit)
        self.figures = GroupFigures(desk, self.choice)
        self.curves = GroupCurves(desk, self.choice)
        self.crossed = Intersections(desk)
        self.strata = Strata(desk)
        self.tests = GroupTests(desk)
        self.remedies = GroupRemedies(desk)
        self.choice.changed.connect(self._chosen)
        chips = QWidget()
        chips.setAccessibleName(tr("Parts of the audit"))
        self.row = Flow(chips)
        self.views: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        self._parts: dict[str, tuple[QWidget, QScrollArea]] = {}
        self.inside = QStackedWidget()
        for name, said, part in (
            ("found", tr("Findings"), self.found),
            ("figures", tr("Group by group"), self.figures),
            ("curves", tr("Curves"), self.curves),
            ("crossed", tr("Intersections"), self.crossed),
            ("strata", tr("Like with like"), self.strata),
            ("tests", tr("Tests"), self.tests),
            ("remedies", tr("Remedies"), self.remedies),
        ):
            chip = QPushButton(said)
            set_look(chip, "chip")
            chip.setCheckable(True)
            chip.clicked.connect(partial(self.show_view, name))
            self._group.addButton(chip)
            self.row.addWidget(chip)
            self.views[name] = chip
            area = scrolled(part)
            self._parts[name] = (part, area)
            self.inside.addWidget(area)
        self.chips = chips
        self._chosen_view = "found"
        self.stack = QStackedWidget()
        self._empty_states()
        for state in (self.unmeasured, self.no_columns, self.not_compared):
            self.stack.addWidget(state)
        self.stack.addWidget(self._measured())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 2 * SPACE, 0, 0)
        whole.setSpacing(SPACE)
        whole.addWidget(chips)
        whole.addWidget(self.stack, 1)

    def _empty_states(self) -> None:
        self.unmeasured = EmptyState(
            "groups",
            tr("Groups were not compared yet"),
            tr(
                "An audit sets the groups of the test rows side by side: how often the model is "
                "right in each, whom it selects, and how sure that is."
            ),
            [(tr("Compare the groups"), lambda: self.audit(()))],
        )
        self.no_columns = EmptyState(
            "groups",
            tr("No sensitive columns were named"),
            tr(
                "The recipe of this run names none under data.groups, so nothing is known of whom "
                "the model treats worse. Name columns such as gender or age band, and train again. "
                "Groups can also be made from the texts (audit.terms) or from what is known of the "
                "files (audit.derived)."
            ),
            [(tr("Open its recipe"), self._recipe)],
        )
        self.not_compared = EmptyState(
            "groups",
            tr("Groups are not compared for what this model answers"),
            tr(
                "Groups are compared where the answers are classes, sets of labels or numbers. If "
                "the recipe names sensitive columns, each row shows its groups; the tests that a "
                "recipe asks for under audit, such as audit.swaps, are shown here for any model."
            ),
            [(tr("Look at the rows"), lambda: self.desk.pane_asked.emit("rows"))],
        )

    def _measured(self) -> QWidget:
        held = QWidget()
        column = QVBoxLayout(held)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.choice)
        column.addWidget(self.inside, 1)
        return held

    # What is shown

    def show_reading(self, reading: Reading, split: str) -> None:
        """Show a run's audit, which is of the test rows whatever the split."""
        if reading is self._reading:
            return
        self._reading = reading
        self._stale = set(self.views)
        self.chips.setVisible(reading.audit is not None or bool(reading.whom))
        if reading.audit is not None:
            self.choice.show_audit(reading.audit)
        self.show_view(self._chosen_view)

    def show_view(self, name: str, *_: object) -> None:
        """Bring a part of the audit to the front."""
        self._chosen_view = name
        self.views[name].setChecked(True)
        part, area = self._parts[name]
        self.choice.setVisible(name in ("figures", "curves"))
        self.choice.offer(figures=name == "figures")
        self.inside.setCurrentWidget(area)
        reading = self._reading
        if reading is None:
            return
        self.stack.setCurrentIndex(self._state(reading, name))
        if self.stack.currentIndex() == MEASURED and name in self._stale:
            self._stale.discard(name)
            part.show_reading(reading)  # type: ignore[attr-defined]

    def _state(self, reading: Reading, name: str) -> int:
        beside = name in ("tests", "remedies") and not self.chips.isHidden()
        if beside or reading.audit is not None:
            return MEASURED
        from ....fairness.spec import AUDITED

        if reading.task not in AUDITED:
            return NOT_COMPARED
        return UNMEASURED if reading.sensitive else NO_COLUMNS

    def _chosen(self) -> None:
        """Show another column, class or figure where such a part is in front, later elsewhere."""
        self._stale |= {"figures", "curves"}
        if self._reading is not None and self._chosen_view in ("figures", "curves"):
            self.show_view(self._chosen_view)

    # What can be done

    def audit(self, columns: tuple[str, ...]) -> None:
        """Compare groups as a job; the recipe's columns if none are named."""
        if self.desk.reading is not None:
            self.desk.start(
                copyable.Audit(self.desk.run, columns), tr("The groups are being compared.")
            )

    def _recipe(self) -> None:
        self.desk.context.go("recipe", path=self.desk.run / "recipe.yaml")
