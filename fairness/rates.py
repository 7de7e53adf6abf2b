"""Rates: proportions of rows, whose intervals have a closed form."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .block import Block, Compared, Figures, measured
from .counts import COMPLEMENTS, Share
from .gaps import largest_gaps
from .proportions import proportions
from .rate_tests import rate_p_values
from .shrinkage import shrunk
from .uncertainty import newcombe


def rate_block(rates: Mapping[str, Share], compared: Compared) -> Block:
    """Measure every rate of one grouping.

    Parameters
    ----------
    rates
        Successes and rows of each metric, from `counts.shares`.
    compared
        Groups, reference and level.

    Returns
    -------
    Block
        Wilson intervals of rates, Newcombe's of differences, Fisher's p-values of the differences
        to all others (not of a rate that is 1 minus another one), rates shrunk towards their mean,
        and the largest gaps.
    """
    spec = compared.spec
    rest = {name: share.rest for name, share in rates.items()}
    at = np.full(len(compared.grouping.names), compared.reference)
    reference = {name: Share(one.successes[at], one.rows[at]) for name, one in rates.items()}
    whole = {
        name: Share(np.array([one.successes.sum()]), np.array([one.rows.sum()]))
        for name, one in rates.items()
    }
    return Block(
        metrics={name: _proportions(one, spec.confidence) for name, one in rates.items()},
        overall={name: _proportions(one, spec.confidence)[0] for name, one in whole.items()},
        rest={name: _proportions(one, spec.confidence) for name, one in rest.items()},
        to_rest=_differences(rates, rest, spec.confidence),
        to_reference=_differences(rates, reference, spec.confidence),
        p_values={
            name: rate_p_values(one, rest[name])
            for name, one in rates.items()
            if COMPLEMENTS.get(name) not in rates
        },
        shrunk={name: shrunk(one) for name, one in rates.items()},
        gaps=largest_gaps(
            compared.grouping.names,
            rates,
            permutations=spec.permutations,
            seed=spec.seed,
            words=compared.words,
        ),
    )


def _proportions(share: Share, confidence: float) -> Figures:
    return proportions(share.successes, share.rows, confidence)


def _differences(
    rates: Mapping[str, Share], others: Mapping[str, Share], confidence: float
) -> dict[str, Figures]:
    out = {}
    for name, own in rates.items():
        other = others[name]
        counts = (own.successes, own.rows, other.successes, other.rows)
        gap = own.value - other.value
        out[name] = measured(gap, newcombe(*counts, confidence), own.rows, "newcombe")
    return out
