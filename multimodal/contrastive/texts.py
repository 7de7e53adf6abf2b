"""Texts as a dual encoder's text encoder takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..text.encode import EncodedText, encode
from .models import PAD


@dataclass(frozen=True, eq=False)
class Texts:
    """Encoded texts whose batches say what padding is.

    Attributes
    ----------
    texts
        Their tokens.
    masked
        Whether the model is told where padding stands: of some, such as SigLIP, padding is a part
        of each text.
    """

    texts: EncodedText
    masked: bool

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each text; shape (texts,)."""
        return self.texts.lengths

    @property
    def cut(self) -> NDArray[np.bool_]:
        """Whether each text was longer than the model reads; shape (texts,)."""
        return self.texts.cut

    def batch(self, rows: NDArray[np.int64]) -> dict[str, torch.Tensor]:
        """Return the inputs of some texts, and the padding token as `models.PAD`."""
        found = self.texts.batch(rows)
        if not self.masked:
            del found["attention_mask"]
        return {**found, PAD: torch.tensor([self.texts.pad, int(self.texts.left)])}


def encode_texts(
    tokenizer: Any, texts: Sequence[str], max_length: int, *, cache: Path | None = None
) -> Texts:
    """Encode texts of one part each.

    Parameters
    ----------
    tokenizer
        A fast tokenizer.
    texts
        The texts.
    max_length
        Longest in tokens; longer ones are cut.
    cache
        Folder that keeps tokens as files; held in memory if left out.
    """
    found = encode(tokenizer, [(text,) for text in texts], max_length, cache=cache)
    return Texts(found, "attention_mask" in tokenizer.model_input_names)
