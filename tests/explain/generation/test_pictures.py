"""Answers about pictures, in every family of models that write about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from pellucid.benchmarks.learning.random_writers import FAMILIES, SIDE, write
from pellucid.explain.generation.asking import Opened, open_model, rows_of_prompts
from pellucid.explain.generation.explain import Question, explain_rows
from pellucid.explain.generation.writing import Writing
from pellucid.explain.spec import ExplainSpec
from pellucid.multimodal.text.chat.messages import Conversation

ANSWER = "dim"
SPEC = ExplainSpec.model_validate({"segments": {"image": "patches", "count": 4}, "steps": 8})


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Draw a picture that no processor has to resize."""
    file = tmp_path_factory.mktemp("pictures") / "one.png"
    pixels = np.random.default_rng(3).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(file)
    return str(file)


@pytest.fixture(scope="module", params=list(FAMILIES))
def opened(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """Load one family's model."""
    folder: Path = tmp_path_factory.mktemp("models") / request.param
    write(request.param, folder)
    return open_model(str(folder))


def asked(picture: str, *texts: str) -> list[Any]:
    """Ask about the picture; the first prompt shows it, others ask without one."""
    shown = [{"type": "image"}, {"type": "text", "text": texts[0]}]
    first = Conversation(({"role": "user", "content": shown},), pictures=(picture,))
    return [first, *texts[1:]]


def explained(opened: Opened, prompts: list[Any], method: str, **changes: Any) -> list[Writing]:
    rows = rows_of_prompts(prompts, chats=True)
    settings = {"answer": ANSWER, **changes}
    return explain_rows(opened, rows, Question(method, SPEC, **settings))


def inputs(opened: Opened, found: Writing, picture: Image.Image) -> dict[str, torch.Tensor]:
    """Return what the processor itself makes of prompt and answer, as the model is trained."""
    processor, tail = opened.processor, {}
    prompt = found.prompt
    if "paligemma" in opened.name:  # its processor ends a prompt, and knows what an answer is
        prompt, tail = prompt.removesuffix("\n"), {"suffix": [ANSWER]}
    else:
        prompt += ANSWER
    given = processor(
        text=[prompt], images=[[picture]], return_tensors="pt",
        **({} if tail else {"add_special_tokens": False}), **tail,
    )  # fmt: skip
    return {name: value for name, value in given.items() if name != "labels"}


def told(opened: Opened, given: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return the log-probability of each token of the answer."""
    answer = opened.tokenizer(ANSWER, add_special_tokens=False)["input_ids"]
    ids = given["input_ids"][0].tolist()
    last = len(ids) - ids[::-1].index(answer[-1])
    assert ids[last - len(answer) : last] == answer
    logits = opened.model(**given).logits[0, last - len(answer) - 1 : last - 1]
    chosen = logits.double().log_softmax(-1)
    return chosen[torch.arange(len(answer)), torch.tensor(answer)]


def test_leaving_out_is_what_the_processor_makes_of_it(opened: Opened, picture: str) -> None:
    """Patches painted over by hand, then given to the processor, one at a time."""
    (found,) = explained(opened, asked(picture, "is it dim?"), "occlusion")
    whole = Image.open(picture).convert("RGB")
    (_, (outline, span)) = found.outlines()
    labels, pixels = outline.labels, np.asarray(whole)
    assert labels.shape == pixels.shape[:2]
    assert span.stop - span.start == labels.max() + 1
    with torch.no_grad():
        expected = told(opened, inputs(opened, found, whole)).numpy()
        assert np.allclose(found.outputs, expected, atol=2e-3)
        for piece in range(labels.max() + 1):
            painted = pixels.copy()
            painted[labels == piece] = pixels.mean(axis=(0, 1)).round().astype(np.uint8)
            given = inputs(opened, found, Image.fromarray(painted))
            without = told(opened, given).numpy()
            scores = found.scores[:, span][:, piece]
            assert np.allclose(scores, expected - without, atol=4e-3)


def test_gradients_are_those_of_one_backward_for_each_token(opened: Opened, picture: str) -> None:
    (found,) = explained(opened, asked(picture, "is it dim?"), "input_x_gradient")
    given = inputs(opened, found, Image.open(picture).convert("RGB"))
    plain = given["pixel_values"].float()
    pixels = plain.clone().requires_grad_()
    layer = opened.model.get_input_embeddings()
    kept: list[torch.Tensor] = []

    def watch(_module: Any, _given: Any, output: torch.Tensor) -> torch.Tensor:
        kept.append(output.detach().requires_grad_())
        return kept[-1].clone()

    handle = layer.register_forward_hook(watch)
    numbers = told(opened, {**given, "pixel_values": pixels})
    handle.remove()
    (_, (_, span)) = found.outlines()
    for token, number in enumerate(numbers):
        seen, read = torch.autograd.grad(number, (pixels, kept[0]), retain_graph=True)
        own = found.scores[token, span].sum()
        assert own == pytest.approx(float((seen * plain).sum()), abs=5e-3, rel=5e-2)
        summed = found.scores[token].sum() + found.earlier[token].sum() + found.special[token]
        expected = float((seen * plain).sum() + (read * kept[0].detach()).sum())
        assert summed == pytest.approx(expected, abs=5e-3, rel=5e-2)


@pytest.mark.parametrize("method", ["occlusion", "input_x_gradient", "integrated_gradients"])
def test_prompts_with_and_without_pictures_go_together(
    opened: Opened, picture: str, method: str
) -> None:
    prompts = asked(picture, "is it dim?", "or is it not, what do you say?")
    if "paligemma" in opened.name:
        prompts = prompts[:1] * 2  # its plain template always shows one
    together = explained(opened, prompts, method)
    for one, prompt in zip(together, prompts, strict=True):
        (alone,) = explained(opened, [prompt], method)
        assert one.segments == alone.segments
        assert np.allclose(one.scores, alone.scores, atol=1e-4)
        assert np.allclose(one.outputs, alone.outputs, atol=1e-4)


def test_what_is_written_is_what_the_model_was_asked(opened: Opened, picture: str) -> None:
    """The answer's own log-probabilities are those of generating it."""
    (found,) = explained(opened, asked(picture, "is it dim?"), "occlusion", answer=None)
    text = found.prompt.removesuffix("\n") if "paligemma" in opened.name else found.prompt
    given = opened.processor(
        text=[text], images=[[Image.open(picture).convert("RGB")]], return_tensors="pt",
        **({} if "paligemma" in opened.name else {"add_special_tokens": False}),
    )  # fmt: skip
    given.pop("labels", None)
    count = len(found.tokens)
    with torch.no_grad():
        written = opened.model.generate(
            **given, max_new_tokens=count, do_sample=False, output_scores=True,
            return_dict_in_generate=True,
        )  # fmt: skip
    chosen = opened.model.compute_transition_scores(
        written.sequences, written.scores, normalize_logits=True
    )
    assert np.allclose(found.outputs[:4], chosen[0, : min(count, 4)].numpy(), atol=5e-3)


def test_two_pictures_are_told_apart(tmp_path: Path) -> None:
    write("llava", tmp_path / "model")
    opened = open_model(str(tmp_path / "model"))
    rng = np.random.default_rng(1)
    files = []
    for name in ("one", "two"):
        Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)).save(
            tmp_path / f"{name}.png"
        )
        files.append(str(tmp_path / f"{name}.png"))
    content = [{"type": "image"}, {"type": "text", "text": " or "}, {"type": "image"}]
    both = Conversation(({"role": "user", "content": content},), pictures=tuple(files))
    for method in ("occlusion", "input_x_gradient"):
        (found,) = explained(opened, [both], method)
        assert found.columns == ("1", *[files[0]] * 4, *[files[1]] * 4)
        _, (_, first), (_, second) = found.outlines()
        assert not np.allclose(found.scores[:, first], found.scores[:, second], atol=1e-6)
    assert json.dumps(found.drawn[1].outline)
