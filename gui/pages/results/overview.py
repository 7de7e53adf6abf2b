"""The overview: what was measured beside the baselines, what stands out, and who is confused."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import Card, label, scrolled
from ...widgets.matrix import MatrixPlot
from ...widgets.numbers import decimals, number
from .bars import Ruler
from .desk import Desk
from .exhibit import Exhibit, show_block
from .reading import Reading
from .rows_filter import Asked
from .tree_table import TreeTable

if TYPE_CHECKING:
    from ....core.evaluation import SplitEvaluation
    from ....core.measured import Measured
    from ....core.report.tree import Text
    from ....export import Named
    from .number_figures import NumberFigures

CARDS: dict[str, tuple[str, ...]] = {
    "classification": (
        "accuracy",
        "balanced_accuracy",
        "f1_macro",
        "roc_auc_macro",
        "average_precision_macro",
        "log_loss",
    ),
    "multilabel": (
        "f1_micro",
        "f1_macro",
        "f1_samples",
        "subset_accuracy",
        "average_precision_macro",
        "hamming_loss",
    ),
    "regression": (
        "mean_absolute_error",
        "root_mean_squared_error",
        "r2",
        "pearson_r",
        "spearman_r",
    ),
    "token_classification": ("f1_entity", "precision_entity", "recall_entity", "token_accuracy"),
    "extractive_qa": ("f1", "exact_match"),
    "masked_lm": ("perplexity", "loss"),
    "causal_lm": ("perplexity", "loss", "rouge1", "rougeL", "bleu", "exact_match"),
    "chat": ("perplexity", "loss", "rouge1", "rougeL", "bleu", "exact_match"),
    "preference": ("accuracy", "margin", "preference_loss"),
    "contrastive": (
        "text_to_image_recall_at_1",
        "text_to_image_recall_at_10",
        "image_to_text_recall_at_1",
        "image_to_text_recall_at_10",
        "zero_shot_accuracy",
    ),
}
"""Figures of each task that have a card of their own, in their order."""
MOST_CARDS = 6
LEAST_CARD, MOST_TEXT = 220, 760
MARKS = {"finding": "●", "warning": "▲", "note": "◆"}


def titles() -> dict[str, str]:
    """Return what metrics are called."""
    return {
        "accuracy": tr("Accuracy"),
        "balanced_accuracy": tr("Balanced accuracy"),
        "f1_macro": tr("F1, macro"),
        "roc_auc_macro": tr("ROC AUC, macro"),
        "average_precision_macro": tr("Average precision, macro"),
        "log_loss": tr("Log loss (lower is better)"),
    }


def baselines() -> dict[str, str]:
    """Return what baselines are called."""
    return {
        "majority_class": tr("Majority class"),
        "tfidf_logistic_regression": tr("TF-IDF"),
        "pixels_logistic_regression": tr("Small pictures"),
        "spectrum_logistic_regression": tr("Mean spectrum"),
        "untrained": tr("Before training"),
        "chance": tr("Chance"),
    }


def title_of(metric: str) -> str:
    """Return what a metric is called on its card."""
    from ....core.metric_names import title

    return titles().get(metric) or tr(title(metric).partition(" (")[0])


def baseline_name(name: str) -> str:
    """Return what a baseline is called on a card."""
    from ....core.baselines import NAMES

    said = NAMES.get(name, name.replace("_", " "))
    return baselines().get(name) or said[:1].upper() + said[1:]


def cards_of(task: str, metrics: Sequence[str]) -> list[str]:
    """Return the metrics that get a card."""
    wanted = CARDS.get(task, ())
    return ([name for name in wanted if name in metrics] or list(metrics))[:MOST_CARDS]


class MetricCard(QFrame):
    """One figure with its interval as a bar, and the baselines beside it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        set_look(self, "card")
        self.name = label("", "muted")
        self.value = label("", "number")
        self.interval = label("", "muted")
        self.ruler = Ruler(desk.context.theme)
        self.beside = label("", "muted", wrap=True)
        first = QHBoxLayout()
        first.setSpacing(SPACE)
        first.addWidget(self.value)
        first.addWidget(self.interval, 1, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, SPACE + 4, 2 * SPACE, SPACE + 4)
        column.setSpacing(2)
        column.addWidget(self.name)
        column.addLayout(first)
        column.addWidget(self.ruler)
        column.addWidget(self.beside)
        column.addStretch(1)
        self.setMinimumWidth(LEAST_CARD)

    def show_metric(self, name: str, figure: Measured, split: SplitEvaluation) -> None:
        """Show a metric of a split."""
        from ....core.metrics import higher_is_better

        title = title_of(name)
        others = [
            (baseline_name(who), figures[name].value)
            for who, figures in split.baselines.items()
            if name in figures
        ]
        self.name.setText(title)
        self.value.setText(number(figure.value) if figure.defined else "–")
        ends = ""
        if figure.low is not None and figure.high is not None:
            digits = decimals([figure.value])
            low, high = (number(end, digits) for end in (figure.low, figure.high))
            ends = tr("{low} to {high}").format(low=low, high=high)
        self.interval.setText(ends)
        level = f"{100 * split.confidence:g}%"
        self.interval.setToolTip(tr("{level} interval").format(level=level))
        values = [figure.value, figure.high or 0, *(value for _, value in others)]
        largest = max(filter(math.isfinite, values), default=1.0)
        share = largest <= 1 and name != "log_loss" and not name.endswith("error")
        self.ruler.show_figure(title, figure, others, most=1.0 if share else 1.1 * largest)
        signs = ("△", "□", "○")
        lines = [f"{signs[at % 3]} {who} {number(value)}" for at, (who, value) in enumerate(others)]
        if not higher_is_better(name) and name not in titles():
            lines.append(tr("Lower is better"))
        self.beside.setText("\n".join(lines))
        self.setAccessibleName(f"{title}: {figure.show()}")
        self.setAccessibleDescription("; ".join(f"{who} {number(value)}" for who, value in others))


class Findings(QWidget):
    """Sentences, each with a sign of its tone."""

    def __init__(self) -> None:
        super().__init__()
        inside = QWidget()
        inside.setMaximumWidth(MOST_TEXT)
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE)
        # A row, because a column would give wrapped lines the height of the whole width.
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(inside, 100)
        row.addStretch(1)
        self.texts: tuple[Text, ...] = ()

    def show_texts(self, texts: Sequence[Text]) -> None:
        """Show sentences instead of those before."""
        self.texts = tuple(texts)
        while self._column.count():
            item = self._column.takeAt(0)
            widget = None if item is None else item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for text in texts:
            tone = text.tone if text.tone in MARKS else "note"
            line = label(f"{MARKS[tone]}  {text.text}", tone, wrap=True)
            policy = line.sizePolicy()
            policy.setVerticalPolicy(QSizePolicy.Policy.Fixed)
            line.setSizePolicy(policy)
            line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._column.addWidget(line)
        self.setVisible(bool(texts))


class Cards(QWidget):
    """Cards in as many columns as fit."""

    def __init__(self) -> None:
        super().__init__()
        self.cards: list[MetricCard] = []
        self._shown = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(SPACE + 4)
        self._columns = 0

    def fill(self, count: int, make: Callable[[], MetricCard]) -> list[MetricCard]:
        """Have so many cards; return them."""
        while len(self.cards) < count:
            self.cards.append(make())
        if count != self._shown:
            self._shown, self._columns = count, 0
        self._arrange()  # a card that is shown before it stands somewhere would be a window
        for at, card in enumerate(self.cards):
            card.setVisible(at < count)
        return self.cards[:count]

    def resizeEvent(self, event: object) -> None:
        """Use the room."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._arrange()

    def _arrange(self) -> None:
        fit = max(1, (self.width() + SPACE) // (LEAST_CARD + SPACE + 4))
        shown = max(self._shown, 1)
        columns = min(fit, shown)
        if shown > columns:  # rows of the same length look calmer
            columns = -(-shown // -(-shown // columns))
        if columns == self._columns:
            return
        self._columns = columns
        for at, card in enumerate(self.cards):
            self._grid.addWidget(card, at // columns, at % columns)
        for at in range(max(columns, self._grid.columnCount())):
            self._grid.setColumnStretch(at, 1 if at < columns else 0)


class Overview(QWidget):
    """The pane."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        theme = desk.context.theme
        self.cards = Cards()
        self.findings = Findings()
        said = Card(tr("What stands out"))
        said.body.addWidget(self.findings)
        said.body.addStretch(1)
        self.matrix = MatrixPlot(theme)
        self.matrix.cell_chosen.connect(self._cell)
        self.confusion = Exhibit(desk, tr("Confusion matrix"), self.matrix)
        self.hint = label(tr("Choose a cell to see its rows."), "muted")
        self.confusion.body.insertWidget(0, self.hint)
        middle = QHBoxLayout()
        middle.setSpacing(2 * SPACE)
        middle.addWidget(said, 3)
        middle.addWidget(self.confusion, 2)
        self.numbers: NumberFigures | None = None
        self.below = QVBoxLayout()
        self.tables = [Exhibit(desk, "", TreeTable(theme, tr("Table"))) for _ in range(4)]
        self.left_out = Exhibit(desk, "", TreeTable(theme, tr("Rows left out")))
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 2 * SPACE, SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        column.addWidget(self.cards)
        column.addLayout(middle)
        column.addLayout(self.below)
        for table in (*self.tables, self.left_out):
            column.addWidget(table)
        column.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolled(inside))

    def show_reading(self, reading: Reading, split_name: str) -> None:
        """Show a run's figures of a split."""
        split = reading.split(split_name)
        if split is None:
            return
        shown = cards_of(reading.task, list(split.metrics))
        cards = self.cards.fill(len(shown), lambda: MetricCard(self.desk))
        for card, name in zip(cards, shown, strict=True):
            card.show_metric(name, split.metrics[name], split)
        self.findings.show_texts(self._said(reading, split_name))
        start = f"evaluation-{split_name}."
        matrix = reading.blocks.get(f"{start}confusion-matrix")
        self.confusion.setVisible(matrix is not None)
        if matrix is not None:
            self.matrix.show_figure(matrix.block)  # type: ignore[arg-type]
            self.confusion.show_named(matrix)
        self._show_numbers(reading, split_name)
        tables = reading.named(start, "table")
        order = ("each-", "most-frequent", "difference", "over-all")

        def place(one: Named) -> int:
            found = [at for at, word in enumerate(order) if one.name.startswith(f"{start}{word}")]
            return found[0] if found else len(order)

        tables = sorted(tables, key=place)
        left_out = next(iter(reading.named("data.", "table")), None)
        shown_in = zip(self.tables, [*tables, None, None, None, None], strict=False)
        for exhibit, table in (*shown_in, (self.left_out, left_out)):
            exhibit.setVisible(table is not None)
            if table is not None:
                show_block(exhibit, table)

    def _show_numbers(self, reading: Reading, split_name: str) -> None:
        """Show predicted against true numbers, where numbers are answered."""
        numbers = reading.task == "regression" and reading.answers is not None
        if numbers and self.numbers is None:
            from .number_figures import NumberFigures

            self.numbers = NumberFigures(self.desk)
            self.below.addWidget(self.numbers)
        if self.numbers is not None:
            self.numbers.setVisible(numbers)
            if numbers:
                self.numbers.show_reading(reading, split_name)

    def _said(self, reading: Reading, split_name: str) -> Sequence[Text]:
        from ....core import evaluation_section
        from ....core.evaluation import Evaluation

        split = reading.split(split_name)
        if split is None or split_name == reading.splits[0]:
            return reading.findings.get("evaluation", ())
        return evaluation_section.findings(Evaluation({split_name: split}))

    def _cell(self, row: int, column: int) -> None:
        figure = self.matrix.figure
        if figure is not None:
            labels = figure.labels
            self.desk.rows_asked.emit(Asked(label=labels[row], prediction=labels[column]))
