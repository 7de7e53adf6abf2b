"""One row closely, where the answer is no class: a number, labels, tags, a passage, a text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ....core.measured import Measured
from ....core.report.numbers import true_minus
from ....multimodal.escape import visible
from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import Card, Flow, label, scrolled
from ...widgets.conversation import Conversation, Said, messages_of
from ...widgets.marked_text import BOTH, GIVEN, QUIET, TRUE, MarkedText, Piece
from ...widgets.numbers import number
from ...widgets.parts import Parts
from .answers import (
    RIGHT,
    UNKNOWN,
    Answers,
    Passage,
    as_answers,
    as_labels,
    as_tags,
    as_words,
    conversation,
)
from .bars import Bar, IntervalBars
from .desk import Desk
from .facts import SCORE
from .samples import parts_of


class AnswerDetail(QWidget):
    """What is known of one row."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._modalities: Mapping[str, str] = {}
        theme = desk.context.theme
        self.title = label("", "heading", wrap=True)
        self.verdict = label("", "note", wrap=True)
        self.numbers = label("", "muted", wrap=True)
        self.question = label("", "heading", wrap=True)
        self.parts = Parts(theme, desk.context.pool)
        self.conversation = Conversation(tr("The conversation"))
        self.true_title = label(tr("As it is labelled"), "muted", wrap=True)
        self.true = MarkedText(theme, tr("As it is labelled"))
        self.given_title = label(tr("As the model answers"), "muted", wrap=True)
        self.given = MarkedText(theme, tr("As the model answers"))
        self.scores_title = label(tr("Scores"), "muted", wrap=True)
        self.scores = IntervalBars(theme, tr("Score of each label"))
        self.text = MarkedText(theme, tr("The row’s text"), tallest=420)
        self.groups_title = label(tr("Groups"), "muted")
        chips = QWidget()
        self.chips = Flow(chips)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(2, 0, SPACE, 0)
        column.setSpacing(SPACE)
        self._parts: tuple[QWidget, ...] = (
            self.verdict,
            self.numbers,
            self.parts,
            self.question,
            self.conversation,
            self.true_title,
            self.true,
            self.given_title,
            self.given,
            self.text,
            self.scores_title,
            self.scores,
            self.groups_title,
        )
        column.addWidget(self.title)
        for part in self._parts:
            column.addWidget(part)
        column.addWidget(chips)
        column.addStretch(1)
        card = Card()
        card.body.addWidget(scrolled(inside))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(SPACE, 0, 0, 0)
        whole.addWidget(card)
        self.setMinimumWidth(330)

    def show_row(
        self, answers: Answers | None, row: int | None, modalities: Mapping[str, str]
    ) -> None:
        """Show a row by its number in the predictions; None: none."""
        self._modalities = modalities
        self.chips.clear()
        for part in self._parts:
            part.hide()
        if answers is None or row is None:
            self.parts.show_parts([])
            self.title.setText(tr("Choose a row to look at it closely."))
            return
        self.title.setText(tr("Row {id}").format(id=visible(str(answers.cell("id", row)), 60)))
        show = {
            "regression": self._number,
            "multilabel": self._labels,
            "token_classification": self._tags,
            "extractive_qa": self._passage,
            "chat": self._chat,
            "preference": self._preference,
            "contrastive": self._pair,
        }.get(answers.task, self._document)
        show(answers, row)
        for name in answers.groups:
            value = answers.cell(f"group:{name}", row)
            said = visible(tr("(missing)") if value is None else str(value), 60)
            self.chips.addWidget(label(f"{visible(name, 40)}: {said}", "chip"))
        self.groups_title.setVisible(bool(answers.groups))

    def _number(self, answers: Answers, row: int) -> None:
        true, given = answers.cell("label", row), answers.cell("prediction", row)
        said = tr("Answered {answer}").format(answer=_plain(given))
        if true is not None and given is not None:
            gap = float(given) - float(true)
            way = tr("too high") if gap > 0 else tr("too low")
            told = tr("Answered {answer}, labelled {label}: {gap} {way}.")
            if gap == 0:
                told = tr("Answered {answer}, as it is labelled.")
            said = told.format(
                answer=_plain(given), label=_plain(true), gap=_plain(abs(gap)), way=way
            )
        self._say(said)
        self._show_text(answers, row)

    def _labels(self, answers: Answers, row: int) -> None:
        true = as_labels(answers.cell("label", row))
        given = as_labels(answers.cell("prediction", row))
        parts = []
        for words, names in (
            (tr("✓ found: {names}"), [one for one in given if one in true]),
            (tr("✗ missed: {names}"), [one for one in true if one not in given]),
            (tr("✗ too many: {names}"), [one for one in given if one not in true]),
        ):
            if names:
                parts.append(words.format(names=visible(", ".join(names), 300)))
        self._say("\n".join(parts) or tr("✓ No label, and none was answered."))
        self._show_text(answers, row)
        found = [(name, answers.cell(f"{SCORE}{name}", row)) for name in answers.labels]
        bars = [
            Bar(f"● {name}" if name in true else name, Measured(float(score)))
            for name, score in found
            if score is not None
        ]
        self.scores_title.setText(tr("Scores; ● marks the labels that the row has"))
        self.scores.show_bars(sorted(bars, key=lambda one: -one.figure.value))
        for part in (self.scores_title, self.scores):
            part.setVisible(bool(bars))

    def _tags(self, answers: Answers, row: int) -> None:
        true, given = (as_tags(answers.cell(name, row)) for name in ("label", "prediction"))
        words = as_words(answers.first_text(row))
        wrong = sum(one != other for one, other in zip(true, given, strict=False))
        differs = tr("✗ {n} tag differs.") if wrong == 1 else tr("✗ {n} tags differ.")
        self._judge(answers, row, tr("✓ Every tag is right."), differs.format(n=wrong))
        if not words:
            words = [tr("word {n}").format(n=at + 1) for at in range(max(len(true), len(given)))]
            self._waiting()
        kinds = sorted({_kind(tag) for tag in (*true, *given)} - {""})
        for title, shown, tags, others in (
            (self.true_title, self.true, true, given),
            (self.given_title, self.given, given, true),
        ):
            shown.show_pieces(tagged(words, tags, kinds, others if tags is given else tags))
            for part in (title, shown):
                part.setVisible(bool(tags))

    def _passage(self, answers: Answers, row: int) -> None:
        accepted = as_answers(answers.cell("label", row))
        given = str(answers.cell("prediction", row) or "")
        names = " / ".join(dict.fromkeys(one.text for one in accepted)) or tr("(no answer)")
        said = (
            tr("Answered “{answer}”").format(answer=visible(given, 400))
            if given
            else tr("Answered that the text holds no answer")
        )
        self._judge(
            answers,
            row,
            tr("✓ {said}, which is right.").format(said=said),
            tr("✗ {said}; accepted: {names}.").format(said=said, names=visible(names, 400)),
        )
        question = answers.text("question", row)
        self.question.setText(visible(question, 1000))
        self.question.setVisible(bool(question))
        context = answers.text("context", row) or ""
        if not context:
            self._waiting()
            return
        start = answers.cell("start", row)
        own = Passage(given, int(start) if isinstance(start, int | float) and given else None)
        self.given_title.setText(
            tr("The text; the model’s answer is filled, the accepted one is underlined")
        )
        self.given.show_pieces(passages(context, own, accepted))
        self.given_title.show()
        self.given.show()

    def _document(self, answers: Answers, row: int) -> None:
        self._losses(answers, row)
        self._show_text(answers, row)

    def _chat(self, answers: Answers, row: int) -> None:
        self._losses(answers, row)
        found = parts_of(answers.raw, answers.pictured, self._modalities, row)
        shown = [part for part in found if part.text]
        self.parts.show_parts(shown)
        self.parts.setVisible(bool(shown))
        said = conversation(answers, row)
        reference = answers.cell("label", row)
        if reference is None and said and said[-1].role == "assistant":
            said, reference = said[:-1], said[-1].text
        elif (
            said
            and said[-1].role == "assistant"
            and said[-1].text.strip() == str(reference).strip()
        ):
            said = said[:-1]
        given = answers.cell("prediction", row)
        if isinstance(given, str):
            said = [*said, Said("assistant", given, tr("generated"))]
        if reference is not None:
            said = [*said, Said("assistant", _spoken(reference), tr("reference"))]
        if not answers.inputs:
            self._waiting()
        elif not isinstance(given, str):
            self.numbers.setText(
                f"{self.numbers.text()}\n"
                + tr("No answer was generated for this row (evaluate.generations).")
            )
            self.numbers.show()
        self.conversation.show_messages(said)
        self.conversation.setVisible(bool(said))

    def _preference(self, answers: Answers, row: int) -> None:
        margin = -float(answers.worst[row])
        known = not math.isnan(margin)
        self._judge(
            answers,
            row,
            tr("✓ The chosen answer is preferred, by a margin of {m:.3f}.").format(m=margin),
            tr("✗ The rejected answer is preferred, by a margin of {m:.3f}.").format(m=-margin),
        )
        if not known:
            self.verdict.hide()
        said = conversation(answers, row)
        for name, remark in (("chosen", tr("chosen")), ("rejected", tr("rejected"))):
            cell = answers.text(name, row) or answers.cell(name, row)
            if cell:
                said = [*said, Said("assistant", _spoken(cell), remark)]
        if not answers.inputs:
            self._waiting()
        self.conversation.show_messages(said)
        self.conversation.setVisible(bool(said))

    def _pair(self, answers: Answers, row: int) -> None:
        ranks = [answers.cell(name, row) for name in ("text_rank", "image_rank")]
        self._judge(
            answers,
            row,
            tr("✓ Picture and text find each other first."),
            tr(
                "✗ The picture finds its text in place {text}, the text its picture in {image}."
            ).format(text=ranks[0], image=ranks[1]),
        )
        told = []
        nearest = answers.cell("nearest_text", row)
        if nearest is not None and ranks[0] != 1:
            told.append(
                tr("The picture’s nearest text: “{text}”").format(text=visible(str(nearest), 400))
            )
        nearest = answers.cell("nearest_image", row)
        if nearest is not None and ranks[1] != 1:
            told.append(
                tr("The text’s nearest picture: that of row {id}").format(
                    id=visible(str(nearest), 60)
                )
            )
        label, given = (answers.cell(name, row) for name in ("label", "prediction"))
        if label is not None:
            told.append(
                tr("By prompts the picture is “{answer}”; it is labelled “{label}”.").format(
                    answer=visible(str(given), 100), label=visible(str(label), 100)
                )
            )
        self.numbers.setText("\n".join(told))
        self.numbers.setVisible(bool(told))
        self._show_text(answers, row)

    # Parts

    def _say(self, said: str) -> None:
        self.verdict.setText(said)
        self.verdict.show()

    def _judge(self, answers: Answers, row: int, right: str, wrong: str) -> None:
        verdict = int(answers.right[row])
        if verdict != UNKNOWN:
            self._say(right if verdict == RIGHT else wrong)

    def _losses(self, answers: Answers, row: int) -> None:
        loss, tokens = float(answers.worst[row]), answers.cell("tokens", row)
        if math.isnan(loss):
            if tokens == 0:
                self.numbers.setText(
                    tr(
                        "No token of this row is measured: what counts stands behind "
                        "model.max_length."
                    )
                    if answers.task == "chat"
                    else tr("No token of this row is measured.")
                )
                self.numbers.show()
            return
        said = tr("Perplexity {perplexity} (loss {loss} nats per token)").format(
            perplexity=number(math.exp(min(loss, 50.0))), loss=number(loss)
        )
        if tokens is not None:
            over = tr(", over {n} token") if int(tokens) == 1 else tr(", over {n} tokens")
            said += over.format(n=f"{int(tokens):,}")
        self.numbers.setText(f"{said}.")
        self.numbers.show()

    def _show_text(self, answers: Answers, row: int) -> None:
        if answers.pictured:
            self.parts.show_parts(parts_of(answers.raw, answers.inputs, self._modalities, row))
            self.parts.show()
            return
        parts = [(name, answers.text(name, row)) for name in answers.inputs]
        text = (
            parts[0][1]
            if len(parts) == 1
            else "\n\n".join(f"{name}:\n{part}" for name, part in parts)
        )
        if not text:
            self._waiting()
            return
        self.text.show_pieces([Piece(text)])
        self.text.show()

    def _waiting(self) -> None:
        said = tr("What the model read stands in the run’s table, which was not read yet.")
        self.text.show_pieces([Piece(said, QUIET)])
        self.text.show()


def tagged(
    words: Sequence[str], tags: Sequence[str], kinds: Sequence[str], others: Sequence[str]
) -> list[Piece]:
    """Return words as passages of one colour per kind of tag; ✗ marks tags unlike `others`."""
    out: list[Piece] = []
    for at, word in enumerate(words):
        tag = tags[at] if at < len(tags) else "O"
        wrong = at < len(others) and others[at] != tag
        kind = _kind(tag)
        if kind or wrong:
            look = str(kinds.index(kind)) if kind in kinds else GIVEN
            out.append(Piece(word, look, f"{tag} ✗" if wrong else tag))
        else:
            out.append(Piece(word))
        out.append(Piece(" "))
    return out


def passages(context: str, given: Passage, accepted: Sequence[Passage]) -> list[Piece]:
    """Cut a context where an answer begins or ends, and mark the answers."""

    def place(one: Passage) -> tuple[int, int] | None:
        start = one.start
        if start is None or context[start : start + len(one.text)] != one.text:
            start = context.find(one.text) if one.text else -1
        return (start, start + len(one.text)) if start is not None and start >= 0 else None

    own = place(given) if given.text else None
    true = [found for one in accepted if (found := place(one)) is not None]
    ends = sorted({0, len(context), *(own or ()), *(end for pair in true for end in pair)})
    out = []
    for first, last in pairwise(ends):
        within = own is not None and own[0] <= first < own[1]
        named = any(pair[0] <= first < pair[1] for pair in true)
        look = BOTH if within and named else GIVEN if within else TRUE if named else ""
        ended = own is not None and last == own[1] and within
        tag = tr("answer") if ended else ""
        if named and any(last == pair[1] for pair in true):
            tag = f"{tag} = {tr('accepted')}" if tag else tr("accepted")
        out.append(Piece(context[first:last], look, tag))
    return out


def _kind(tag: str) -> str:
    """Return the kind of entity that a tag names: ``PER`` of ``B-PER``; empty outside."""
    if tag in ("O", ""):
        return ""
    head, dash, rest = tag.partition("-")
    return rest if dash and len(head) == 1 else tag


def _spoken(cell: object) -> str:
    said = messages_of(cell)
    return "\n\n".join(one.text for one in said) if said else str(cell)


def _plain(value: object) -> str:
    try:
        return true_minus(f"{float(str(value)):,.4g}")
    except ValueError:
        return visible(str(value), 60)
