"""Making `bundled/vlm`: a small model that answers questions about drawn scenes.

The first stages of `bundled/image` see, a layer of attention looks around (a hybrid vision
transformer, `transformers.DPTModel`), and a small model of Llama's kind writes; LLaVA (Liu et al.
2023) joins them. All of it learns together, from conversations about scenes that the project draws,
through the engine that everyone else uses.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .... import device
from . import Defaults
from .card import Card
from .card import write as write_card
from .encoders import SIDE, image_processor
from .saved import save
from .vlm_scenes import CAPTION, PLACE, descriptions, talk, varied

DEFAULTS = {"vlm": Defaults(count=14_000, epochs=3)}
VOCABULARY = 1024
LENGTH = 512
"""Tokens that the model reads."""

PATCH = 16
"""Pixels of a side of what becomes one token."""

HELD = 20
"""One of so many scenes chooses the checkpoint, and one of so many is measured."""

TURNS = 4
"""Most questions in one conversation: the more, the more of a picture can be read from answers."""

MEASURED = 2
"""Questions about each scene that is measured."""

PAD, END, IMAGE = "<|pad|>", "<|end|>", "<image>"
ROLES = ("system", "user", "assistant")
TEMPLATE = """\
{%- for message in messages %}
{%- set parts = message.content or '' %}
{%- if parts is string %}{% set parts = [{'type': 'text', 'text': parts}] %}{% endif %}
{{- '<|' + message.role + '|>' }}
{%- if message.role == 'assistant' %}{% generation %}
{%- for part in parts %}{{- ' ' + part.text }}{% endfor %}
{{- '<|end|>' }}{% endgeneration %}
{%- else %}
{%- for part in parts %}{{- '<image>' if part.type == 'image' else ' ' + part.text }}{% endfor %}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|assistant|>' }}{% endif %}"""

TITLES = {
    "colour": "exact match, which colour",
    "shape": "exact match, which shape",
    "largest": "exact match, shape or colour of the largest",
    "presence": "exact match, whether something is there",
    "count": "exact match, how many",
    "side": "exact match, whether left, right, above, below",
    PLACE: "exact match, where in the picture",
    CAPTION: "descriptions that are true in every word",
}

LIMITS = """It has seen nothing but drawn shapes, one to three of six kinds, in eleven colours on
pale papers, at 64 × 64 pixels. It has never seen a photograph, and says of one what it would say of
such a scene. It reads no writing, knows nothing, and speaks in the few words of its questions;
others have to be taught to it. Of several pictures in one conversation it has learnt nothing."""


def make(name: str, out: Path, work: Path, *, count: int, epochs: int, seed: int) -> None:
    """Make the model and write it to a folder."""
    device.prepare()
    import torch
    from transformers import AutoModelForImageTextToText

    from pellucid import Recipe, execute

    data, begun = work / "data", work / "begun"
    data.mkdir(parents=True)
    rows = list(conversations(data, count, seed))
    table = data / "conversations.jsonl"
    table.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    learnt = [row["messages"] for row in rows if row["split"] == "train"]
    processor = processor_of([one["content"] for messages in learnt for one in messages])
    torch.manual_seed(seed)
    network(processor.tokenizer).save_pretrained(begun)
    processor.save_pretrained(begun)
    measured = sum(row["split"] == "test" for row in rows)
    recipe: dict[str, Any] = {
        "name": name,
        "data": {
            "source": str(table),
            "folder": str(data),
            "groups": ["kind"],
            "id": "id",
            "split": {"column": "split"},
        },
        "model": {
            "name": str(begun),
            "task": "chat",
            "max_length": LENGTH,
            "adapt": {"parts": ["vision", "connector", "language"]},
        },
        "train": {
            "epochs": epochs,
            "learning_rate": 1e-3,
            "schedule": "cosine",
            "batch_size": 32,
            "weight_decay": 0.02,
            "seed": seed,
            "checkpoint_steps": None,
        },
        "evaluate": {"baselines": False, "splits": ["test"], "generations": measured},
    }
    run = execute(Recipe.of(recipe), work / "runs", only=("train", "evaluate"))
    if run.status != "finished":
        raise SystemExit(f"{run.path} is {run.status}")
    model = AutoModelForImageTextToText.from_pretrained(run.model, dtype=torch.float32)
    size = model.num_parameters()
    save(model, processor, out)
    card = Card(
        name=name,
        summary=f"A model of {size:,} weights that answers questions about a picture, stored as "
        f"float16; its\nvocabulary has {VOCABULARY:,} tokens, and a picture takes "
        f"{(SIDE // PATCH) ** 2} of them. It sees by the first stages of\nbundled/image. It learnt "
        f"from conversations about {count:,} drawn scenes, all made by this project.",
        measured=f"On {measured:,} questions about scenes that it was not trained on:",
        figures=_matches(run.predictions(), seed),
        limits=LIMITS,
        count=count,
        epochs=epochs,
        seed=seed,
    )
    write_card(card, out)


def conversations(folder: Path, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Draw scenes into a folder, and give conversations about them.

    About a scene that is learnt from several questions stand in one conversation, so that it is
    seen once for all of them; about others one.
    """
    from ...samples.scenes_drawing import draw

    for number in range(count):
        rng = np.random.default_rng([seed, number])
        one = varied(rng)
        asked = talk(one, rng)
        file = f"{number:06d}.png"
        draw(one, SIDE).save(folder / file)
        split = {0: "validation", 1: "test"}.get(number % HELD, "train")
        if split != "train":
            asked = asked[:MEASURED]
        parts = -(-len(asked) // TURNS) if split == "train" else len(asked)
        for place, turns in enumerate(asked[part::parts] for part in range(parts)):
            messages = [
                message
                for question in turns
                for message in (
                    {"role": "user", "content": question.text},
                    {"role": "assistant", "content": question.answer},
                )
            ]
            messages[0]["content"] = IMAGE + messages[0]["content"]
            yield {
                "id": f"{number}-{place}",
                "messages": messages,
                "images": [file],
                "kind": turns[-1].asks,
                "split": split,
            }


def processor_of(texts: Sequence[str]) -> Any:
    """Train a byte-level BPE tokenizer on texts and reviews, and join it to an image processor."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlavaProcessor, PreTrainedTokenizerFast

    special = [PAD, IMAGE, END, *(f"<|{role}|>" for role in ROLES)]
    bare = Tokenizer(models.BPE())
    bare.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bare.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    said = [" " + text.removeprefix(IMAGE) for text in texts]
    bare.train_from_iterator([*said, *_reviews()], trainer)
    made: Any = PreTrainedTokenizerFast
    tokenizer = made(
        tokenizer_object=bare,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=special[3:],
        extra_special_tokens={"image_token": IMAGE},
        model_max_length=LENGTH,
        clean_up_tokenization_spaces=False,
    )
    joined: Any = LlavaProcessor
    return joined(
        image_processor(),
        tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=TEMPLATE,
    )


def _reviews() -> list[str]:
    """Return the sample's reviews, whose words are those of ordinary English."""
    from ...samples import reviews

    file = Path(reviews.__file__).with_name("reviews.csv")
    with file.open(encoding="utf-8", newline="") as rows:
        return [" " + row["text"] for row in csv.DictReader(rows)]


def network(tokenizer: Any) -> Any:
    """Make the network: what sees comes from `bundled/image`, all else has random weights."""
    import torch
    import transformers

    from ....multimodal.sources import locate

    made: Any = transformers
    source = locate("bundled/image").reference
    seeing = transformers.AutoModel.from_pretrained(source, dtype=torch.float32)
    known = seeing.config
    stages = ["stage1", "stage2", "stage3"]  # the fourth leaves 2 × 2 places, too few to say where
    tower = made.DPTConfig(
        is_hybrid=True,
        backbone_config=made.ResNetConfig(
            embedding_size=known.embedding_size,
            hidden_sizes=known.hidden_sizes[:3],
            depths=known.depths[:3],
            layer_type=known.layer_type,
            out_features=stages,
        ),
        backbone_featmap_shape=[1, known.hidden_sizes[2], SIDE // PATCH, SIDE // PATCH],
        image_size=SIDE,
        patch_size=PATCH,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=1,
        num_attention_heads=4,
        initializer_range=0.05,
    )
    writer = made.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=320,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=LENGTH,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        initializer_range=0.05,
    )
    model = made.LlavaForConditionalGeneration(
        made.LlavaConfig(
            vision_config=tower,
            text_config=writer,
            image_token_index=tokenizer.convert_tokens_to_ids(IMAGE),
            image_seq_length=(SIDE // PATCH) ** 2,
            vision_feature_layer=-1,
            vision_feature_select_strategy="default",
            tie_word_embeddings=True,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    embeddings = model.model.vision_tower.embeddings
    # They begin at zero otherwise, and the writer can't tell places apart before they have grown.
    torch.nn.init.normal_(embeddings.position_embeddings, std=0.3)
    backbone = embeddings.backbone
    weights = seeing.state_dict()
    backbone.load_state_dict({key: weights[key] for key in backbone.state_dict()})
    return model


def _matches(predictions: Any, seed: int) -> dict[str, dict[str, float]]:
    """Return the share of right answers for each kind of question, by Wilson's interval."""
    from scipy.stats import binomtest

    test = predictions[(predictions["split"] == "test") & predictions["prediction"].notna()]
    right = test["prediction"] == test["label"]
    described = test["group:kind"] == CAPTION
    for row in test.index[described]:
        number = int(str(test.at[row, "id"]).split("-")[0])
        one = varied(np.random.default_rng([seed, number]))
        right[row] = test.at[row, "prediction"] in descriptions(one)
    groups = {title: right[test["group:kind"] == kind] for kind, title in TITLES.items()}
    groups = {"exact match, all questions": right[~described], **groups}
    out = {}
    for title, of in groups.items():
        if len(of):
            ends = binomtest(int(of.sum()), len(of)).proportion_ci(method="wilson")
            out[title] = {"value": float(of.mean()), "low": ends.low, "high": ends.high}
    return out
