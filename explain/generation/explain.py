"""Explaining what a model wrote: each token of an answer, for a run's rows or one's own prompts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from pydantic import ValidationError

from ...core.dataset import Dataset, pick
from ...core.events import Clock, Emit, Progress, silent
from ...core.runs import Run
from ...core.spec import Rows
from ...errors import DataError, nearest, paragraph
from ...multimodal.prompts import Prompt
from ...multimodal.text.chat.spoken import SPEAKERS
from ...multimodal.written import Vision, Written
from ..attribution import Drawn
from ..methods import WRITING
from ..spec import ExplainSpec
from .asking import (
    Opened,
    Row,
    open_model,
    open_run,
    pieces,
    prompts_of,
    rows_of_prompts,
    rows_of_run,
)
from .contrast import contrasted, shared
from .found import Found
from .gradients import input_x_gradient, integrated_gradients
from .leave_out import leave_out
from .writing import Writing

By = Literal["words", "messages"]

AT_ONCE = 16
"""Prompts that are held in memory at a time."""


@dataclass(frozen=True)
class Question:
    """What is asked about answers.

    Attributes
    ----------
    method
        One of `explain.methods.WRITING`.
    spec
        How segments are cut, what stands for those left out, and how exactly is computed.
    answer
        The answer that is explained; the model's own if None. One for all rows, or one for each.
    instead
        An answer that it is compared with, if any.
    by
        Whether texts are cut into words or into messages.
    earlier
        Whether the answer's own tokens are segments for those behind them.
    speakers
        Roles whose words are segments, in chats.
    """

    method: str
    spec: ExplainSpec
    answer: str | Sequence[str] | None = None
    instead: str | Sequence[str] | None = None
    by: By = "words"
    earlier: bool = True
    speakers: Sequence[str] = SPEAKERS


def explain_writing(
    run: Run | str | Path,
    rows: Rows | None = None,
    method: str = "occlusion",
    *,
    answer: str | Sequence[str] | None = None,
    instead: str | Sequence[str] | None = None,
    prompts: Sequence[Any] | None = None,
    by: By = "words",
    earlier: bool = True,
    speakers: Sequence[str] = SPEAKERS,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
    **settings: Any,
) -> list[Writing]:
    """Attribute each token of answers to what stands in front of it.

    Parameters
    ----------
    run
        A run of chat or causal_lm, or its folder; with `prompts` any model that writes, too: a
        folder, ``bundled/chat``, ``bundled/vlm`` or a hub id.
    rows
        Test rows of a run: a number, ``"a:b"``, ``"all"`` or a list of ids; the recipe's
        `explain.rows` if left out.
    method
        ``occlusion``, ``input_x_gradient`` or ``integrated_gradients``.
    answer
        The answer to explain; what the model writes if left out. A text for all rows, or one for
        each.
    instead
        An answer to compare it with: why this one and not that one?
    prompts
        What to ask in place of a run's rows: texts, lists of messages, or conversations.
    by
        ``words``, or ``messages`` to leave whole messages out.
    earlier
        Whether the answer's own tokens are segments for those behind them.
    speakers
        Roles whose words are segments, in chats; ``("system", "user")`` asks what the instructions
        did, too.
    emit, check
        Listener, and a function that raises where the job was cancelled.
    settings
        As the section `explain` of a recipe has them, such as ``segments``, ``baseline`` or
        ``tolerance``.

    Returns
    -------
    list of Writing
        One for each row, in the order of the rows.

    Raises
    ------
    RunError
        If the run has no model yet, or its data changed since.
    DataError
        If the run's answers are not written, or something that was asked for is not there.
    ModelError
        If the model can't be loaded, or the method can't serve it.
    """
    opened: Opened
    if prompts is not None:
        opened = open_run(run) if isinstance(run, Run) else open_run_or_model(str(run))
        asked = rows_of_prompts(prompts, chats=opened.chats)
        spec = _spec({}, settings)
    else:
        run = run if isinstance(run, Run) else Run.open(run)
        opened = open_run(run)
        given = run.section("explain", ExplainSpec).model_dump()
        spec = _spec(given, settings if rows is None else {**settings, "rows": rows})
        dataset = run.dataset()
        test = dataset.take(dataset.rows("test"))
        asked = rows_of_run(run, test.take(pick(test.ids, spec.rows)))
    question = Question(method, spec, answer, instead, by, earlier, tuple(speakers))
    return explain_rows(opened, asked, question, emit=emit, check=check)


def explain_writing_rows(
    run: Run,
    dataset: Dataset,
    spec: ExplainSpec,
    *,
    method: str = "occlusion",
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Writing]:
    """Attribute the answers that a run's model writes on rows at hand."""
    rows = rows_of_run(run, dataset)
    return explain_rows(open_run(run), rows, Question(method, spec), emit=emit, check=check)


def open_run_or_model(name: str) -> Opened:
    """Load the model of a run's folder as the run has it, and any other by its name."""
    if (Path(name) / "environment.json").is_file():
        return open_run(Run.open(name))
    return open_model(name)


def explain_rows(
    opened: Opened,
    rows: Sequence[Row],
    question: Question,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Writing]:
    """Attribute a model's answers to some prompts, `AT_ONCE` of them at a time."""
    _check(question, len(rows))
    answers = _each(question.answer, len(rows))
    others = _each(question.instead, len(rows))
    out: list[Writing] = []
    clock = Clock(len(rows))
    for first in range(0, len(rows), AT_ONCE):
        check()
        span = slice(first, first + AT_ONCE)
        out += _some(opened, rows[span], answers[span], others[span], question, check)
        if clock.due() or len(out) == len(rows):
            left = clock.remaining(len(out))
            emit(Progress(step="explain", done=len(out), total=len(rows), remaining=left))
    return out


def _some(
    opened: Opened,
    rows: Sequence[Row],
    answers: Sequence[str | None],
    others: Sequence[str | None],
    question: Question,
    check: Callable[[], None],
) -> list[Writing]:
    prompts, labels, reader = prompts_of(
        opened, rows, answers, speakers=question.speakers, check=check
    )
    foils: list[Prompt] = []
    if question.instead is not None:
        foils, _, _ = prompts_of(opened, rows, others, speakers=question.speakers, check=check)
    every = [*prompts, *foils]
    tokens = [one.answer if one.answer is not None else np.empty(0, np.int64) for one in every]
    width = max((len(one) for one in tokens), default=0)
    cut = _cutter(opened, reader, question, width)
    written = [cut(one, told) for one, told in zip(every, tokens, strict=True)]
    # An answer that ended at once has no tokens to ask about.
    asked = [row for row, one in enumerate(written) if len(one.answer)]
    found: list[Found] = [_nothing(one) for one in written]
    if asked:
        chosen = [written[row] for row in asked]
        groups = [row % len(rows) for row in asked]  # an answer and the one it is compared with
        answered = _attributed(opened, chosen, groups, question, check)
        for row, one in zip(asked, answered, strict=True):
            found[row] = one
    out = []
    for row, given in enumerate(rows):
        one, texts = found[row], pieces(opened.tokenizer, tokens[row].tolist())
        compared: tuple[str, ...] = ()
        if foils:
            mine, theirs = tokens[row], tokens[len(rows) + row]
            alike = shared(mine.tolist(), theirs.tolist())
            segments = len(written[row]) - written[row].counts[-1]
            one = contrasted(one, found[len(rows) + row], alike, segments)
            texts, compared = _compared(
                texts, pieces(opened.tokenizer, theirs.tolist()), alike, len(one.outputs)
            )
        out.append(_record(given, labels[row], written[row], one, texts, compared, question))
    return out


def _attributed(
    opened: Opened,
    written: Sequence[Written],
    groups: Sequence[int],
    question: Question,
    check: Callable[[], None],
) -> list[Found]:
    pad, spec = int(opened.tokenizer.pad_token_id), question.spec
    if question.method == "occlusion":
        return leave_out(opened.model, written, pad, check=check)
    if question.method == "input_x_gradient":
        return input_x_gradient(opened.model, written, pad, check=check)
    return integrated_gradients(
        opened.model,
        written,
        pad,
        steps=spec.steps,
        max_steps=spec.max_steps,
        tolerance=spec.tolerance,
        groups=groups,
        check=check,
    )


def _cutter(
    opened: Opened, reader: Any, question: Question, width: int
) -> Callable[[Prompt, Any], Written]:
    """Return what cuts a prompt with its answer into segments."""
    spec, tokenizer = question.spec, opened.tokenizer
    hidden = tokenizer.mask_token_id if spec.baseline.text == "mask" else None
    instead = int(tokenizer.pad_token_id if hidden is None else hidden)
    seen = getattr(reader, "pictures", None)
    vision = None
    if seen is not None:
        vision = Vision(opened.processor, reader.habits.mark, seen.kept)

    @lru_cache(None)
    def picture(number: int, file: str) -> Any:
        assert vision is not None
        return vision.cut(seen, number, file, **spec.cutting("image"))

    def cut(prompt: Prompt, answer: Any) -> Written:
        shown = zip(prompt.pictures, prompt.files, strict=True)
        return Written(
            prompt=prompt,
            answer=answer,
            width=width,
            pictures=tuple(picture(number, file) for number, file in shown),
            vision=vision,
            instead=instead,
            earlier=question.earlier,
            whole=question.by == "messages",
        )

    return cut


def _record(
    row: Row,
    label: str,
    written: Written,
    found: Found,
    tokens: tuple[str, ...],
    foils: tuple[str, ...],
    question: Question,
) -> Writing:
    own = len(written) - written.counts[-1]
    count = len(tokens)
    earlier = np.zeros((count, count))
    behind = found.scores[:, own:]
    earlier[:, : behind.shape[1]] = behind
    words = written.counts[0]
    names, columns = list(written.texts), [str(number + 1) for number in written.messages]
    drawn = [Drawn("text", (), words, {"between": list(written.between)})]
    for picture, file in zip(written.pictures, written.prompt.files, strict=True):
        outline = picture.outline
        names += outline.names
        columns += [file] * len(picture)
        drawn.append(Drawn("image", (file,), len(picture), outline.as_json()))
    used = {"segments", "baseline", "steps", "max_steps", "tolerance", "seed"}
    return Writing(
        id=row.id,
        method=question.method,
        settings={
            **question.spec.model_dump(mode="json", include=used),
            "by": question.by,
            "earlier": question.earlier,
            "speakers": list(question.speakers),
            "unit": "nats",
            **found.settings,
        },
        prompt=written.prompt.text,
        tokens=tokens,
        foils=foils,
        segments=tuple(names),
        columns=tuple(columns),
        scores=found.scores[:, :own],
        earlier=earlier,
        special=found.rest,
        outputs=found.outputs,
        baseline_outputs=found.baselines,
        evaluations=found.evaluations,
        label=label,
        split=row.split,
        drawn=tuple(drawn),
        complete=question.method == "integrated_gradients",
    )


def _compared(
    tokens: Sequence[str], foils: Sequence[str], alike: int, rows: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what stands on either side of each row of a comparison."""
    sides = []
    for texts in (tokens, foils):
        whole = [*texts[: alike + 1], "".join(texts[alike + 1 :]), "", ""]
        sides.append(tuple(whole[:rows]))
    return sides[0], sides[1]


def _nothing(one: Written) -> Found:
    none = np.zeros(0)
    return Found(np.zeros((0, len(one))), none, none, none, 0)


def _each(given: str | Sequence[str] | None, count: int) -> list[str | None]:
    if given is None or isinstance(given, str):
        return [given] * count
    return list(given)


def _check(question: Question, rows: int) -> None:
    if question.method not in WRITING:
        raise DataError(
            paragraph(
                f"method “{question.method}”",
                f"it doesn't explain what is written ({nearest(question.method, WRITING)})",
                f"Choose {', '.join(WRITING[:-1])} or {WRITING[-1]}",
            )
        )
    if question.by not in get_args(By):
        raise DataError(
            paragraph(
                f"by “{question.by}”", "texts are cut into words or messages", "Choose one of those"
            )
        )
    for name, given in (("answer", question.answer), ("instead", question.instead)):
        if given is not None and not isinstance(given, str) and len(given) != rows:
            raise DataError(
                paragraph(
                    name,
                    f"there are {len(given):,} texts for {rows:,} rows",
                    "Give one text for all rows, or one for each",
                )
            )


def _spec(given: dict[str, Any], changes: dict[str, Any]) -> ExplainSpec:
    try:
        return ExplainSpec(**{**given, **changes})
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(
            paragraph(
                ".".join(map(str, first["loc"])) or "explain",
                f"found “{first['input']}”: {first['msg'].lower()}",
                "Correct the value",
            )
        ) from None
