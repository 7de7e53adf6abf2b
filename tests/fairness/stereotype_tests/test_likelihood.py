"""How likely models hold words: against transformers itself, one word at a time."""

from __future__ import annotations

import difflib

import numpy as np
import pytest
import torch

from pellucid.core.events import Progress
from pellucid.errors import DataError, ModelError
from pellucid.fairness.stereotype_tests import causal, likelihood, masked, pronouns
from pellucid.fairness.stereotype_tests.likelihood import Query, Scorer, log_likelihoods
from pellucid.fairness.stereotype_tests.opened import open_model

PAIRS = [
    ("The room was good, and our staff were kind.", "The desk was good, and our staff were kind."),
    ("We stayed there with the useless staff", "We stayed there with the very helpful staff"),
    ("he was slow", "she was slow"),
    ("messy desk and dirty room", "messy desk and dirty room"),
]
TEXTS = [text for pair in PAIRS for text in pair]


def one_by_one(scorer: Scorer, tokens: list[int], place: int) -> float:
    """Hide one token and guess it, as CrowS-Pairs' metric.py does."""
    shown = torch.tensor([tokens])
    shown[0, place] = scorer.tokenizer.mask_token_id
    with torch.no_grad():
        hidden = scorer.model(shown)[0].squeeze(0)[place]
    return float(torch.log_softmax(hidden, dim=0)[tokens[place]])


def crows_script(scorer: Scorer, one: str, two: str) -> tuple[float, float]:
    """Score a pair as the authors' script does."""
    first, second = (scorer.tokenizer.encode(text) for text in (one, two))
    matcher = difflib.SequenceMatcher(None, [str(x) for x in first], [str(x) for x in second])
    template: tuple[list[int], list[int]] = ([], [])
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            template[0].extend(range(a, b))
            template[1].extend(range(c, d))
    scores = [0.0, 0.0]
    for i in range(1, len(template[0]) - 1):  # [CLS] and [SEP] are never hidden
        scores[0] += one_by_one(scorer, first, template[0][i])
        scores[1] += one_by_one(scorer, second, template[1][i])
    return scores[0], scores[1]


def test_shared_words_are_scored_as_crows_pairs_script_does(masked_scorer):
    found = masked.shared(masked_scorer, *zip(*PAIRS, strict=True))
    wanted = np.array([crows_script(masked_scorer, *pair) for pair in PAIRS]).T
    np.testing.assert_allclose(found, wanted, atol=2e-4)
    assert found[0][3] == found[1][3]  # the same sentence twice
    assert abs(found[0][0] - found[1][0]) > 0.01  # the models' guesses are far from even


def test_differing_words_are_hidden_together(masked_scorer):
    pair = ("she told her staff", "he told his staff")
    one, two = (masked_scorer.tokenizer.encode(text) for text in pair)
    found = masked.differing(masked_scorer, [pair[0]], [pair[1]])
    matcher = difflib.SequenceMatcher(None, one, two)
    same = [(a, a + size) for a, _, size in matcher.get_matching_blocks()]
    places = [at for at in range(len(one)) if not any(a <= at < b for a, b in same)]
    shown = torch.tensor([one])
    shown[0, places] = masked_scorer.tokenizer.mask_token_id
    with torch.no_grad():
        guess = torch.log_softmax(masked_scorer.model(shown).logits[0], dim=1)
    assert len(places) > 1
    assert found[0][0] == pytest.approx(sum(float(guess[at, one[at]]) for at in places), abs=1e-4)


def test_blanks_are_filled_from_left_to_right(masked_scorer):
    tokenizer = masked_scorer.tokenizer
    context = "the staff were BLANK, and the room was good"
    words = ["kind", "red"]  # the second is three letters to this tokenizer
    assert [len(tokenizer.tokenize(word)) for word in words] == [1, 3]
    wanted = []
    for word in words:
        pieces = tokenizer.encode(word, add_special_tokens=False)
        chances = []
        for at, piece in enumerate(pieces):
            text = context.replace("BLANK", tokenizer.decode(pieces[:at]) + "[MASK]")
            shown = tokenizer(text, return_tensors="pt")["input_ids"]
            where = shown[0].tolist().index(tokenizer.mask_token_id)
            with torch.no_grad():
                chances.append(masked_scorer.model(shown).logits[0, where].softmax(0)[piece].item())
        wanted.append(np.mean(chances))
    np.testing.assert_allclose(
        masked.blanks(masked_scorer, [context] * 2, words), wanted, rtol=1e-3
    )


def test_answers_of_masked_models_are_scored_behind_their_prompts(masked_scorer):
    prompt, answer = "who was rude?", "the staff, we"
    tokens = masked_scorer.tokenizer.encode(f"{prompt} {answer}")
    count = len(masked_scorer.tokenizer.tokenize(answer))
    summed, number = masked.continuations(masked_scorer, [prompt], [answer])
    places = range(len(tokens) - 1 - count, len(tokens) - 1)
    wanted = sum(one_by_one(masked_scorer, tokens, at) for at in places)
    assert number[0] == count and summed[0] == pytest.approx(wanted, abs=2e-4)


def test_sentences_of_causal_models_have_the_loss_of_transformers(causal_scorer):
    summed, count = causal.sentences(causal_scorer, TEXTS)
    begin = causal.start(causal_scorer.tokenizer)
    assert len(begin) == 1
    for text, nats, tokens in zip(TEXTS, summed, count, strict=True):
        ids = torch.tensor([begin + causal_scorer.tokenizer.encode(text, add_special_tokens=False)])
        with torch.no_grad():
            loss = float(causal_scorer.model(ids, labels=ids).loss)
        assert tokens == ids.shape[1] - 1
        assert nats / tokens == pytest.approx(-loss, abs=1e-4)


def test_answers_of_causal_models_are_scored_behind_their_prompts(causal_scorer):
    tokenizer = causal_scorer.tokenizer
    prompt, answer = "the desk told the nurse", "that she was slow"
    summed, count = causal.continuations(causal_scorer, [prompt], [answer])
    asked = tokenizer.encode(prompt, add_special_tokens=False)
    told = tokenizer.encode(f" {answer}", add_special_tokens=False)
    ids = torch.tensor([[*causal.start(tokenizer), *asked, *told]])
    labels = ids.clone()
    labels[0, : -len(told)] = -100
    with torch.no_grad():
        loss = float(causal_scorer.model(ids, labels=labels).loss)
    assert count[0] == len(told) and summed[0] == pytest.approx(-loss * len(told), abs=1e-3)


def test_pronouns_of_causal_models_are_weighed_by_the_whole_sentence(causal_scorer):
    one, two = pronouns.versions(causal_scorer, ["she was slow"], ["he was slow"])
    assert one[0] == causal.sentences(causal_scorer, ["she was slow"])[0][0]
    assert one[0] != two[0]


def test_batches_and_memory_change_nothing(masked_scorer, monkeypatch):
    tokens = [masked_scorer.tokenizer.encode(text) for text in TEXTS]
    queries = [Query(one, [at], [one[at]]) for one in tokens for at in range(len(one))]
    whole = np.concatenate(log_likelihoods(masked_scorer, queries))
    real, sizes = likelihood._guess, []

    def scarce(scorer, shown, asked):
        sizes.append(len(shown))
        if len(shown) > 2:
            raise RuntimeError("out of memory")
        return real(scorer, shown, asked)

    monkeypatch.setattr(likelihood, "_guess", scarce)
    np.testing.assert_allclose(
        np.concatenate(log_likelihoods(masked_scorer, queries)), whole, atol=1e-5
    )
    # Queries of one sequence share a pass, and two of these sentences are the same.
    assert max(sizes) == len(TEXTS) - 1


def test_progress_is_told_and_a_cancelled_job_ends(masked_scorer):
    told = []
    scorer = Scorer(masked_scorer.model, masked_scorer.tokenizer, "masked", "m", emit=told.append)
    masked.shared(scorer, *zip(*PAIRS, strict=True))
    assert isinstance(told[-1], Progress) and told[-1].done == told[-1].total > 0

    def cancelled() -> None:
        raise KeyboardInterrupt

    scorer = Scorer(masked_scorer.model, masked_scorer.tokenizer, "masked", "m", check=cancelled)
    with pytest.raises(KeyboardInterrupt):
        masked.shared(scorer, *zip(*PAIRS, strict=True))


def test_long_texts_and_models_that_guess_no_words_are_refused(masked_scorer, tiny_model):
    with pytest.raises(DataError, match="this model reads 64"):
        masked.shared(masked_scorer, ["good " * 80 + "desk"], ["good " * 80 + "room"])
    with pytest.raises(ModelError, match="without a head for guessing words"):
        open_model(tiny_model)


def test_kinds_are_told_by_the_configuration(masked_scorer, causal_scorer):
    assert (masked_scorer.kind, causal_scorer.kind) == ("masked", "causal")
