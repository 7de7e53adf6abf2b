"""Windows of questions and contexts: transformers' own windows, and spans by brute force."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transformers import AutoTokenizer

from pellucid.multimodal.text.windows import best_spans, cuts, probabilities, windows

CONTEXT = "We stayed there and the staff were very kind, warm; the desk was neat. " * 4
QUESTION = "was the room clean?"


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> Any:
    return AutoTokenizer.from_pretrained(tiny_model)


@pytest.mark.parametrize("length", [16, 24, 40, 64])
@pytest.mark.parametrize("stride", [0, 4])
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_same_as_transformers_gives(
    tokenizer: Any, length: int, stride: int, side: str
) -> None:
    tokenizer.padding_side = side
    questions = [QUESTION, "who", QUESTION]
    contexts = [CONTEXT, "the staff", ""]
    found = windows(tokenizer, questions, contexts, [None] * 3, length, stride)
    peer = tokenizer(
        questions,
        contexts,
        truncation="only_second",
        max_length=length,
        stride=stride,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        padding="longest",
        return_tensors="np",
    )
    assert found.owner.tolist() == peer["overflow_to_sample_mapping"].tolist()
    batch = found.batch(np.arange(len(found)))
    for name in ("input_ids", "attention_mask", "token_type_ids"):
        assert batch[name].tolist() == peer[name].tolist()
    for window in range(len(found)):
        inside = np.array([part == 1 for part in peer.sequence_ids(window)])
        own = found.of(window)
        assert own[own[:, 0] >= 0].tolist() == peer["offset_mapping"][window][inside].tolist()
    tokenizer.padding_side = "right"


def test_many_texts_are_told_apart(tokenizer: Any) -> None:
    rows = 1100  # more than are tokenised at a time
    contexts = [CONTEXT if row % 3 else "the desk" for row in range(rows)]
    found = windows(tokenizer, [QUESTION] * rows, contexts, [None] * rows, 40, 8)
    many = np.bincount(found.owner)
    assert len(many) == rows and set(many[::3]) == {1} and len(set(many[1::3])) == 1
    assert many[1] > 1


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("answer", ["We", "the staff were very kind", "warm", "neat", "neat."])
def test_answers_point_at_their_tokens(tokenizer: Any, answer: str, side: str) -> None:
    tokenizer.padding_side = side
    place = CONTEXT.index(answer)
    span = (place, place + len(answer))
    found = windows(tokenizer, [QUESTION, "who"], [CONTEXT, "a"], [span, None], 30, 10)
    batch = found.batch(np.arange(len(found)))
    starts = []
    for window, (first, last) in enumerate(batch["target"].tolist()):
        own = found.of(window)
        shift = int(batch["attention_mask"][window].argmax())
        covers = own[own[:, 0] >= 0]
        whole = found.owner[window] == 0 and covers[0, 0] <= span[0] and covers[-1, 1] >= span[1]
        if whole:
            starts.append(window)
            assert (own[first - shift, 0], own[last - shift, 1]) == span
            text = tokenizer.decode(batch["input_ids"][window, first : last + 1])
            assert text.replace(" .", ".") == answer.lower()
        else:
            assert first == last == shift  # the first token of the window
    assert starts
    tokenizer.padding_side = "right"


def test_an_answer_that_fits_no_window_has_no_place(tokenizer: Any) -> None:
    found = windows(tokenizer, [QUESTION], [CONTEXT], [(0, len(CONTEXT))], 30, 10)
    assert len(found) > 2 and not found.targets.any()
    assert not windows(tokenizer, [QUESTION], ["a"], [(1, 1)], 30, 10).targets.any()


def test_a_long_question_leaves_half_of_the_room(tokenizer: Any) -> None:
    found = windows(tokenizer, ["we " * 100], [CONTEXT], [None], 33, 4)
    for window in range(len(found)):
        assert found.lengths[window] <= 33
        ids = found.batch(np.array([window]))["input_ids"][0].tolist()
        assert ids[:17].count(tokenizer.convert_tokens_to_ids("we")) == 15
    covered = {tuple(span) for span in found.spans.tolist() if span[0] >= 0}
    everything = tokenizer(CONTEXT, return_offsets_mapping=True, add_special_tokens=False)
    assert covered == set(everything["offset_mapping"])


@pytest.mark.parametrize(
    ("length", "room", "stride"), [(100, 10, 4), (7, 7, 3), (0, 5, 1), (9, 4, 99)]
)
def test_cuts_cover_everything(length: int, room: int, stride: int) -> None:
    pieces = cuts(length, room, stride)
    assert pieces[0][0] == 0 and pieces[-1][1] == length
    assert {place for begin, end in pieces for place in range(begin, end)} == set(range(length))
    for (begin, end), (next_begin, _) in pairwise(pieces):
        assert end - begin == room and end - next_begin == min(stride, room // 2)


def test_the_best_spans_are_those_of_brute_force() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        starts, ends, covers, every = [], [], [], {}
        for window in range(rng.integers(1, 4)):
            size = int(rng.integers(3, 50))
            start, end = rng.normal(size=size), rng.normal(size=size)
            start[-1] = -np.inf  # padding
            spans = np.array([(5 * token, 5 * token + 4) for token in range(size)], np.int32)
            spans += 20 * window  # windows overlap
            spans[:3] = -1
            for first in range(3, size):
                for last in range(first, min(first + 6, size)):
                    place = (int(spans[first, 0]), int(spans[last, 1]))
                    score = start[first] + end[last]
                    if np.isfinite(score):
                        every[place] = max(score, every.get(place, -np.inf))
            starts.append(start)
            ends.append(end)
            covers.append(spans)
        found, nothing = best_spans(starts, ends, covers, most_tokens=6, best=8)
        ranked = sorted(every.values(), reverse=True)[:8]
        assert [one.score for one in found] == pytest.approx(ranked)
        assert all(every[one.start, one.end] == pytest.approx(one.score) for one in found)
        assert nothing == pytest.approx(min(s[0] + e[0] for s, e in zip(starts, ends, strict=True)))
        shares = probabilities(found, nothing)
        assert shares.sum() == pytest.approx(1) and len(shares) == len(found) + 1
        if len(found) > 1:
            ratio = np.exp(found[0].score - found[1].score)
            assert shares[0] / shares[1] == pytest.approx(ratio)


def test_a_context_without_tokens_has_no_span() -> None:
    spans = np.full((4, 2), -1, np.int32)
    found, nothing = best_spans([np.arange(4.0)], [np.arange(4.0)], [spans])
    assert found == [] and nothing == 0
    assert probabilities(found, nothing).tolist() == [1.0]
