"""How the learning rate rises and falls over a training.

The schedules are those of `transformers.get_scheduler`, step by step.
"""

from __future__ import annotations

import math

from .spec import TrainSpec

TIMESCALE = 10_000
"""Steps over which ``inverse_sqrt`` falls where there is no warm-up to take them from."""


def rate_factor(step: int, steps: int, spec: TrainSpec) -> float:
    """Return the share of the peak learning rate at which a step is taken.

    The factor rises linearly from 0 over the warm-up. Behind it ``linear`` falls to 0 at the end,
    ``cosine`` falls to 0 along half a wave (Loshchilov & Hutter 2017), ``inverse_sqrt`` falls as
    the root of the warm-up's length by the step (Vaswani et al. 2017), ``constant`` stays.

    Parameters
    ----------
    step
        Steps done, from 0.
    steps
        Steps of the whole training.
    spec
        Its `schedule`, and its `warmup` as a share of the steps, rounded up.

    Returns
    -------
    float
        Between 0 and 1.
    """
    warmup = math.ceil(steps * spec.warmup)
    if step < warmup:
        return step / warmup
    behind = (step - warmup) / max(steps - warmup, 1)
    match spec.schedule:
        case "linear":
            return max(1 - behind, 0.0)
        case "cosine":
            return 0.5 * (1 + math.cos(math.pi * min(behind, 1.0)))
        case "inverse_sqrt":
            scale = warmup or TIMESCALE
            return math.sqrt(scale / (step - warmup + scale))
        case "constant":
            return 1.0
