"""Attribute a chat model's answers to the words of their prompts: Pellucid against captum.

Both leave each word of a prompt out by putting the padding token in its place, and ask how likely
every token of a given answer then is. captum's `LLMAttribution` with `FeatureAblation` is measured
with one look for each token, as it comes, and with one look for each copy
(``forward_in_tokens=False``), its quickest way. The keys and values that it keeps from token to
token are switched off: with transformers 5 they lead to other scores. It is given tokens and words
that are found already; Pellucid renders, tokenises and finds them within its time. The scores must
agree.
"""

from __future__ import annotations

import argparse
import json
from importlib import resources
from typing import Any

import numpy as np
import torch

from . import record as records
from . import sides
from .sides import Figures, timed

OURS, DEFAULT, TUNED = "pellucid", "captum default", "captum tuned"
NEAR = 1e-3
"""Nats by which scores of one word may differ."""


def options(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--model", default="bundled/chat", help="a causal language model")
    command.add_argument("--prompts", type=int, default=40)
    sides.options(command)


def main(chosen: argparse.Namespace) -> None:
    """Run the sides in turn and print the ratios of their times."""
    if chosen.quick:
        chosen.prompts, chosen.seeds = min(chosen.prompts, 4), 1
    if chosen.side:
        work = _Work(chosen.model, chosen.prompts)
        made = {OURS: work.ours, DEFAULT: work.default, TUNED: work.tuned}
        sides.answer(made, chosen.side)
        return
    passed = ["--model", chosen.model, "--prompts", str(chosen.prompts)]
    found = sides.run("llm-attribution", [OURS, DEFAULT, TUNED], chosen.seeds, passed)
    lines = [line for peer in (DEFAULT, TUNED) for line in sides.ratios(found, peer, OURS)]
    sums = [[run["checksum"] for run in runs] for runs in found.values()]
    apart = float(np.ptp(np.array(sums), axis=0).max())
    if apart > NEAR * chosen.prompts:
        raise SystemExit(f"the sides disagree: mean absolute scores are {apart:.2g} nats apart")
    lines += sides.means(found, "evaluations", "copies that were looked at")
    lines.append(f"mean absolute scores of words agree to {apart:.1e} nats")
    print("\n".join(lines))
    if chosen.record:
        records.append(f"llm-attribution --seeds {chosen.seeds} {' '.join(passed)}", lines)


class _Work:
    """The model, and prompts with answers from the bundled chats."""

    def __init__(self, model: str, count: int) -> None:
        from pellucid.explain.generation.asking import Row, open_model
        from pellucid.multimodal.text.chat.messages import Conversation

        self.opened = open_model(model)
        text = resources.files("pellucid.assets.samples").joinpath("chats.jsonl").read_text("utf-8")
        self.rows, self.answers = [], []
        for number, line in enumerate(text.splitlines()):
            messages = json.loads(line)["messages"]
            if messages[-1]["role"] != "assistant" or not messages[-1]["content"].strip():
                continue
            asked = Conversation(tuple(messages[:-1]))
            self.rows.append(Row(str(number), asked))
            self.answers.append(messages[-1]["content"])
            if len(self.rows) == count:
                break

    def ours(self) -> Figures:
        """Explain all prompts at once."""
        from pellucid.explain.generation.explain import Question, explain_rows
        from pellucid.explain.spec import ExplainSpec

        question = Question("occlusion", ExplainSpec(), answer=tuple(self.answers), earlier=False)
        explain_rows(
            self.opened, self.rows[:1], Question("occlusion", ExplainSpec(), self.answers[0])
        )
        figures: Figures = {}
        with timed(figures):
            found = explain_rows(self.opened, self.rows, question)
        figures["evaluations"] = sum(one.evaluations for one in found)
        return {**figures, "checksum": _sum([one.scores for one in found])}

    def default(self) -> Figures:
        """Explain one prompt after the other, one look for each token."""
        return self._captum(use_cached_outputs=False)

    def tuned(self) -> Figures:
        """Explain one prompt after the other, one look for each copy."""
        return self._captum(forward_in_tokens=False)

    def _captum(self, **settings: Any) -> Figures:
        from captum.attr import FeatureAblation, LLMAttribution

        from pellucid.explain.generation.asking import prompts_of

        prompts, _, _ = prompts_of(self.opened, self.rows, self.answers)
        tokenizer, model = self.opened.tokenizer, self.opened.model
        method = LLMAttribution(FeatureAblation(model), tokenizer)
        given = [(_words(one, int(tokenizer.pad_token_id)), one.answer) for one in prompts]
        figures: Figures = {}
        method.attribute(given[0][0], target=torch.from_numpy(given[0][1]), **settings)
        scores = []
        with timed(figures):
            for words, answer in given:
                found = method.attribute(words, target=torch.from_numpy(answer), **settings)
                scores.append(found.token_attr.numpy())
        figures["evaluations"] = sum(len(one.words) + 1 for one in prompts)
        return {**figures, "checksum": _sum(scores)}


def _words(prompt: Any, pad: int) -> Any:
    """Return a prompt whose features are its words, as captum takes one."""
    from captum.attr import TextTokenInput  # captum refuses inputs of other kinds

    whole, owners = torch.from_numpy(prompt.tokens)[None], torch.from_numpy(prompt.owners)

    class Words(TextTokenInput):
        def __init__(self) -> None:
            self.values = [one.text for one in prompt.words]
            self.n_itp_features = len(self.values)

        def to_tensor(self) -> torch.Tensor:
            return torch.ones(1, self.n_itp_features)

        def to_model_input(self, perturbed_tensor: Any = None) -> torch.Tensor:
            if perturbed_tensor is None:
                return whole
            gone = perturbed_tensor[0] == 0
            out = whole.clone()
            out[0, (owners >= 0) & gone[owners.clamp(min=0)]] = pad
            return out

        def format_attr(self, itp_attr: torch.Tensor) -> torch.Tensor:
            return itp_attr

    return Words()


def _sum(scores: list[Any]) -> float:
    return float(sum(np.abs(one).mean() for one in scores))
