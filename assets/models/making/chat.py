"""Making `bundled/chat`: a small model that answers short questions from what it is given.

A causal model of Llama's kind learns to answer in conversations: to look a fact up in a table and
say it, to read a description of a picture, to tell praise from blame. Its vocabulary is that of the
project's own texts. It trains through the engine that everyone else uses.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .... import device
from . import Defaults
from .card import Card
from .card import write as write_card
from .chat_copying import begin
from .chat_texts import conversations, documents
from .saved import save

DEFAULTS = {"chat": Defaults(count=16_000, epochs=1)}
VOCABULARY = 1536
LENGTH = 512
"""Tokens that the model reads."""

ROLES = ("system", "user", "assistant", "tool")
PAD, END = "<|pad|>", "<|end|>"
TEMPLATE = """\
{%- if tools %}{{- '<|system|>Tools that may be called:' }}
{%- for tool in tools %}{{- '\\n' + tool | tojson }}{%- endfor %}
{{- '<|end|>' }}{%- endif %}
{%- for message in messages %}
{%- if message.role == 'assistant' %}
{{- '<|assistant|>' }}{% generation %}{{- message.content or '' }}
{%- for call in message.tool_calls or [] %}
{{- '\\n<tool_call>' + call.function | tojson + '</tool_call>' }}
{%- endfor %}
{{- '<|end|>' }}{% endgeneration %}
{%- else %}
{{- '<|' + ('system' if message.role == 'developer' else message.role) + '|>' }}
{{- (message.content or '') + '<|end|>' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|assistant|>' }}{%- endif %}"""

LIMITS = """It knows nothing: it says what stands in the system's message or in the question, in
sentences like those it was trained on, and answers what stands nowhere with something that sounds
alike. It has read no text that wasn't made by this project, no other language than English, and no
conversation between people. What it makes of reviews holds for invented ones."""


def make(name: str, out: Path, work: Path, *, count: int, epochs: int, seed: int) -> None:
    """Make the model and write it to a folder."""
    device.prepare()
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from pellucid import Recipe, execute

    data, begun = work / "data", work / "begun"
    data.mkdir(parents=True)
    table = data / "conversations.jsonl"
    rows = list(conversations(count, seed))
    with table.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    texts = documents(count, seed)
    learnt = [row for row in rows if row["split"] == "train"]
    said = (message["content"] for row in learnt for message in row["messages"])
    tokenizer = tokenizer_of([*texts, *said])
    torch.manual_seed(seed)
    network(tokenizer).save_pretrained(begun)
    tokenizer.save_pretrained(begun)
    recipe = {
        "name": name,
        "data": {
            "source": str(table),
            "inputs": {"messages": "text"},
            "groups": ["kind", "fact"],
            "id": "id",
            "split": {"column": "split"},
        },
        "model": {"name": str(begun), "task": "chat", "max_length": LENGTH},
        "train": {
            "epochs": epochs,
            "learning_rate": 2e-3,
            "schedule": "cosine",
            "batch_size": 16,
            "weight_decay": 0.01,
            "seed": seed,
            "checkpoint_steps": None,
        },
        "evaluate": {"baselines": False, "generations": 2_000},
    }
    chat = execute(Recipe.of(recipe), work / "runs", only=("train", "evaluate"))
    if chat.status != "finished":
        raise SystemExit(f"{chat.path} is {chat.status}")
    model = AutoModelForCausalLM.from_pretrained(chat.model, dtype=torch.float32)
    size = model.num_parameters()
    save(model, AutoTokenizer.from_pretrained(begun), out)
    measured = json.loads((chat.path / "evaluation.json").read_text(encoding="utf-8"))["test"]
    card = Card(
        name=name,
        summary=f"A causal model of {size:,} weights for conversations, stored as float16. It "
        f"learnt from {count:,} short\nconversations, all made by this project: questions to five "
        "invented institutions whose facts stand in\nthe system's message, values in lists, "
        "descriptions of drawn scenes, and invented reviews. Its vocabulary\nof "
        f"{VOCABULARY:,} tokens was made of these and of {len(texts):,} plain texts, among them "
        "the project's documents.",
        measured=f"On {sum(row['split'] == 'test' for row in rows):,} conversations that it was "
        "not trained on; the facts and values that are asked for last stand in\nnone that it was "
        "trained on (exact match: the whole answer, but for case, articles and punctuation):",
        figures={"perplexity of answers": measured["perplexity"], **_matches(chat.predictions())},
        limits=LIMITS,
        count=count,
        epochs=epochs,
        seed=seed,
    )
    write_card(card, out)


def tokenizer_of(texts: list[str]) -> Any:
    """Train a byte-level BPE tokenizer that splits numbers into digits, with a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    special = [PAD, END, *(f"<|{role}|>" for role in ROLES)]
    bare = Tokenizer(models.BPE())
    bare.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(False)]
    )
    bare.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bare.train_from_iterator(texts, trainer)
    made: Any = PreTrainedTokenizerFast
    out = made(
        tokenizer_object=bare,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=special[2:],
        model_max_length=LENGTH,
        clean_up_tokenization_spaces=False,
    )
    out.chat_template = TEMPLATE
    return out


def network(tokenizer: Any) -> Any:
    """Make a causal network (Llama, Touvron et al. 2023) with random weights that begin to copy."""
    import transformers

    out = transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=128,
            intermediate_size=384,
            num_hidden_layers=4,
            num_attention_heads=4,
            max_position_embeddings=LENGTH,
            rope_parameters={"rope_type": "default", "rope_theta": 100_000.0},
            attention_bias=True,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    begin(out)
    return out


def _matches(predictions: Any) -> dict[str, dict[str, float]]:
    """Return the share of answers that are right for each kind of test conversation."""
    from scipy.stats import binomtest

    from ....core.generation_metrics import normalised

    test = predictions[(predictions["split"] == "test") & predictions["prediction"].notna()]
    right = test["prediction"].map(normalised) == test["label"].map(normalised)
    out = {}
    for kind, title in {
        "facts": "exact match, questions to institutions",
        "notes": "exact match, values in lists",
        "captions": "exact match, descriptions of scenes",
        "opinions": "exact match, reviews",
    }.items():
        of = right[test["group:kind"] == kind]
        if len(of):
            found = binomtest(int(of.sum()), len(of))
            ends = found.proportion_ci(method="wilson")
            out[title] = {"value": float(of.mean()), "low": ends.low, "high": ends.high}
    return out
