"""Conversations as a model would read them, before it is trained, and what is learnt of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import DataError, paragraph
from ..multimodal.media import Unreadable, inspector, resolve
from ..multimodal.spec import Modality, ModelSpec
from ..multimodal.text.chat.messages import Conversation
from .conversations import load
from .folders import home


def chat_look(
    path: Path,
    model: ModelSpec,
    *,
    rows: int | str = 3,
    encoding: str = "utf-8",
    inputs: Mapping[str, Modality] | None = None,
    label: str | None = None,
    folder: Path | None = None,
) -> dict[str, Any]:
    """Render some rows of a table by a model's chat template, with the loss mask.

    Parameters
    ----------
    path, encoding
        The table: messages, ShareGPT, Alpaca, or prompts with completions.
    model
        Whose tokenizer and template are taken; `max_length` says what is cut off.
    rows
        A number (the first so many) or a range, ``"10:13"``, counted from 0.
    inputs, label
        The columns of a question, its pictures and its answer, where their names don't tell.
    folder
        Where pictures lie; the table's own folder if left out.

    Returns
    -------
    dict
        ``form`` of the table, ``template`` (``tokenizer``, ``file`` or ``chatml``), ``marked``
        (whether the template itself marks the answers), ``rows`` of the table, ``notes``, and
        ``shown``: of each row its ``place``, its ``pictures`` (files), ``picture_tokens`` (how many
        tokens the model makes of each, None where it can't be read), and what
        `multimodal.text.chat.samples.shown` says, where a picture counts as one token.

    Raises
    ------
    DataError
        If the table can't be read, a row is refused by the template, or no row is chosen.
    """
    from .. import device
    from ..multimodal.models import locate
    from ..multimodal.processors import load_processor
    from ..multimodal.text.chat.choosing import choose
    from ..multimodal.text.chat.samples import ending, shown

    conversations, places, form = load(path, encoding, inputs, label)
    chosen = _span(rows, len(conversations))
    seen = ("image", "text") if any(one.shows for one in conversations) else ("text",)
    device.prepare()
    processor = load_processor(locate(model.name), model, seen)
    template = choose(processor, model.chat_template)
    some = list(template.encode(conversations[chosen], places[chosen]))
    told = [shown(one, template.tokenizer, model.max_length) for one in some]
    notes = []
    if template.origin == "chatml":
        notes.append(
            f"{model.name} comes without a chat template: ChatML is used, and saved with the model."
        )
    if not all(ending(template, one) for one in some):
        notes.append(
            "The template does not mark the token that ends an answer, so the model will not learn "
            "to end one."
        )
    sizes, faults = _sizes(processor, conversations[chosen], folder or home(path))
    notes += faults
    empty = [place for place, one in zip(places[chosen], told, strict=True) if not one["learnt"]]
    if empty:
        notes.append(
            f"Nothing is learnt of {', '.join(empty)}: no token of the assistant stands among the "
            f"first {model.max_length}."
        )
    return {
        "form": form.kind,
        "template": template.origin,
        "marked": template.marks,
        "rows": len(conversations),
        "notes": notes,
        "shown": [
            {
                "place": place,
                "pictures": list(one.pictures),
                "picture_tokens": [sizes.get(name) for name in one.pictures],
                **said,
            }
            for place, one, said in zip(places[chosen], conversations[chosen], told, strict=True)
        ],
    }


def _sizes(
    processor: Any, conversations: Sequence[Conversation], folder: Path
) -> tuple[dict[str, int], list[str]]:
    """Return the tokens that stand for each picture, and what is wrong with the others."""
    files: dict[str, str] = {}
    faults = []
    for name in dict.fromkeys(name for one in conversations for name in one.pictures):
        try:
            found = resolve(name, folder)
            inspector("image")(found)
        except Unreadable as error:
            faults.append(f"The picture “{name}” can't be used: {error}.")
        else:
            files[name] = str(found)
    if not files:
        return {}, faults
    from ..multimodal.vision_language.pictures import encode

    spans = encode(processor, list(files.values())).spans
    return {name: len(span.tokens) for name, span in zip(files, spans, strict=True)}, faults


def _span(rows: int | str, count: int) -> slice:
    first, colon, last = str(rows).strip().partition(":")
    parts = (first.strip(), last.strip())
    fine = all(part.isdecimal() or (colon and not part) for part in parts[: 2 if colon else 1])
    chosen = slice(0, 0)
    if fine:
        ends = [int(part) if part else None for part in parts]
        chosen = slice(ends[0], ends[1]) if colon else slice(0, ends[0])
    if not range(count)[chosen]:
        raise DataError(
            paragraph(
                f"--rows {rows}",
                f"expected a number above 0 or a range within the {count:,} conversations, such as "
                "0:3",
                "Choose other rows",
            )
        )
    return chosen
