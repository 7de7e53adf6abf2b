"""Explanations of pictures and sounds by hand, whose places are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pellucid.explain import Attribution
from pellucid.explain.attribution import Drawn
from pellucid.multimodal.audio.outline import Outline as SoundOutline
from pellucid.multimodal.audio.segments import Cells, Spans
from pellucid.multimodal.image.outline import Outline as ImageOutline


@pytest.fixture
def seen(said: Any) -> Callable[..., Attribution]:
    """Make an explanation of a picture: a label map, and the score of each segment."""

    def make(
        target: str, labels: NDArray[np.int32], scores: Any, column: str = "image", **changes: Any
    ) -> Attribution:
        outline = ImageOutline("", labels, None)
        drawn = Drawn("image", (column,), len(scores), outline.as_json())
        return _made(said, target, outline.names, drawn, scores, column, changes)

    return make


@pytest.fixture
def heard(said: Any) -> Callable[..., Attribution]:
    """Make an explanation of a sound: spans or cells, and the score of each."""

    def make(
        target: str, segments: Spans | Cells, scores: Any, column: str = "audio", **changes: Any
    ) -> Attribution:
        outline = SoundOutline("", segments)
        drawn = Drawn("audio", (column,), len(scores), outline.as_json())
        return _made(said, target, outline.names, drawn, scores, column, changes)

    return make


def _made(
    said: Any,
    target: str,
    names: tuple[str, ...],
    drawn: Drawn,
    scores: Any,
    column: str,
    changes: dict[str, Any],
) -> Attribution:
    pairs = list(zip(names, np.asarray(scores, float).tolist(), strict=True))
    one: Attribution = said(
        target, pairs, columns=(column,) * len(pairs), drawn=(drawn,), **changes
    )
    return one
