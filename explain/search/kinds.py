"""The searches of each kind, for many rows side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ...core.dataset import Dataset
from ...errors import ModelError
from ...multimodal.encode import encode
from ...multimodal.media import shown
from ...multimodal.processors import processor_of
from ...multimodal.text.substitutes import Substitutes, swappable
from ..opened import Opened
from ..pieces import Keep
from .answers import Numbers, lead
from .features import Features, features
from .found import LeftOut, Neighbour, Swap, Word
from .lockstep import together
from .neighbours import nearest
from .rows import Asking
from .segments import Fewest, fewest_kept, fewest_removed
from .slopes import gains
from .swaps import Changed, Option, Place, SwapLimits, fewest_swaps

Done = Callable[[int], None]


@dataclass
class Told:
    """What one kind of search told of some rows.

    Attributes
    ----------
    found
        By the row's number, where something was found.
    missing
        Why nothing was, for the other rows.
    evaluations
        Copies or changed samples that were asked about, of each row.
    """

    found: dict[int, object] = field(default_factory=dict)
    missing: dict[int, str] = field(default_factory=dict)
    evaluations: dict[int, int] = field(default_factory=dict)


def left_out(asking: Asking, done: Done, *, kept: bool) -> Told:
    """Search for the fewest segments without which the answer changes, or that alone keep it."""
    search = fewest_kept if kept else fewest_removed
    searches = [
        search(count, int(target))
        for count, target in zip(asking.counts, asking.targets, strict=True)
    ]
    told = Told(evaluations=dict.fromkeys(range(len(asking)), 0))

    def answer(asked: list[tuple[int, Keep]]) -> list[Numbers]:
        for row, keep in asked:
            told.evaluations[row] += len(keep)
        return asking.value.numbers(asked)

    for row, one in enumerate(together(searches, answer, done)):
        if one.segments is None:
            tried = "" if one.proven else " that was tried"
            told.missing[row] = (
                f"no set of segments{tried} {'keeps' if kept else 'changes'} the answer"
                if asking.counts[row]
                else "the row has no segments"
            )
        else:
            told.found[row] = _left_out(asking, row, kept, one)
    _delete(asking, told)
    return told


def _left_out(asking: Asking, row: int, kept: bool, one: Fewest) -> LeftOut:
    pieces = asking.asked.subject.cut(row)
    segments = one.segments or ()
    return LeftOut(
        kept,
        segments,
        tuple(pieces.names[at] for at in segments),
        tuple(pieces.columns[at] for at in segments),
        len(pieces),
        asking.answer(one.numbers),
        one.proven,
    )


def _delete(asking: Asking, told: Told) -> None:
    """Ask what is answered where words are really deleted, not hidden behind a token."""
    samples = {}
    for row, one in told.found.items():
        assert isinstance(one, LeftOut)
        sample = asking.without(row, one.absent)
        if sample is not None:
            samples[row] = sample
    if samples:
        for row, numbers in zip(samples, asking.read(list(samples.values())), strict=True):
            one = told.found[row]
            assert isinstance(one, LeftOut)
            told.found[row] = replace(one, deleted=asking.answer(numbers))


def swapped(
    asking: Asking, done: Done, *, substitutes: Substitutes, limits: SwapLimits | None = None
) -> Told:
    """Search for the fewest words in place of which others lead to another answer."""
    limits = limits or SwapLimits()
    places = [
        [one for one in asking.places(row) if swappable(one.word.text)]
        for row in range(len(asking))
    ]
    options = _ranked(asking, places, _options(asking, places, substitutes))
    weights = _weights(asking, places)
    searches = [
        fewest_swaps(*given, limits)
        for given in zip(
            asking.samples, places, options, weights, asking.targets.tolist(), strict=True
        )
    ]
    told = Told(evaluations={row: len(own) + 1 for row, own in enumerate(places)})

    def answer(asked: list[tuple[int, list[tuple[str, ...]]]]) -> list[Numbers]:
        for row, samples in asked:
            told.evaluations[row] += len(samples)
        return asking.read_many(asked)

    for row, one in enumerate(together(searches, answer, done)):
        if one.options is None:
            told.missing[row] = (
                f"no change of up to {limits.changes} words that was tried changes the answer"
                if options[row]
                else "no other words are known for this row"
            )
        else:
            told.found[row] = _swap(asking, places[row], one)
    return told


def _options(
    asking: Asking, places: Sequence[Sequence[Place]], substitutes: Substitutes
) -> list[list[Option]]:
    """Ask for candidates in place of all words of all rows."""
    asked = [
        (asking.samples[row][one.part], one.word) for row, own in enumerate(places) for one in own
    ]
    found = iter(substitutes(asked, check=asking.check))
    return [
        [
            Option(number, candidate.text, candidate.fit, float("nan"))
            for number, _ in enumerate(own)
            for candidate in next(found)
        ]
        for own in places
    ]


def _ranked(
    asking: Asking, places: Sequence[Sequence[Place]], options: list[list[Option]]
) -> list[list[Option]]:
    """Estimate what each change does, where gradients reach the model's words."""
    rows = [row for row, own in enumerate(options) if own]
    if not rows:
        return options
    numbers = np.stack(asking.numbers)
    numbers[np.arange(len(asking)), asking.targets] = -np.inf
    tokenizer = processor_of(asking.opened.processor, "text")
    try:
        return gains(
            asking.asked.subject,
            tokenizer,
            numbers.argmax(axis=1),
            places,
            options,
            check=asking.check,
        )
    except ModelError:
        return options


def _weights(asking: Asking, places: Sequence[Sequence[Place]]) -> list[NDArray[np.float64]]:
    """Return by how much the answer's lead shrinks without each word."""
    asked = []
    for row, own in enumerate(places):
        keep = np.ones((len(own) + 1, asking.counts[row]), bool)
        keep[np.arange(len(own)), [one.segment for one in own]] = False
        asked.append((row, keep))
    leads = [
        lead(numbers, int(target))
        for numbers, target in zip(asking.value.numbers(asked), asking.targets, strict=True)
    ]
    return [own[-1] - own[:-1] for own in leads]


def _swap(asking: Asking, places: Sequence[Place], one: Changed) -> Swap:
    columns = list(asking.dataset.modalities)
    chosen = one.options or ()
    words = tuple(
        Word(
            places[option.place].segment,
            columns[places[option.place].part],
            places[option.place].word.text,
            option.text,
        )
        for option in chosen
    )
    named = {word.column for word in words}
    cells = {name: text for name, text in zip(columns, one.sample, strict=True) if name in named}
    return Swap(words, cells, asking.answer(one.numbers))


@dataclass(frozen=True, eq=False)
class Known:
    """Rows that neighbours are looked for among, and what a model makes of them."""

    dataset: Dataset
    features: Features
    numbers: Numbers

    @classmethod
    def of(cls, opened: Opened, dataset: Dataset, check: Callable[[], None]) -> Known:
        """Have a model answer the rows."""
        return cls(dataset, *_featured(opened, dataset, check))


def neighbours(asking: Asking, done: Done, *, known: Known, count: int) -> Told:
    """Find the nearest rows that have another label than the answer, or are answered otherwise."""
    own, _ = _featured(asking.opened, asking.dataset, asking.check)
    labels = asking.opened.labels
    answers = np.array(labels, object)[known.numbers.argmax(axis=1)]
    other = [
        (known.dataset.label != labels[target], answers != labels[target])
        for target in asking.targets
    ]
    found = nearest(own, known.features, [one | two for one, two in other], count)
    told = Told()
    for row, one in enumerate(found):
        if not len(one.rows):
            told.missing[row] = "no training row has another label or another answer"
            continue
        told.found[row] = tuple(
            Neighbour(
                str(known.dataset.ids[at]),
                str(known.dataset.split[at]),
                str(known.dataset.label[at]),
                str(answers[at]),
                float(similarity),
                {name: shown(cells[at]) for name, cells in known.dataset.inputs.items()},
                tuple(
                    why
                    for why, mask in zip(("label", "answer"), other[row], strict=True)
                    if mask[at]
                ),
            )
            for at, similarity in zip(one.rows, one.similarity, strict=True)
        )
    done(len(asking))
    return told


def _featured(
    opened: Opened, dataset: Dataset, check: Callable[[], None]
) -> tuple[Features, Numbers]:
    kinds = list(dataset.modalities.values())
    encoded = encode(opened.processor, dataset.samples(), kinds, opened.spec, check=check)
    return features(opened.model, encoded, check=check)
