"""The model-parameter randomisation test, layer by layer: when a map lets go of what was learnt.

Adebayo et al., *Sanity Checks for Saliency Maps* (NeurIPS 2018), cascading: the weights of a
model are drawn anew from the top down, and the maps of each stage are compared with the first. That
all weights at once are drawn anew is part of every comparison (`compare.compare`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...core.events import Clock, Emit, Progress, silent
from ...core.measured import Measured
from ...core.spec import EvaluateSpec
from ..methods import Method
from ..spec import ExplainSpec
from ..subject import Subject
from .agreement import rank_correlation
from .paired import means
from .untrained import cascade, layers, untrained


@dataclass(frozen=True)
class Stage:
    """One stage of the test.

    Attributes
    ----------
    layer
        The lowest layer whose weights are drawn anew; all above are so too.
    correlation
        Spearman's rank correlation of the scores with those of the trained model, on average over
        rows.
    """

    layer: str
    correlation: Measured


def cascading(
    subject: Subject,
    method: Method,
    spec: ExplainSpec | None = None,
    *,
    most: int | None = None,
    seed: int = 0,
    boot: EvaluateSpec | None = None,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Stage]:
    """Draw a model's weights anew from the top down and see how its maps change.

    Parameters
    ----------
    subject
        Model and rows; the model is left as it is.
    method
        What is tested; it is run once on the trained model and once for each stage.
    spec
        Its settings.
    most
        Most stages, over which the layers are spread; one for each layer if left out.
    seed
        Draws the weights.
    boot
        Confidence and replicates of the intervals.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    list of Stage
        From the top layer alone to all of them.
    """
    spec, boot = spec or ExplainSpec(), boot or EvaluateSpec()
    total = min(most or len(layers(subject.model)), len(layers(subject.model))) + 1
    clock = Clock(total)

    def told(done: int) -> None:
        text = f"{method.title}, weights drawn anew"
        remaining = clock.remaining(done)
        emit(Progress(step="explain", done=done, total=total, remaining=remaining, text=text))

    first = method.function(subject, spec, emit=silent, check=check)
    told(1)
    out: list[Stage] = []
    for layer, model in cascade(subject.model, untrained(subject.model, seed), most):
        found = method.function(replace(subject, model=model), spec, emit=silent, check=check)
        rows = [
            rank_correlation(one.scores, other.scores) if len(one.scores) > 1 else math.nan
            for one, other in zip(first, found, strict=True)
        ]
        out.append(Stage(layer, means(np.array(rows)[:, None], boot)[0]))
        told(1 + len(out))
    return out
