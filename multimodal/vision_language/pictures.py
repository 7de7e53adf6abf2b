"""Pictures of conversations as the model's processor makes them, each of them read once.

Where a processor resizes pictures to one size and scales their numbers, they are kept as
`multimodal.image.encode` keeps them; those of all others go through it for every batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import arrays
from ..image.encode import EncodedImages
from ..image.encode import encode as encode_images
from ..image.read import read, size
from ..media import once_more
from .habits import Span, habits_of, span_of, vision


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures, and the tokens that stand for each.

    Attributes
    ----------
    processor
        The model's processor.
    cells
        A picture's file each, every file once.
    spans
        The tokens of each.
    kept
        The pictures' numbers, None where the processor has to see them for every batch.
    """

    processor: Any
    cells: Sequence[str]
    spans: Sequence[Span]
    kept: EncodedImages | None

    def batch(self, shown: Sequence[Sequence[int]]) -> dict[str, Any]:
        """Return what a model is given of the pictures of some conversations.

        Parameters
        ----------
        shown
            The pictures of each, in their order.
        """
        flat = [number for one in shown for number in one]
        if not flat:
            return {}
        if self.kept is not None:
            return self.kept.batch(np.array(flat, np.int64))
        once = list(dict.fromkeys(flat))
        found = arrays.in_threads(partial(once_more, read), [self.cells[one] for one in once])
        pictures = dict(zip(once, found, strict=True))
        return vision(
            self.processor,
            habits_of(self.processor).mark,
            [[pictures[number] for number in one] for one in shown if one],
        )


def encode(
    processor: Any,
    cells: Sequence[str],
    *,
    cache: Path | None = None,
    budget: int | None = None,
    check: Callable[[], None] = lambda: None,
) -> Pictures:
    """Read pictures as a model's processor makes them.

    Parameters
    ----------
    processor
        Of a model that writes about pictures.
    cells
        A picture's file each, every file once.
    cache, budget, check
        As `multimodal.image.encode.encode` takes them.
    """
    if not cells:
        return Pictures(processor, cells, (), None)
    mark = habits_of(processor).mark
    first = once_more(read, cells[0])
    whole = vision(processor, mark, [[first]])
    kept = None
    if set(whole) == {"pixel_values"}:
        found = encode_images(
            processor.image_processor, cells, cache=cache, budget=budget, check=check
        )
        if isinstance(found, EncodedImages) and _alike(found, whole["pixel_values"].numpy()):
            kept = found
    if kept is not None:
        span = span_of(processor, mark, first)
        return Pictures(processor, cells, [span] * len(cells), kept)
    spans: dict[tuple[int, int], Span] = {}  # a picture's tokens follow from its size
    found_spans = []
    for cell in cells:
        check()
        of = once_more(size, cell)
        if of not in spans:
            spans[of] = span_of(processor, mark, once_more(read, cell))
        found_spans.append(spans[of])
    return Pictures(processor, cells, found_spans, None)


def _alike(found: EncodedImages, whole: NDArray[Any]) -> bool:
    """Whether the whole processor makes of the first picture what is kept of it."""
    own = found.batch(np.zeros(1, np.int64))["pixel_values"].numpy()
    if own.shape != whole.shape:
        return False
    return bool(np.abs(own - whole).max() <= 0.51 * float(found.affine.factor.max()))
