"""Prompts and answers of a model that writes: those of a run's rows, or any others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.conversations import MESSAGES
from ...core.dataset import Dataset
from ...core.events import Emit, silent
from ...core.runs import Run
from ...core.spec import DataSpec, EvaluateSpec
from ...device import choose, prepare
from ...errors import DataError, paragraph
from ...multimodal.classifiers import WRITER
from ...multimodal.prompts import Prompt, of_chat, of_text
from ...multimodal.spec import ModelSpec
from ...multimodal.text.chat.formats import Format, read
from ...multimodal.text.chat.messages import Conversation, Unreadable
from ...multimodal.text.chat.spoken import SPEAKERS

WRITES = ("chat", "causal_lm")
"""Tasks whose answers are written."""


@dataclass(frozen=True, eq=False)
class Opened:
    """A model that writes, and what turns prompts into its inputs.

    Attributes
    ----------
    model
        In evaluation mode, on its device.
    processor
        A tokenizer, or the processor of a model that sees pictures.
    spec
        How much of a prompt it reads.
    chats
        Whether it is asked by conversations, instead of by texts that it goes on with.
    template
        File of the chat template; the model's own if None.
    new_tokens
        Most tokens of an answer that it writes.
    name
        What people call it.
    """

    model: Any
    processor: Any
    spec: ModelSpec
    chats: bool
    template: str | Path | None
    new_tokens: int
    name: str

    @property
    def tokenizer(self) -> Any:
        """Its tokenizer."""
        return getattr(self.processor, "tokenizer", self.processor)


@dataclass(frozen=True, eq=False)
class Row:
    """One prompt, before it is tokenised.

    Attributes
    ----------
    id, label, split
        What is known of it.
    asked
        A conversation, or a text.
    files
        Its pictures.
    """

    id: str
    asked: Conversation | str
    files: tuple[str, ...] = ()
    label: str = ""
    split: str = ""


def open_run(run: Run) -> Opened:
    """Load the model of a run that learnt to write.

    Raises
    ------
    DataError
        If it learnt something else.
    """
    from ...core.tasks.chat import TEMPLATE_FILE
    from ..opened import open_run as load

    if run.task not in WRITES:
        raise DataError(
            paragraph(
                f"run {run.path.name}",
                f"its answers are not written ({run.task.replace('_', ' ')}), so there are no "
                "tokens to explain",
                "Use `pellucid.explain.attribute` for it, or a run of chat or causal_lm",
            )
        )
    found = load(run)
    kept = run.model / TEMPLATE_FILE
    return Opened(
        model=found.model,
        processor=found.processor,
        spec=found.spec,
        chats=run.task == "chat",
        template=kept if kept.is_file() else found.spec.chat_template,
        new_tokens=run.section("evaluate", EvaluateSpec).new_tokens,
        name=run.path.name,
    )


def open_model(name: str, *, max_length: int | None = None) -> Opened:
    """Load a model that writes: a folder, a bundled model, or a hub id.

    Raises
    ------
    ModelError
        If it can't be loaded, or reads in both directions.
    """
    prepare()
    import torch

    from ...multimodal.models import load
    from ...multimodal.processors import load_processor
    from ...multimodal.sources import locate
    from ...multimodal.text.language_models import check_causal
    from ...multimodal.vision_language.processor import writes_about_pictures

    device = choose()
    torch.set_num_threads(device.threads)
    spec = ModelSpec(name=name, **({} if max_length is None else {"max_length": max_length}))
    source = locate(name)
    model = load(WRITER, source, spec, seed=0).to(device.kind).eval()
    check_causal(model, source)
    sees = writes_about_pictures(source, spec)
    processor = load_processor(source, spec, ["text", "image"] if sees else ["text"])
    tokenizer = getattr(processor, "tokenizer", processor)
    own = getattr(processor, "chat_template", None) or getattr(tokenizer, "chat_template", None)
    return Opened(
        model=model,
        processor=processor,
        spec=spec,
        chats=sees or own is not None,
        template=None,
        new_tokens=EvaluateSpec().new_tokens,
        name=name,
    )


def rows_of_run(run: Run, dataset: Dataset) -> list[Row]:
    """Return the prompts of a run's rows.

    Of a chat it is all in front of the last answer; of a text without a label its first half.
    """
    from ...core.tasks.language_modelling import documents, halved

    ids = [str(one) for one in dataset.ids]
    split = ["" if one is None else str(one) for one in dataset.split]
    if run.task != "chat":
        texts, told = documents(dataset), [str(one) for one in dataset.label]
        if not run.section("data", DataSpec).answers:
            halves = [halved(text) for text in texts]
            texts, told = [one for one, _ in halves], [two for _, two in halves]
        parts = zip(ids, texts, told, split, strict=True)
        return [Row(name, text, (), label, where) for name, text, label, where in parts]
    seen = [cells for name, cells in dataset.inputs.items() if name != MESSAGES]
    out = []
    for row, cell in enumerate(dataset.inputs[MESSAGES]):
        files = tuple(str(cells[row]) for cells in seen if cells[row])
        out.append(Row(ids[row], Conversation.from_json(str(cell)), files, "", split[row]))
    return out


def rows_of_prompts(prompts: Sequence[Any], *, chats: bool) -> list[Row]:
    """Return prompts that a person gives: texts, lists of messages, or conversations.

    Raises
    ------
    DataError
        If one is no conversation, or the model is not asked by conversations.
    """
    out = []
    for number, raw in enumerate(prompts, start=1):
        asked: Conversation | str
        if isinstance(raw, Conversation):
            asked = raw
        elif isinstance(raw, str):
            asked = Conversation(({"role": "user", "content": raw},)) if chats else raw
        else:
            asked = _conversation(raw, number)
        if not chats and not isinstance(asked, str):
            raise DataError(
                paragraph(
                    f"prompt {number}",
                    "the model has no chat template, so it is not asked by messages",
                    "Give the prompt as one text",
                )
            )
        files = asked.pictures if isinstance(asked, Conversation) else ()
        out.append(Row(str(number), asked, files))
    return out


def prompts_of(
    opened: Opened,
    rows: Sequence[Row],
    answers: Sequence[str | None],
    *,
    speakers: Sequence[str] = SPEAKERS,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> tuple[list[Prompt], list[str], Any]:
    """Tokenise prompts with their answers; write the answers that are not given.

    Returns
    -------
    prompts
        Each with its answer.
    labels
        The answer that stands in each row; empty where there is none.
    reader
        What read the conversations, None for texts.
    """
    if not opened.chats:
        found, labels = _texts(opened, rows, answers)
        return _written(opened, found, _no_pictures, None, emit, check), labels, None
    from ...core.generate import rooms
    from ...multimodal.conversations import reader_of

    files = [row.files for row in rows]
    reader: Any = reader_of(
        opened.processor, opened.spec, files, template=opened.template, check=check
    )
    _, new = rooms(opened.tokenizer, opened.spec.max_length, opened.new_tokens)
    found = [
        of_chat(reader, row.asked, row.files, new, answer=answer, speakers=speakers, name=row.id)
        for row, answer in zip(rows, answers, strict=True)
        if isinstance(row.asked, Conversation)
    ]
    labels = [reader.template.ask(row.asked)[1] or "" for row in rows]
    missing = [row for row, one in enumerate(found) if one.answer is None]
    beside = _no_pictures
    if missing:
        texts = [found[row].text for row in missing]
        beside = reader.prompts(texts, [files[row] for row in missing], new).beside
    return _written(opened, found, beside, reader.template, emit, check), labels, reader


def _texts(
    opened: Opened, rows: Sequence[Row], answers: Sequence[str | None]
) -> tuple[list[Prompt], list[str]]:
    from ...core.generate import rooms

    room, _ = rooms(opened.tokenizer, opened.spec.max_length, opened.new_tokens)
    found = [
        of_text(opened.tokenizer, str(row.asked), room, answer=answer)
        for row, answer in zip(rows, answers, strict=True)
    ]
    return found, [row.label for row in rows]


def _written(
    opened: Opened,
    prompts: list[Prompt],
    beside: Any,
    template: Any,
    emit: Emit,
    check: Callable[[], None],
) -> list[Prompt]:
    """Write the answers that are missing."""
    from ...core.generate import generate, rooms

    missing = [row for row, one in enumerate(prompts) if one.answer is None]
    if not missing:
        return prompts
    tokenizer = opened.tokenizer
    _, new = rooms(tokenizer, opened.spec.max_length, opened.new_tokens)
    ends = {one for one in (tokenizer.eos_token_id,) if one is not None}
    end = None if template is None else template.end
    if end is not None and end in template.special:
        ends.add(int(tokenizer.convert_tokens_to_ids(end)))
        end = None
    written = generate(
        opened.model,
        [prompts[row].tokens.tolist() for row in missing],
        new_tokens=new,
        ends=ends,
        pad=int(tokenizer.pad_token_id),
        emit=emit,
        check=check,
        beside=beside,
    )
    out = list(prompts)
    for row, answer in zip(missing, written, strict=True):
        if end is not None:  # a template may end answers by a text, which is no answer's
            texts = pieces(tokenizer, answer)
            starts = np.cumsum([0, *map(len, texts[:-1])])
            behind = "".join(texts).partition(end)[0]
            answer = answer[: int(np.searchsorted(starts, len(behind)))]  # noqa: PLW2901
        out[row] = replace(prompts[row], answer=np.array(answer, np.int64))
    return out


def pieces(tokenizer: Any, tokens: Sequence[int]) -> tuple[str, ...]:
    """Return the text of each token, so that they join to the whole text.

    A character that several tokens make up goes with the last of them.
    """
    out: list[str] = []
    done = ""
    for count in range(1, len(tokens) + 1):
        text = str(tokenizer.decode(tokens[:count], clean_up_tokenization_spaces=False))
        whole = text.removesuffix("\ufffd") if count < len(tokens) else text
        if not whole.startswith(done):
            whole = done
        out.append(whole[len(done) :])
        done = whole
    return tuple(out)


def _conversation(raw: Any, number: int) -> Conversation:
    try:
        found = read(Format("messages", ("prompt",)), {"prompt": raw})
    except Unreadable as error:
        raise DataError(
            paragraph(f"prompt {number}", error.problem, "Give a text, or a list of messages")
        ) from None
    return found or Conversation(({"role": "user", "content": ""},))


def _no_pictures(rows: NDArray[np.int64], width: int) -> dict[str, Any]:
    return {}
