"""How segments are grouped: by halves, by parts, and words as shap's masker does it."""

from __future__ import annotations

import numpy as np
import pytest
import shap
import transformers
from scipy.cluster.hierarchy import is_valid_linkage

from pellucid.multimodal.hierarchy import Hierarchy, halved, together
from pellucid.multimodal.text.hierarchy import hierarchy
from pellucid.multimodal.text.segments import words

RNG = np.random.default_rng(3)


def groups(found: Hierarchy) -> list[list[int]]:
    """Return the segments of each pair."""
    count = len(found) + 1
    members = [[number] for number in range(count)]
    for left, right, _, size in found:
        members.append(sorted(members[int(left)] + members[int(right)]))
        assert len(members[-1]) == size
    return members[count:]


def test_pictures_are_halved_along_their_longer_side() -> None:
    down, across = np.mgrid[:2, :4]
    found = groups(halved(np.stack([down.ravel(), across.ravel()], 1).astype(float)))
    assert found[-1] == list(range(8))
    assert [0, 1, 4, 5] in found and [2, 3, 6, 7] in found
    assert halved(np.zeros((5, 2))).shape == (4, 4)  # all at one place


def test_sounds_are_halved_in_time_before_frequency() -> None:
    columns, bands = np.arange(12) % 3, np.arange(12) // 3
    found = groups(halved(np.stack([columns, bands], 1).astype(float), in_turn=True))
    columns_alone = [[column, column + 3, column + 6, column + 9] for column in range(3)]
    assert all(one in found for one in columns_alone)


@pytest.mark.parametrize("count", [2, 3, 17, 64])
def test_hierarchies_are_scipys_and_balanced(count: int) -> None:
    found = halved(RNG.normal(size=(count, 2)))
    assert is_valid_linkage(found)
    sizes = [len(one) for one in groups(found)]
    depth = np.ceil(np.log2(count))
    assert sum(sizes) <= count * depth and sizes[-1] == count


@pytest.mark.parametrize("count", [0, 1])
def test_few_segments_need_no_pairs(count: int) -> None:
    assert halved(np.zeros((count, 2))).shape == (0, 4)
    assert hierarchy(["so"] * count).shape == (0, 4)


def test_parts_stay_together() -> None:
    one, two = halved(np.arange(3.0)[:, None]), halved(np.arange(2.0)[:, None])
    numbers = [np.array([0, 2, 4]), np.array([], int), np.array([1, 3])]
    found = together([(one, numbers[0]), (halved(np.empty((0, 1))), numbers[1]), (two, numbers[2])])
    own = groups(found)
    assert [0, 2, 4] in own and [1, 3] in own and own[-1] == [0, 1, 2, 3, 4]
    assert is_valid_linkage(found)
    assert together([]).shape == (0, 4)


def test_words_are_grouped_as_shap_groups_tokens() -> None:
    text = "the room was warm and bright, but the staff were rude. we stayed there"
    tokens = [one.text for one in words((text,))]
    known = dict.fromkeys([*tokens, "[MASK]"])
    vocabulary = {token: number for number, token in enumerate(known)}
    from tokenizers import Tokenizer, models, pre_tokenizers

    plain = Tokenizer(models.WordLevel(vocabulary, unk_token="[MASK]"))
    plain.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=plain, mask_token="[MASK]")
    right = shap.maskers.Text(tokenizer).clustering(text)
    np.testing.assert_allclose(hierarchy(tokens), right)
    own = groups(hierarchy(tokens))
    assert [0, 1] in own and own[-1] == list(range(len(tokens)))
