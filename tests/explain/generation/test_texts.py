"""Answers to texts, against plain loops of single looks, and against captum."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pellucid.errors import DataError
from pellucid.explain.generation.asking import Opened, rows_of_prompts
from pellucid.explain.generation.explain import Question, explain_rows, explain_writing
from pellucid.explain.methods import WRITING
from pellucid.explain.spec import ExplainSpec

from .conftest import likelihoods, slopes

ANSWER = "so it is"
SYSTEM = {"role": "system", "content": "be kind"}
PROMPTS = [
    "is it so?",
    [SYSTEM, {"role": "user", "content": "why not, then"}],
    [
        {"role": "user", "content": "one user"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": "and user three"},
    ],
]


def explained(opened: Opened, prompts: list[Any], method: str = "occlusion", **changes: Any) -> Any:
    settings = {"answer": ANSWER, **changes}
    spec = settings.pop("spec", ExplainSpec())
    rows = rows_of_prompts(prompts, chats=opened.chats)
    return explain_rows(opened, rows, Question(method, spec, **settings))


def tokens(opened: Opened, text: str) -> tuple[list[int], list[tuple[int, int]]]:
    found = opened.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    return found["input_ids"], found["offset_mapping"]


def words_at(text: str, words: list[str], after: list[int]) -> list[tuple[int, int]]:
    """Find words in a text, each behind some place."""
    starts = [text.index(word, place) for word, place in zip(words, after, strict=True)]
    return [(start, start + len(word)) for start, word in zip(starts, words, strict=True)]


@pytest.mark.parametrize("method", WRITING)
def test_only_what_users_say_is_cut_into_words(chat: Opened, method: str) -> None:
    found = explained(chat, PROMPTS, method)
    assert [one.segments for one in found] == [
        ("is", "it", "so", "?"),
        ("why", "not", ",", "then"),
        ("one", "user", "and", "user", "three"),
    ]
    assert [one.columns for one in found] == [("1",) * 4, ("2",) * 4, ("1", "1", "3", "3", "3")]
    assert all(one.answer == ANSWER for one in found)
    assert all(one.scores.shape == (len(ANSWER), len(one.segments)) for one in found)
    assert all(np.isfinite(one.scores).all() for one in found)


def test_other_speakers_can_be_asked_about_too(chat: Opened) -> None:
    (found,) = explained(chat, PROMPTS[1:2], speakers=("system", "user"))
    assert found.segments == ("be", "kind", "why", "not", ",", "then")
    assert found.columns == ("1", "1", "2", "2", "2", "2")
    (alone,) = explained(chat, PROMPTS[1:2])
    assert np.allclose(found.scores[:, 2:], alone.scores, atol=1e-5)


def test_leaving_out_is_what_single_looks_say(chat: Opened) -> None:
    """Each word replaced by hand, each token of the answer looked at by itself."""
    (found,) = explained(chat, PROMPTS[1:2])
    prompt, places = tokens(chat, found.prompt)
    answer, _ = tokens(chat, ANSWER)
    with torch.no_grad():
        whole = likelihoods(chat.model, prompt, answer).numpy()
        first = found.prompt.index("why")
        spans = words_at(found.prompt, list(found.segments), [first] * 4)
        for place, (start, end) in enumerate(spans):
            changed = [
                chat.tokenizer.pad_token_id if start <= a < end else token
                for token, (a, _) in zip(prompt, places, strict=True)
            ]
            assert changed != prompt
            without = likelihoods(chat.model, changed, answer).numpy()
            assert np.allclose(found.scores[:, place], whole - without, atol=1e-5)
        for place in range(len(answer) - 1):
            changed = [*answer]
            changed[place] = chat.tokenizer.pad_token_id
            for later in range(len(answer)):
                ids = torch.tensor([[*prompt, *changed[:later]]])
                told = chat.model(input_ids=ids).logits[0, -1].double().log_softmax(-1)
                expected = float(whole[later] - told[answer[later]])
                assert found.earlier[later, place] == pytest.approx(expected, abs=1e-5)
    assert np.allclose(found.outputs, whole, atol=1e-5)
    assert not np.triu(found.earlier).any()


def test_gradients_are_those_of_one_backward_for_each_token(chat: Opened) -> None:
    (found,) = explained(chat, PROMPTS[:1], "input_x_gradient")
    prompt, places = tokens(chat, found.prompt)
    answer, _ = tokens(chat, ANSWER)
    embedded, gradients = slopes(chat.model, prompt, answer)
    each = (gradients * embedded).sum(-1)
    begin = found.prompt.index("is it")
    spans = words_at(found.prompt, ["is", "it", "so", "?"], [begin, begin, begin, begin])
    for place, (start, end) in enumerate(spans):
        own = [at for at, (a, _) in enumerate(places) if start <= a < end]
        assert np.allclose(found.scores[:, place], each[:, own].sum(1), atol=1e-5)
    behind = each[:, len(prompt) : -1]
    assert np.allclose(found.earlier[:, :-1], behind, atol=1e-5)
    total = found.scores.sum(1) + found.earlier.sum(1) + found.special
    assert np.allclose(total, each.sum(1), atol=1e-5)


def test_integrated_gradients_add_up(chat: Opened) -> None:
    spec = ExplainSpec(steps=8, max_steps=512, tolerance=0.01)
    for one in explained(chat, PROMPTS, "integrated_gradients", spec=spec):
        largest = np.abs(one.outputs - one.baseline_outputs).max()
        assert np.abs(one.completeness_error).max() <= 0.01 * largest
        assert one.complete


def test_integrated_gradients_are_the_mean_of_gradients_on_the_way(chat: Opened) -> None:
    spec = ExplainSpec(steps=6, max_steps=6)
    (found,) = explained(chat, PROMPTS[:1], "integrated_gradients", spec=spec, earlier=False)
    prompt, _ = tokens(chat, found.prompt)
    answer, _ = tokens(chat, ANSWER)
    layer = chat.model.get_input_embeddings()
    begin = found.prompt.index("is it")
    base = list(prompt)
    names, places = tokens(chat, found.prompt)
    assert names == prompt
    spans = words_at(found.prompt, list(found.segments), [begin] * 4)
    owner = [
        next((n for n, (start, end) in enumerate(spans) if start <= a < end), -1) for a, _ in places
    ]
    base = [
        chat.tokenizer.pad_token_id if own >= 0 else token
        for own, token in zip(owner, prompt, strict=True)
    ]
    nodes, weights = np.polynomial.legendre.leggauss(6)
    expected = np.zeros((len(answer), 4))
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        for place, token in enumerate(answer):
            ends = [
                layer(torch.tensor([[*side, *answer[:place]]])).detach() for side in (base, prompt)
            ]
            leaf = (ends[0] + node * (ends[1] - ends[0])).float().requires_grad_()
            told = chat.model(inputs_embeds=leaf).logits[0, -1].log_softmax(-1)[token]
            (slope,) = torch.autograd.grad(told, leaf)
            each = (slope * (ends[1] - ends[0])).sum(-1)[0]
            for at, own in enumerate(owner):
                if own >= 0:
                    expected[place, own] += weight * float(each[at])
    assert np.allclose(found.scores, expected, atol=1e-5)
    assert not found.earlier.any()


@pytest.mark.parametrize("method", WRITING)
def test_many_prompts_are_as_if_each_were_alone(chat: Opened, method: str) -> None:
    spec = ExplainSpec(steps=4, max_steps=4)
    answers = ["so it is", "no", "who knows"]
    together = explained(chat, PROMPTS, method, spec=spec, answer=answers)
    for one, prompt, answer in zip(together, PROMPTS, answers, strict=True):
        (alone,) = explained(chat, [prompt], method, spec=spec, answer=answer)
        for name in ("scores", "earlier", "special", "outputs", "baseline_outputs"):
            assert np.allclose(getattr(one, name), getattr(alone, name), atol=1e-5), name


def test_the_side_of_the_padding_is_no_matter(tmp_path: Path) -> None:
    from pellucid.explain.generation.asking import open_model

    from .conftest import written

    sides = []
    for side in ("left", "right"):
        opened = open_model(str(written("gpt2", tmp_path / side, chats=True)))
        opened.tokenizer.padding_side = side
        sides.append([one.scores for one in explained(opened, PROMPTS)])
    for left, right in zip(*sides, strict=True):
        assert np.array_equal(left, right)


def test_a_whole_message_is_one_segment(chat: Opened) -> None:
    (found,) = explained(chat, PROMPTS[2:], by="messages")
    assert found.segments == ("one user", "and user three")
    prompt, places = tokens(chat, found.prompt)
    answer, _ = tokens(chat, ANSWER)
    spans = [(found.prompt.index("one user"), 8), (found.prompt.index("and user"), 14)]
    with torch.no_grad():
        whole = likelihoods(chat.model, prompt, answer).numpy()
        for place, (start, size) in enumerate(spans):
            changed = [
                chat.tokenizer.pad_token_id
                if start <= a < start + size and found.prompt[a] != " "
                else token
                for token, (a, _) in zip(prompt, places, strict=True)
            ]
            without = likelihoods(chat.model, changed, answer).numpy()
            assert np.allclose(found.scores[:, place], whole - without, atol=1e-5)


def test_the_answer_is_what_the_model_writes(chat: Opened) -> None:
    (found,) = explained(chat, PROMPTS[:1], answer=None)
    prompt, _ = tokens(chat, found.prompt)
    written = chat.model.generate(
        input_ids=torch.tensor([prompt]), do_sample=False, max_new_tokens=chat.new_tokens,
        pad_token_id=0, attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
        output_scores=True, return_dict_in_generate=True,
    )  # fmt: skip
    told = chat.model.compute_transition_scores(
        written.sequences, written.scores, normalize_logits=True
    )[0]
    assert np.allclose(found.outputs, told[: len(found.outputs)].numpy(), atol=1e-4)
    text = chat.tokenizer.decode(written.sequences[0, len(prompt) :], skip_special_tokens=True)
    assert found.answer.strip() == text.strip()


def test_captum_says_the_same(plain: Opened) -> None:
    """Single letters are words, so captum's tokens are our segments."""
    from captum.attr import FeatureAblation, LLMAttribution, TextTokenInput

    text = "a b c d"
    model, words = plain.model, plain.tokenizer
    inp = TextTokenInput(f"<s>{text}", words, baselines=words.pad_token_id)
    (ours,) = explained(plain, [text], answer=" e f")
    letters = [1, 3, 5, 7]  # behind the first token, with spaces between them
    # What captum keeps from token to token is read in another way by transformers 5.
    found = LLMAttribution(FeatureAblation(model), words).attribute(
        inp, target=" e f", use_cached_outputs=False
    )
    assert np.allclose(ours.scores, found.token_attr[:, letters].numpy(), atol=1e-4)
    assert np.allclose(ours.whole, found.seq_attr[letters].numpy(), atol=1e-4)


def test_captum_integrates_the_same(plain: Opened) -> None:
    from captum.attr import LayerIntegratedGradients, LLMGradientAttribution, TextTokenInput

    text = "abc"  # one word, whose baseline is captum's
    model, words = plain.model, plain.tokenizer
    spec = ExplainSpec(steps=8, max_steps=8)
    (ours,) = explained(
        plain, [text], "integrated_gradients", answer=" e f", spec=spec, earlier=False
    )
    inp = TextTokenInput(
        f"<s>{text}", words, baselines=words.pad_token_id, skip_tokens=[words.bos_token_id]
    )
    method = LayerIntegratedGradients(model, model.get_input_embeddings())
    found = LLMGradientAttribution(method, words).attribute(
        inp, target=" e f", n_steps=8, method="gausslegendre"
    )
    assert np.allclose(ours.scores[:, 0], found.token_attr.sum(1).numpy(), atol=1e-4)


def test_a_name_that_is_no_method_is_told(chat: Opened) -> None:
    with pytest.raises(DataError, match="input_x_gradient"):
        explained(chat, PROMPTS, "input_x_gradients")
    with pytest.raises(DataError, match="2 texts for 3 rows"):
        explained(chat, PROMPTS, answer=["a", "b"])


def test_messages_need_a_template(plain: Opened) -> None:
    with pytest.raises(DataError, match="no chat template"):
        explained(plain, PROMPTS)


def test_a_run_of_classes_is_refused(finished: Path) -> None:
    with pytest.raises(DataError, match="its answers are not written"):
        explain_writing(finished)
