"""Tune a random-weight model that sees and writes with LoRA: Pellucid against trl's SFTTrainer.

Both train the same LLaVA (CLIP's vision transformer of six layers and width 192, which stays as it
is, and a Llama of six layers and width 256) with low-rank weights of the same rank beside the same
layers of connector and language model, on the same conversations: a drawn scene, three questions
about it and its description. These are rendered by the same chat template, and the assistant's
tokens alone are learnt, in bf16 where the device has it. Trainer's bundled collator reads and
processes the pictures of each batch; with a GPU four worker processes do that ahead. What is timed
is the whole work from the table and the pictures' files to the saved adapter, with validation after
each epoch, without importing libraries. Printed are the ratio of the times, the conversations'
tokens per second, how many weights are learnt, and both models' loss on conversations that were
held back, each measured alike.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from . import record, sides
from .sides import Figures, timed

OURS, THEIRS = "pellucid", "trl"
SIDE, PATCH, DRAWN = 96, 16, 128
"""Pixels of a side that the model sees, of one of its patches, and of the pictures' files."""

QUESTIONS = 3
ASKED = "Describe the picture."
WORDS = 2000
LENGTH = 512
BATCH = 32
RANK, ALPHA = 8, 16
RATE = 1e-3
LAYERS = (
    r".*(?:language_model\..*\.(?:[qkvo]_proj|(?:gate|up|down)_proj)"
    r"|multi_modal_projector\.linear_[12])"
)
"""The layers that Pellucid puts low-rank weights beside by itself, as peft takes their names."""

PICTURE = "<image>"
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% set parts = message['content'] %}"
    "{% if parts is string %}{% set parts = [{'type': 'text', 'text': parts}] %}{% endif %}"
    "{% if message['role'] == 'assistant' %}"
    "{% generation %}{% for part in parts %}{{ part['text'] }}{% endfor %}<|im_end|>"
    "{% endgeneration %}"
    "{% else %}{% for part in parts %}"
    "{{ '<image>\n' if part['type'] == 'image' else part['text'] }}"
    "{% endfor %}<|im_end|>{% endif %}\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def options(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--rows", type=int, default=800, help="conversations, the held-out too")
    command.add_argument("--epochs", type=int, default=3)
    command.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    sides.options(command)


def main(chosen: argparse.Namespace) -> None:
    """Run both sides in turn and print the ratio of their times."""
    if chosen.quick:
        chosen.rows, chosen.epochs, chosen.seeds = min(chosen.rows, 80), 1, 1
    if chosen.side:
        sides.answer({OURS: lambda: _pellucid(chosen), THEIRS: lambda: _trl(chosen)}, chosen.side)
        return
    passed = ["--rows", str(chosen.rows), "--epochs", str(chosen.epochs)]
    with TemporaryDirectory() as name:
        _prepare(Path(name), chosen.rows)
        found = sides.run("vlm", [OURS, THEIRS], chosen.seeds, [*passed, "--place", name])
    lines = [
        *sides.ratios(found, THEIRS, OURS),
        *sides.means(found, "tokens per second", "tokens per second"),
        *sides.means(found, "weights", "weights learnt"),
        *sides.means(found, "loss", "loss on held-out conversations"),
    ]
    print("\n".join(lines))
    if chosen.record:
        record.append(f"vlm {' '.join(passed)} --seeds {chosen.seeds}", lines)


def _prepare(place: Path, count: int) -> None:
    """Write pictures, conversations, processor and model."""
    import numpy as np

    from pellucid.assets.samples import scenes

    rows = []
    for number in range(count):
        rng = np.random.default_rng([7, number])
        shown = scenes.scene(rng)
        scenes.draw(shown, DRAWN).save(place / f"{number}.png")
        asked = scenes.questions(shown, rng)
        order = rng.permutation(len(asked))[:QUESTIONS]
        said = [(asked[one].text, asked[one].answer) for one in order]
        rows.append(
            {
                "messages": [
                    {"role": role, "content": text}
                    for pair in [*said, (ASKED, scenes.caption(shown, rng))]
                    for role, text in zip(("user", "assistant"), pair, strict=True)
                ],
                "images": [f"{number}.png"],
                "split": ("train", "validation", "test")[max(number % 10 - 7, 0)],
            }
        )
    lines = [json.dumps(row) + "\n" for row in rows]
    (place / "chats.jsonl").write_text("".join(lines), encoding="utf-8")
    write_model(place / "model", [said["content"] for row in rows for said in row["messages"]])


def write_model(folder: Path, texts: Sequence[str]) -> None:
    """Write an untrained LLaVA and its processor, whose words are learnt from texts."""
    from pellucid import device

    device.prepare()
    import torch
    import transformers

    from .learning.random_model import write_tokenizer

    tokenizer = write_tokenizer(folder, texts, WORDS)
    tokenizer.add_tokens([PICTURE], special_tokens=True)
    processor = transformers.LlavaProcessor(
        transformers.CLIPImageProcessor(
            size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}
        ),
        tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=TEMPLATE,
    )
    processor.save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.LlavaConfig(
        vision_config=transformers.CLIPVisionConfig(
            hidden_size=192,
            intermediate_size=768,
            num_hidden_layers=6,
            num_attention_heads=6,
            image_size=SIDE,
            patch_size=PATCH,
        ),
        text_config=transformers.LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=256,
            intermediate_size=768,
            num_hidden_layers=6,
            num_attention_heads=8,
            num_key_value_heads=8,
            max_position_embeddings=LENGTH,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        ),
        image_token_index=tokenizer.convert_tokens_to_ids(PICTURE),
        image_seq_length=(SIDE // PATCH) ** 2,
    )
    transformers.LlavaForConditionalGeneration(config).save_pretrained(folder)


def _pellucid(chosen: argparse.Namespace) -> Figures:
    _import()
    from pellucid import Recipe, execute

    place = chosen.place
    raw: dict[str, Any] = {
        "name": f"pellucid-{chosen.seed}",
        "data": {"source": str(place / "chats.jsonl"), "split": {"column": "split"}},
        "model": {
            "name": str(place / "model"),
            "task": "chat",
            "max_length": LENGTH,
            "adapt": {"kind": "lora", "rank": RANK, "alpha": ALPHA, "merge": False},
        },
        "train": {
            "epochs": chosen.epochs,
            "batch_size": BATCH,
            "learning_rate": RATE,
            "schedule": "linear",
            "seed": chosen.seed,
            "checkpoint_steps": None,
            "sample_generations": 0,
        },
    }
    figures: Figures = {}
    with timed(figures):
        run = execute(Recipe.of(raw), place / "runs", only=["train"])
    return _judged(figures, chosen, run.path / "model")


def _trl(chosen: argparse.Namespace) -> Figures:
    _import()
    import torch
    from datasets import Image, List, load_dataset
    from peft import LoraConfig
    from transformers import AutoModelForImageTextToText, AutoProcessor
    from trl import SFTConfig, SFTTrainer

    from pellucid import device

    place, found = chosen.place, device.choose()
    on_gpu = found.kind == "cuda"
    figures: Figures = {}
    with timed(figures):
        torch.manual_seed(chosen.seed)
        processor = AutoProcessor.from_pretrained(place / "model")
        rows = load_dataset("json", data_files=str(place / "chats.jsonl"), split="train")
        rows = rows.map(lambda row: {"images": [str(place / one) for one in row["images"]]})
        rows = rows.cast_column("images", List(Image()))
        splits = rows["split"]
        parts = {
            name: rows.select([row for row, split in enumerate(splits) if split == name])
            for name in ("train", "validation")
        }
        steps = -(-len(parts["train"]) // BATCH) * chosen.epochs
        trained = SFTTrainer(
            AutoModelForImageTextToText.from_pretrained(place / "model", dtype=torch.float32),
            args=SFTConfig(
                output_dir=str(place / f"trl-{chosen.seed}"),
                num_train_epochs=chosen.epochs,
                per_device_train_batch_size=BATCH,
                per_device_eval_batch_size=2 * BATCH,
                learning_rate=RATE,
                warmup_steps=-(-steps * 6 // 100),
                lr_scheduler_type="linear",
                max_grad_norm=1.0,
                seed=chosen.seed,
                max_length=LENGTH,
                assistant_only_loss=True,
                gradient_checkpointing=False,
                bf16=found.precision == "bf16",
                use_cpu=found.kind == "cpu",
                eval_strategy="epoch",
                save_strategy="epoch",
                report_to="none",
                disable_tqdm=True,
                dataloader_pin_memory=on_gpu,
                dataloader_num_workers=4 if on_gpu else 0,
            ),
            train_dataset=parts["train"],
            eval_dataset=parts["validation"],
            processing_class=processor,
            peft_config=LoraConfig(
                r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=LAYERS
            ),
        )
        trained.train()
        trained.save_model(str(place / f"adapter-{chosen.seed}"))
    return _judged(figures, chosen, place / f"adapter-{chosen.seed}")


def _import() -> None:
    """Import what both sides use; it is not measured."""
    from pellucid import device

    device.prepare()
    import datasets  # noqa: F401
    import peft  # noqa: F401
    import trl.trainer.sft_trainer  # noqa: F401
    from transformers.models.clip import modeling_clip  # noqa: F401
    from transformers.models.llama import modeling_llama  # noqa: F401
    from transformers.models.llava import modeling_llava  # noqa: F401

    from pellucid.core import training  # noqa: F401
    from pellucid.multimodal.vision_language import reader  # noqa: F401


def _judged(figures: Figures, chosen: argparse.Namespace, adapter: Path) -> Figures:
    """Add tokens per second, the weights of the adapter, and the loss on what was held back."""
    import torch
    from peft import PeftModel
    from PIL import Image
    from safetensors.torch import load_file
    from transformers import AutoModelForImageTextToText, AutoProcessor

    place = chosen.place
    processor = AutoProcessor.from_pretrained(place / "model")
    lines = (place / "chats.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]

    def read(row: Any) -> Any:
        picture = {"type": "image", "image": Image.open(place / row["images"][0]).convert("RGB")}
        first, *others = row["messages"]
        seen = {**first, "content": [picture, {"type": "text", "text": first["content"]}]}
        return processor.apply_chat_template(
            [seen, *({**one, "content": [_text(one)]} for one in others)],
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            return_assistant_tokens_mask=True,
        )

    tokens = sum(read(row)["input_ids"].shape[1] for row in rows if row["split"] == "train")
    figures["tokens per second"] = tokens * chosen.epochs / figures["seconds"]
    brought = load_file(adapter / "adapter_model.safetensors")
    figures["weights"] = sum(weight.numel() for weight in brought.values())
    base = AutoModelForImageTextToText.from_pretrained(place / "model", dtype=torch.float32)
    model = PeftModel.from_pretrained(base, adapter).eval()
    nats, targets = 0.0, 0
    with torch.inference_mode():
        for row in rows:
            if row["split"] != "test":
                continue
            found = read(row)
            mask = found.pop("assistant_masks")[:, 1:].bool()
            scores = model(**found).logits[:, :-1].float().log_softmax(-1)
            each = scores.gather(-1, found["input_ids"][:, 1:, None])[..., 0]
            nats -= float(each[mask].sum())
            targets += int(mask.sum())
    figures["loss"] = nats / max(targets, 1)
    return figures


def _text(message: dict[str, str]) -> dict[str, str]:
    return {"type": "text", "text": message["content"]}
