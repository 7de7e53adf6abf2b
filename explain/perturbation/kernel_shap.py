"""Kernel SHAP: Shapley values by weighted least squares on copies without some segments.

Lundberg & Lee, *A Unified Approach to Interpreting Model Predictions* (NeurIPS 2017). The copies
are chosen, and the equations solved, as `shap.KernelExplainer` does it, which can't ask about many
rows together.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from ...core.events import Emit, silent
from ..pieces import Keep
from ..scores import Scores
from ..spec import ExplainSpec
from ..subject import Subject
from .work import Work


def kernel_shap(
    subject: Subject,
    spec: ExplainSpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Scores]:
    """Attribute Shapley values, exactly where `evaluations` allow all copies and else by a sample.

    The same scores as those of `shap.KernelExplainer` with ``l1_reg=False`` and the baseline as its
    one background sample: no segment is set to zero because others count more. They add up to the
    difference between the answers on sample and baseline. Where there are fewer copies than
    segments, of all solutions the one nearest to equal shares is taken.

    Parameters
    ----------
    subject
        What is explained.
    spec
        `evaluations`, sample and baseline counted, and `seed`. Each row draws its own copies, so
        that its scores don't depend on the other rows.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    list of Scores
        In the rows' order.
    """
    work = Work(subject, lambda _: spec.evaluations, emit, check)
    out: list[Scores] = []
    for rows in work.groups():
        ends = work.ends(rows)
        chosen = {
            row: coalitions(len(subject.cut(row)), spec.evaluations - 2, [spec.seed, row])
            for row in rows
        }
        answers = work.value.many([(row, one.keep) for row, one in chosen.items()])
        for row, found in zip(rows, answers, strict=True):
            full, nothing = ends[row]
            scores = solved(chosen[row], found - nothing, full - nothing)
            out.append(work.scores(row, scores, ends[row]))
    return out


@dataclass(frozen=True, eq=False)
class Coalitions:
    """Which segments copies keep, and how much each copy counts.

    Attributes
    ----------
    keep
        Shape (copies, segments); none keeps all, and none keeps nothing.
    weight
        Shape (copies,).
    """

    keep: Keep
    weight: NDArray[np.float64]


def coalitions(segments: int, copies: int, seed: list[int]) -> Coalitions:
    """Choose copies: all that leave few segments out or in, as far as it goes, and a sample.

    Sizes of coalitions come in pairs, of so many segments and of all others; a pair whose share of
    the kernel's weight is worth all of its coalitions is taken whole. Those of the sizes between
    are drawn, each with its complement; one that is drawn again counts for more.

    Parameters
    ----------
    segments
        How many there are.
    copies
        Most copies.
    seed
        Of what is drawn.
    """
    pairs = segments // 2  # the last pair of an even number is one size
    sizes = np.arange(1, pairs + 1)
    mass = (segments - 1) / (sizes * (segments - sizes)) if pairs else np.empty(0)
    twice = sizes * 2 != segments
    mass = np.where(twice, 2 * mass, mass)
    mass = mass / mass.sum() if pairs else mass
    keep: list[Keep] = []
    weight: list[NDArray[np.float64]] = []
    left, whole = copies, 0
    for size, share, double in zip(sizes.tolist(), mass, twice, strict=True):
        count = comb(segments, size) * (2 if double else 1)
        rest = mass[whole:].sum()
        if left * share / rest / count < 1 - 1e-8:
            break
        chosen = _all(segments, size)
        keep += [chosen, ~chosen] if double else [chosen]
        weight.append(np.full(count, share / count))
        left, whole = left - count, whole + 1
    if whole < pairs and left:
        some, times = _drawn(segments, sizes[whole:], mass[whole:], left, seed)
        keep.append(some)
        weight.append(times * (mass[whole:].sum() / times.sum()))
    if not keep:
        return Coalitions(np.empty((0, segments), bool), np.empty(0))
    return Coalitions(np.concatenate(keep), np.concatenate(weight))


def solved(chosen: Coalitions, gained: NDArray[np.float64], total: float) -> NDArray[np.float64]:
    """Return the scores that fit best among those that add up to the whole.

    Parameters
    ----------
    chosen
        Copies and their weights.
    gained
        The target's number on each copy, less that on the baseline; shape (copies,).
    total
        The same on the sample.
    """
    count = chosen.keep.shape[1]
    if count < 2:
        return np.full(count, total)
    kept = chosen.keep.astype(np.float64)
    equal = total / count
    root = np.sqrt(chosen.weight)
    # Sought are differences from equal shares. Every row of the matrix sums to zero, so the
    # smallest solution, which lies in what its rows span, does so too.
    matrix = root[:, None] * (kept - kept.mean(axis=1, keepdims=True))
    wanted = root * (gained - kept.sum(axis=1) * equal)
    found, *_ = np.linalg.lstsq(matrix, wanted, rcond=None)
    scores: NDArray[np.float64] = equal + found
    return scores


def _all(segments: int, size: int) -> Keep:
    """Return all coalitions of a size; shape (coalitions, segments)."""
    members = np.array(list(itertools.combinations(range(segments), size)))
    keep = np.zeros((len(members), segments), bool)
    keep[np.arange(len(members))[:, None], members] = True
    return keep


def _drawn(
    segments: int,
    sizes: NDArray[np.int64],
    mass: NDArray[np.float64],
    copies: int,
    seed: list[int],
) -> tuple[Keep, NDArray[np.float64]]:
    """Draw different coalitions, each with its complement, and how often each came."""
    generator = np.random.default_rng(seed)
    times: dict[bytes, float] = {}
    found: list[NDArray[np.bool_]] = []
    # As many tries as shap makes; where almost all coalitions are there, new ones come rarely.
    for size in generator.choice(sizes, 4 * copies, p=mass / mass.sum()):
        one = np.zeros(segments, bool)
        one[generator.permutation(segments)[:size]] = True
        for own in (one, ~one):
            name = own.tobytes()
            if name in times:
                times[name] += 1
            elif len(found) < copies:
                times[name] = 1
                found.append(own)
        if len(found) == copies:
            break
    return np.stack(found), np.array(list(times.values()))
