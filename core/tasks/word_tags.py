"""Tags of words: what they cost, the most likely ones, and the most frequent ones of training."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from ...multimodal.text.tag_schemes import OUTSIDE
from ...multimodal.text.tags import IGNORED, TaggedWords
from ..batches import Batch, Rows, by_length, inputs
from ..events import Clock, Emit, Progress, silent
from ..losses import cross_entropy
from ..predict import tokens_at_once
from ..spec import TrainSpec
from .token_classification import texts

if TYPE_CHECKING:
    from ..dataset import Dataset


@dataclass(frozen=True, eq=False)
class WordTags:
    """The most likely tags of a dataset's words.

    Attributes
    ----------
    codes, probabilities
        For each row an array with the tag of each word and its probability. A word of which the
        tokenizer leaves nothing is ``O`` with the probability NaN.
    losses
        Cross-entropy of each window's words where their tags are known; shape (windows,).
    """

    codes: list[NDArray[np.int64]]
    probabilities: list[NDArray[np.float64]]
    losses: NDArray[np.float64]


def losses(scores: torch.Tensor, target: torch.Tensor, train: TrainSpec) -> torch.Tensor:
    """Return the cross-entropy summed over each window's words.

    Parameters
    ----------
    scores
        Shape (windows, tokens, tags).
    target
        Tag of each token, `IGNORED` where none is learnt; shape (windows, tokens).
    train
        Its label smoothing and focal gamma.

    Returns
    -------
    Shape (windows,), float32.
    """
    # Every token's loss is computed, because picking the words' out would wait for the device.
    each = cross_entropy(scores.flatten(0, 1), target.clamp_min(0).flatten(), train)
    return (each.view(target.shape) * (target != IGNORED)).sum(dim=1)


@torch.inference_mode()
def answer(
    model: torch.nn.Module,
    words: TaggedWords,
    dataset: Dataset,
    *,
    batch: Callable[[Rows], Batch] | None = None,
    step: str = "predict",
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> WordTags:
    """Tag every word of a dataset with a model in evaluation mode.

    `batch` makes batches of some texts where the model is given something else than their tokens.
    """
    made = words.batch if batch is None else batch
    place = next(model.parameters()).device
    nothing = dataset.labels.index(OUTSIDE) if OUTSIDE in dataset.labels else 0
    sizes = [len(one) for one in texts(dataset)]
    codes = [np.full(size, nothing, dtype=np.int64) for size in sizes]
    shares = [np.full(size, np.nan) for size in sizes]
    wrong = np.zeros(len(words))
    lengths = words.lengths
    total, done = int(lengths.sum()), 0
    clock = Clock(total)
    for rows in by_length(lengths, tokens_at_once(model)):
        given = {name: tensor.to(place) for name, tensor in made(rows).items()}
        scores = model(**inputs(given)).logits.float()
        wrong[rows] = losses(scores, given["target"], TrainSpec()).double().cpu().numpy()
        best = scores.softmax(dim=-1).max(dim=-1)
        found, likely = best.indices.cpu().numpy(), best.values.double().cpu().numpy()
        for number, (row, shift) in enumerate(zip(rows, words.shift(rows), strict=True)):
            at, which = words.read_at(int(row))
            own = int(words.owner[row])
            codes[own][which] = found[number, at + shift]
            shares[own][which] = likely[number, at + shift]
        done += int(lengths[rows].sum())
        if clock.due() or done == total:
            emit(Progress(step=step, done=done, total=total, remaining=clock.remaining(done)))
        check()
    return WordTags(codes, shares, wrong)


def most_frequent(
    trained: Sequence[Sequence[str]],
    tags: Sequence[Sequence[str]],
    words: Sequence[Sequence[str]],
) -> list[list[str]]:
    """Tag words by their most frequent tag in training, whatever their case.

    Parameters
    ----------
    trained, tags
        Words of the training texts, and their tags.
    words
        Words to tag; new ones are ``O``, or the most frequent tag of all where no word is ``O``.
    """
    seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
    overall: Counter[str] = Counter()
    for known, own in zip(trained, tags, strict=True):
        overall.update(own)
        for word, tag in zip(known, own, strict=True):
            seen[word.lower()][tag] += 1
    other = OUTSIDE if OUTSIDE in overall or not overall else overall.most_common(1)[0][0]
    chosen = {word: counts.most_common(1)[0][0] for word, counts in seen.items()}
    return [[chosen.get(word.lower(), other) for word in one] for one in words]
