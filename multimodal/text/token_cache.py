"""Tokens kept as files (`multimodal.arrays`), so that no table is tokenised twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import arrays
from ..arrays import Kind

FORMAT = 1
"""Counted up where the same samples would come to other tokens, or stand in other files."""

KINDS = {
    "tokens": Kind(np.int32, mapped=True),
    "types": Kind(np.int8, mapped=True),
    "lengths": Kind(np.int64),
    "cut": Kind(np.bool_),
}


@dataclass(frozen=True, eq=False)
class Tokens:
    """Tokens of some samples, one behind the other.

    Attributes
    ----------
    tokens
        Token numbers; shape (sum of lengths,).
    types
        Part that each token belongs to; same shape, or (0,) where the model doesn't ask.
    lengths
        Tokens of each sample; shape (samples,).
    cut
        Whether a sample was longer than the model reads; shape (samples,).
    """

    tokens: NDArray[np.int32]
    types: NDArray[np.int8]
    lengths: NDArray[np.int64]
    cut: NDArray[np.bool_]


def gather(pieces: Iterable[Tokens]) -> Tokens:
    """Put the tokens of several sets of samples one behind the other, in memory."""
    return Tokens(**arrays.gather(KINDS, map(vars, pieces)))


def key(tokenizer: Any, samples: Sequence[tuple[str, ...]], limit: int) -> str:
    """Name what the tokens follow from: the samples, the whole tokenizer, and the limit.

    Parameters
    ----------
    tokenizer
        A fast tokenizer.
    samples
        Each sample's parts.
    limit
        Most tokens of a sample.
    """
    backend = json.loads(tokenizer.backend_tokenizer.to_str())
    # How the last call was cut and padded stands in there too.
    backend |= {"truncation": None, "padding": None}
    said = (
        FORMAT,
        limit,
        tokenizer.truncation_side,
        tokenizer.sep_token,
        tokenizer.pad_token_id,
        "token_type_ids" in tokenizer.model_input_names,
        backend,
    )
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    for sample in samples:
        digest.update(b"%d:" % len(sample))
        for text in sample:
            content = text.encode("utf-8", "surrogatepass")
            digest.update(b"%d:" % len(content) + content)
    return digest.hexdigest()[:32]


def read(folder: Path) -> Tokens | None:
    """Map the tokens of a folder into memory; None where there are none, or they are damaged."""
    found = arrays.read(folder, KINDS)
    if found is None:
        return None
    out = Tokens(**found)
    total = int(out.lengths.sum())
    whole = len(out.tokens) == total and len(out.types) in (0, total)
    return out if whole and len(out.cut) == len(out.lengths) else None


def write(folder: Path, pieces: Iterable[Tokens]) -> Tokens:
    """Write tokens to a folder piece by piece, and map them into memory (`arrays.write`)."""
    return Tokens(**arrays.write(folder, KINDS, map(vars, pieces)))
