"""How far a model prefers planted secrets: their exposure.

The exposure of a secret of a form with ``|R|`` possible ones is ``log2 |R|`` minus ``log2`` of its
rank among all of them, ordered by the model's loss (Carlini et al. 2019, definition 5): 0 bits for
the last one, ``log2 |R|`` for the first one, which a person who tries secrets in the model's order
would find at once. A secret that was never planted has an exposure above e bits with a probability
of 2 to the power of -e.

Where there are too many secrets to rank, some are drawn (section 4.3 of the paper). The share of
them that the model prefers stands for the rank as long as enough are preferred; else a skew-normal
distribution fitted to their losses tells how rare a loss as low as the secret's would be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...core.events import Emit, silent
from ...core.measured import Measured
from ...errors import DataError, paragraph
from ..uncertainty import wilson
from .canaries import Canaries, Form, holding, in_json
from .spec import PrivacySpec

if TYPE_CHECKING:
    from ...core.dataset import Dataset
    from .trained import Trained

How = Literal["all", "drawn", "skew-normal"]

TASKS = ("causal_lm", "chat")
"""Tasks that learn to write the rows themselves."""

ENOUGH = 10
"""Preferred secrets among those drawn from which on their share is taken as it is."""

_HERE = "\0canary\0"


@dataclass(frozen=True)
class Exposure:
    """The exposure of one canary.

    Attributes
    ----------
    text
        The canary.
    planted
        Training rows that hold it.
    bits
        Its exposure.
    rank
        Its rank among all secrets of its form, as far as it is known.
    how
        Whether all secrets were ranked, some were drawn, or a fitted distribution tells.
    """

    text: str
    planted: int
    bits: Measured
    rank: float
    how: How


@dataclass(frozen=True)
class Exposures:
    """The exposure of all canaries of a form.

    Attributes
    ----------
    form
        What they look like.
    size
        How many secrets there are.
    candidates
        Secrets that they were ranked among.
    canaries
        Most often planted first.
    misfit
        Largest distance of the fitted distribution from that of the losses drawn
        (Kolmogorov-Smirnov), None where none was fitted.
    elsewhere
        Canaries that stand in validation or test rows.
    """

    form: str
    size: int
    candidates: int
    canaries: tuple[Exposure, ...]
    misfit: float | None
    elsewhere: int

    @property
    def most(self) -> float:
        """The largest exposure that there can be, in bits."""
        return math.log2(self.size)

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            **vars(self),
            "canaries": [{**vars(one), "bits": one.bits.as_json()} for one in self.canaries],
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Exposures:
        """Read what `as_json` wrote."""
        canaries = tuple(
            Exposure(**{**one, "bits": Measured.from_json(one["bits"])}) for one in raw["canaries"]
        )
        return cls(**{**raw, "canaries": canaries})


def exposure(
    trained: Trained,
    canaries: Canaries,
    spec: PrivacySpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Exposures:
    """Measure how far a run's model prefers the secrets that were planted into its table.

    Parameters
    ----------
    trained
        A run that learnt to write.
    canaries
        What was planted.
    spec
        Secrets that each is ranked among, level of the intervals, seed.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Raises
    ------
    DataError
        If the run learns something else, or none of the canaries stands in its training rows.
    """
    if trained.run.task not in TASKS:
        raise DataError(
            paragraph(
                str(trained.run.path),
                f"the exposure of canaries is known of models that write, not of "
                f"{trained.run.task}",
                f"Choose a run of {' or '.join(TASKS)}",
            )
        )
    form = canaries.form
    texts = [form.fill(one.secret) for one in canaries.canaries]
    inside = holding(trained.dataset, texts)
    split = trained.dataset.split
    planted = [[row for row in rows if split[row] == "train"] for rows in inside]
    there = [rows[0] for rows in planted if rows]
    if not there:
        raise DataError(
            paragraph(
                str(trained.run.path),
                "none of the canaries stands in a training row",
                "Train on the table that `pellucid canaries plant` wrote, with its column of "
                "splits as data.split.column",
            )
        )
    generator = np.random.default_rng(spec.seed)
    drawn = form.draw(spec.candidates, generator)
    found: list[Exposure] = []
    misfit: float | None = None
    for template, members in _alike(trained.dataset, texts, planted, there[0]).items():
        own = [canaries.canaries[at].secret for at in members]
        others = [one for one in drawn if one not in {*own}]
        rows = _filled(trained.dataset, members, there, planted, template, form, own + others)
        losses = _losses(trained, rows, emit, check)
        # All secrets, or those drawn beside the canaries.
        pool = losses if len(losses) == form.size else losses[len(own) :]
        fitted = Ranking(pool, form.size, spec.confidence)
        for at, loss in zip(members, losses, strict=False):
            bits, rank, how = fitted.of(float(loss))
            if how == "skew-normal":
                misfit = max(misfit or 0.0, fitted.misfit)
            found.append(Exposure(texts[at], len(planted[at]), bits, rank, how))
    return Exposures(
        form.text,
        form.size,
        len(drawn),
        tuple(sorted(found, key=lambda one: (-one.planted, -one.bits.value, one.text))),
        misfit,
        sum(len(rows) > len(own) for rows, own in zip(inside, planted, strict=True)),
    )


class Ranking:
    """Losses of secrets, among which others are ranked.

    Parameters
    ----------
    losses
        Of secrets that were drawn, or of all of them; shape (secrets,).
    size
        How many secrets there are.
    confidence
        Level of the intervals.
    """

    def __init__(self, losses: NDArray[np.float64], size: int, confidence: float = 0.95) -> None:
        self._losses = np.sort(losses)
        self._size = size
        self._confidence = confidence
        self._fit: tuple[float, ...] | None = None

    def of(self, loss: float) -> tuple[Measured, float, How]:
        """Return exposure in bits, rank, and how it was found, of a secret with this loss."""
        whole, count = math.log2(self._size), len(self._losses)
        if count >= self._size:
            rank = 1 + int(np.searchsorted(self._losses, loss, "left"))
            return Measured(whole - math.log2(rank), n=count, method="rank"), float(rank), "all"
        lower = int(np.searchsorted(self._losses, loss, "right"))
        low, high = (
            float(end[0]) for end in wilson(np.array([lower]), np.array([count]), self._confidence)
        )
        ends = (-math.log2(high), min(-math.log2(max(low, 1 / self._size)), whole))
        if lower >= ENOUGH:
            share = lower / count
            bits = min(-math.log2(share), whole)
            return Measured(bits, *ends, count, "wilson"), share * self._size, "drawn"
        share = min(max(self._share_below(loss), 1 / self._size), 1.0)
        # The fit can't contradict what was counted.
        bits = min(max(-math.log2(share), ends[0]), whole)
        figure = Measured(bits, ends[0], whole, count, "skew-normal")
        return figure, self._size * 2.0**-bits, "skew-normal"

    @property
    def misfit(self) -> float:
        """Largest distance of the fitted distribution from the losses' own."""
        from scipy import stats

        return float(stats.kstest(self._losses, "skewnorm", args=self._fitted()).statistic)

    def _share_below(self, loss: float) -> float:
        from scipy import stats

        return float(stats.skewnorm.cdf(loss, *self._fitted()))

    def _fitted(self) -> tuple[float, ...]:
        from scipy import stats

        if self._fit is None:
            self._fit = tuple(float(one) for one in stats.skewnorm.fit(self._losses))
        return self._fit


Template = tuple[str | None, ...]
"""A row's cells, its label last, with a mark where the canary stands."""


def _alike(
    dataset: Dataset, texts: list[str], planted: list[list[int]], usual: int
) -> dict[Template, list[int]]:
    """Group canaries by the rows that they stand in: those alike but for it are ranked together.

    One that was never planted is put where the first planted one stands.
    """
    marked = {row: text for rows, text in zip(planted, texts, strict=True) for row in rows}
    out: dict[Template, list[int]] = {}
    for at, rows in enumerate(planted):
        row = rows[0] if rows else usual
        cells = [cells[row] for cells in (*dataset.inputs.values(), dataset.label)]
        out.setdefault(tuple(_marked(cell, marked[row]) for cell in cells), []).append(at)
    return out


def _marked(cell: Any, text: str) -> str | None:
    if cell is None:
        return None
    return str(cell).replace(in_json(text), _HERE).replace(text, _HERE)


def _filled(
    dataset: Dataset,
    members: list[int],
    there: list[int],
    planted: list[list[int]],
    template: Template,
    form: Form,
    secrets: list[str],
) -> Dataset:
    """Return rows that hold each secret where the template has its mark."""
    row = next((planted[at][0] for at in members if planted[at]), there[0])
    texts = [form.fill(secret) for secret in secrets]
    rows = dataset.take(np.full(len(texts), row, dtype=np.int64))

    def cells(part: str | None, nested: bool) -> NDArray[np.object_]:
        out = np.empty(len(texts), dtype=object)
        for number, text in enumerate(texts):
            filler = in_json(text) if nested else text
            out[number] = None if part is None else part.replace(_HERE, filler)
        return out

    nested = dataset.task == "chat"
    *inputs, label = template
    return replace(
        rows,
        inputs={
            name: cells(part, nested) for name, part in zip(dataset.inputs, inputs, strict=True)
        },
        label=cells(label, False),
        ids=np.array([str(number) for number in range(len(texts))], dtype=object),
    )


def _losses(
    trained: Trained, rows: Dataset, emit: Emit, check: Callable[[], None]
) -> NDArray[np.float64]:
    """Return the nats of each row's targets; shape (rows,)."""
    from ...core.tasks.sequences import by_row
    from .shared_prefix import sequence_nats

    samples = trained.task.encode(trained.processor, rows)
    values = sequence_nats(trained.model, samples, emit=emit, check=check)
    summed, _ = by_row(samples, values, len(rows))  # type: ignore[arg-type]
    return summed
