"""How long texts are in a model's tokens, told by its tokenizer.json alone.

Neither torch nor transformers is loaded and the hub is not asked, so a table can be looked at in
seconds. The numbers are those that `multimodal.text.encode` comes to before it cuts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ModelError, paragraph
from .. import hub
from ..models import locate, places

FILE = "tokenizer.json"
CHUNK = 1024
CHARACTERS = 2_000_000
"""Samples, and characters of them, that are tokenised at a time, so that memory stays bounded."""


def tokenizer_folder(name: str) -> Path:
    """Find the folder on this machine that holds a model's tokenizer.json.

    Parameters
    ----------
    name
        A folder, ``bundled/…``, or the hub id of a model that was downloaded before.

    Raises
    ------
    ModelError
        If the model is not on this machine, or comes without a tokenizer.json.
    """
    named = Path(name).expanduser()
    folder: Path | None
    if named.is_dir():
        folder = named
    elif name.startswith("bundled/"):
        folder = Path(locate(name).reference)
    else:
        folder = hub.downloaded(name)
    if folder is None:
        raise ModelError(
            paragraph(
                f"model.name: {name}",
                "this model is not on this machine, so its tokens can't be counted",
                "Name a folder or a bundled model, or look again once a training has downloaded it",
            )
        )
    if not (folder / FILE).is_file():
        raise ModelError(
            paragraph(
                f"model.name: {name}",
                f"the model comes without a {FILE}, so its tokens can't be counted here",
                f"Save its fast tokenizer with `save_pretrained`, which writes {FILE}",
            )
        )
    return folder


def token_lengths(folder: Path, samples: Sequence[tuple[str, ...]]) -> NDArray[np.int64]:
    """Count the tokens of samples of one or several text parts, special tokens included.

    Parameters
    ----------
    folder
        What `tokenizer_folder` found.
    samples
        Each sample's parts; those behind the first are joined, as they are for training.

    Returns
    -------
    numpy.ndarray
        Tokens of each whole sample, nothing cut off; shape (samples,).

    Raises
    ------
    ModelError
        If the tokenizer.json can't be read.
    """
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder / FILE))
    except Exception as error:  # the library raises nothing more special
        raise ModelError(
            paragraph(
                str(folder / FILE), f"this tokenizer can't be read ({error})", "Copy the file again"
            )
        ) from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    between = f" {_text(_read(folder / 'tokenizer_config.json').get('sep_token'))} "
    out: list[int] = []
    for chunk in _chunks(samples):
        asked = [one[0] if len(one) == 1 else (one[0], between.join(one[1:])) for one in chunk]
        out += map(len, tokenizer.encode_batch_fast(asked))
    return np.array(out, dtype=np.int64)


def most_tokens(folder: Path, max_length: int) -> int:
    """Return the smaller of `max_length` and what the model reads, as far as its files tell."""
    tokenizer, config = _read(folder / "tokenizer_config.json"), _read(folder / "config.json")
    text = config.get("text_config", config)
    known = [tokenizer.get("model_max_length")]
    if isinstance(text, dict):
        known.append(places(text.get("max_position_embeddings"), text.get("pad_token_id")))
    return min([max_length, *(int(one) for one in known if isinstance(one, int | float))])


def _chunks(samples: Sequence[tuple[str, ...]]) -> Iterator[list[tuple[str, ...]]]:
    chunk: list[tuple[str, ...]] = []
    characters = 0
    for sample in samples:
        size = sum(map(len, sample))
        if chunk and (len(chunk) == CHUNK or characters + size > CHARACTERS):
            yield chunk
            chunk, characters = [], 0
        chunk.append(sample)
        characters += size
    if chunk:
        yield chunk


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(token: Any) -> str:
    """Read a special token, which stands in the file as text or as a mapping with its content."""
    found = token.get("content") if isinstance(token, dict) else token
    return found if isinstance(found, str) else ""
