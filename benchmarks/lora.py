"""Tune a random-weight chat model with LoRA: Pellucid against trl's SFTTrainer, tuned.

Both train the same model (a Llama of about 150 million parameters, or a billion with a GPU) with
low-rank weights of the same rank beside the same layers, on the same conversations, rendered by the
same chat template and cut at the same length, and learn the assistant's tokens only, in bf16 where
the device has it. SFTTrainer is tuned: ``--peer packing`` packs conversations into full sequences
(several to a sequence, as many sequences in a step as hold 32 conversations on average), ``--peer
grouped`` takes 32 conversations of like length. What is timed is the whole work, with loading,
rendering and tokenising, without importing libraries. Printed are the ratio of the times, the
conversations' tokens per second, and both models' loss on conversations that were held back, each
measured alike. With a GPU also the share of its peak: six floating-point operations for each token
and weight are counted, though LoRA needs but four of the weights that stay.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from . import record, sides
from .sides import Figures, timed

LENGTH = 512
BATCH = 32
RANK, ALPHA = 16, 32
RATE = 2e-4
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
SIZES = {"150M": (768, 12, 12, 4, 3072), "1B": (2048, 16, 32, 8, 8192), "5M": (128, 4, 4, 2, 512)}
"""Width, layers, heads, key-value heads, inner width of a model of about so many parameters."""

WORDS = 32_000
"""Rows of the embeddings; the tokenizer, which is learnt from the conversations, uses fewer."""

PEAKS = {"H100": 989e12, "H200": 989e12, "A100": 312e12}
"""Most bf16 operations per second of a GPU, as its maker states them."""

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] }}<|im_end|>"
    "{% endgeneration %}{% else %}{{ message['content'] }}<|im_end|>{% endif %}\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def options(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--data", type=Path, default=record.data("chat_demos"))
    command.add_argument("--parameters", choices=list(SIZES), help="150M; 1B with a GPU")
    command.add_argument("--rows", type=int, default=0, help="use only so many rows; 0: all")
    command.add_argument("--epochs", type=int, default=1)
    command.add_argument("--peer", choices=["packing", "grouped"], default="packing")
    command.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    sides.options(command)


def main(chosen: argparse.Namespace) -> None:
    """Run both sides in turn and print the ratio of their times."""
    if chosen.quick:
        chosen.rows, chosen.seeds = chosen.rows or 96, 1
        chosen.parameters = chosen.parameters or "5M"
    if chosen.side:
        side = _pellucid if chosen.side == "pellucid" else _trl
        sides.answer({chosen.side: lambda: side(chosen)}, chosen.side)
        return
    peer = f"trl {chosen.peer}"
    with TemporaryDirectory() as name:
        place = Path(name)
        parameters = _prepare(place, chosen)
        passed = ["--epochs", str(chosen.epochs), "--peer", chosen.peer]
        found = sides.run("lora", ["pellucid", peer], chosen.seeds, [*passed, "--place", name])
    lines = [
        *sides.ratios(found, peer, "pellucid"),
        *sides.means(found, "tokens per second", "tokens per second"),
        *sides.means(found, "share of peak", "share of the chip's peak"),
        *sides.means(found, "loss", "loss on held-out conversations"),
    ]
    print("\n".join(lines))
    if chosen.record:
        passed += ["--rows", str(chosen.rows), "--seeds", str(chosen.seeds)]
        record.append(f"lora {' '.join(passed)} ({parameters:,} parameters)", lines)


def _prepare(place: Path, chosen: argparse.Namespace) -> int:
    """Write conversations, tokenizer and model; return the model's parameters."""
    from pellucid import device

    device.prepare()
    import torch
    from transformers import AutoModelForCausalLM, LlamaConfig

    from .learning.random_model import write_tokenizer

    asked = json.loads((chosen.data / "alpaca_en_demo.json").read_text(encoding="utf-8"))
    rows = [
        {
            "messages": [
                {
                    "role": "user",
                    "content": "\n".join(filter(None, (each["instruction"], each["input"]))),
                },
                {"role": "assistant", "content": each["output"]},
            ]
        }
        for each in asked
        if each["output"].strip()
    ]
    rows = rows[: chosen.rows or len(rows)]
    for number, row in enumerate(rows):
        row["split"] = ("train", "validation", "test")[max(number % 10 - 7, 0)]  # type: ignore[assignment]
    with (place / "chats.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    folder = place / "model"
    texts = [message["content"] for row in rows for message in row["messages"]]
    tokenizer = write_tokenizer(folder, texts, WORDS)
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    usual = "1B" if torch.cuda.is_available() else "150M"
    width, layers, heads, shared, inner = SIZES[chosen.parameters or usual]
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=WORDS,
        hidden_size=width,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=shared,
        max_position_embeddings=2048,
        tie_word_embeddings=False,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.save_pretrained(folder)
    return int(sum(weight.numel() for weight in model.parameters()))


def _pellucid(chosen: argparse.Namespace) -> Figures:
    from pellucid import device

    device.prepare()
    import peft  # noqa: F401 - not measured
    from transformers.models.llama import modeling_llama  # noqa: F401

    from pellucid import Recipe, execute
    from pellucid.core import training  # noqa: F401

    place = chosen.place
    raw: dict[str, Any] = {
        "name": f"pellucid-{chosen.seed}",
        "data": {"source": str(place / "chats.jsonl"), "split": {"column": "split"}},
        "model": {
            "name": str(place / "model"),
            "task": "chat",
            "max_length": LENGTH,
            "adapt": {"kind": "lora", "rank": RANK, "alpha": ALPHA, "targets": TARGETS},
        },
        "train": {
            "epochs": chosen.epochs,
            "batch_size": BATCH,
            "learning_rate": RATE,
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
    from pellucid import device

    device.prepare()
    import torch
    from datasets import load_dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.models.llama import modeling_llama  # noqa: F401 - imports are not measured
    from trl import SFTConfig, SFTTrainer

    place = chosen.place
    found = device.choose()
    figures: Figures = {}
    with timed(figures):
        torch.manual_seed(chosen.seed)
        tokenizer = AutoTokenizer.from_pretrained(place / "model")
        rows = load_dataset("json", data_files=str(place / "chats.jsonl"), split="train").map(
            lambda row: {"prompt": row["messages"][:-1], "completion": row["messages"][-1:]},
            remove_columns=["messages"],
        )
        parts = {
            name: rows.filter(lambda row, name=name: row["split"] == name).remove_columns("split")
            for name in ("train", "validation")
        }
        packing = chosen.peer == "packing"
        size, steps = BATCH, -(-len(parts["train"]) // BATCH)
        if packing:
            # As many sequences as hold 32 conversations, so that both sides take as many steps.
            tokens = sum(
                _lengths(tokenizer, parts["train"]["prompt"], parts["train"]["completion"])
            )
            size = max(1, round(tokens / LENGTH / steps))
        trained = SFTTrainer(
            AutoModelForCausalLM.from_pretrained(place / "model", dtype=torch.float32),
            args=SFTConfig(
                output_dir=str(place / f"trl-{chosen.seed}"),
                num_train_epochs=chosen.epochs,
                per_device_train_batch_size=size,
                per_device_eval_batch_size=size,
                learning_rate=RATE,
                warmup_steps=-(-steps * chosen.epochs * 6 // 100),
                lr_scheduler_type="linear",
                max_grad_norm=1.0,
                seed=chosen.seed,
                max_length=LENGTH,
                packing=packing,
                train_sampling_strategy="random" if packing else "group_by_length",
                gradient_checkpointing=False,
                bf16=found.precision == "bf16",
                use_cpu=found.kind == "cpu",
                eval_strategy="epoch",
                save_strategy="epoch",
                report_to="none",
                disable_tqdm=True,
                dataloader_pin_memory=torch.cuda.is_available(),
            ),
            train_dataset=parts["train"],
            eval_dataset=parts["validation"],
            processing_class=tokenizer,
            peft_config=LoraConfig(
                r=RANK,
                lora_alpha=ALPHA,
                lora_dropout=0.0,
                target_modules=TARGETS,
                task_type="CAUSAL_LM",
            ),
        )
        trained.train()
        merged = trained.model.merge_and_unload()
        merged.save_pretrained(place / f"merged-{chosen.seed}")
        tokenizer.save_pretrained(place / f"merged-{chosen.seed}")
    return _judged(figures, chosen, place / f"merged-{chosen.seed}")


def _judged(figures: Figures, chosen: argparse.Namespace, folder: Path) -> Figures:
    """Add tokens per second, and the loss on the conversations that were held back."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    lines = (chosen.place / "chats.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    tokenizer = AutoTokenizer.from_pretrained(chosen.place / "model")
    of = {
        name: [row["messages"] for row in rows if row["split"] == name]
        for name in ("train", "test")
    }
    chats = of["train"]
    tokens = sum(_lengths(tokenizer, [chat[:-1] for chat in chats], [chat[-1:] for chat in chats]))
    tokens *= chosen.epochs
    figures["tokens per second"] = tokens / figures["seconds"]
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name(0)
        peak = next((peak for chip, peak in PEAKS.items() if chip in name), None)
        if peak is not None:
            weights = sum(weight.numel() for weight in model.parameters())
            figures["share of peak"] = 6 * weights * figures["tokens per second"] / peak
        model.to("cuda")
    nats, targets = 0.0, 0
    with torch.inference_mode():
        for chat in of["test"]:
            found = tokenizer.apply_chat_template(
                chat, return_dict=True, return_assistant_tokens_mask=True, return_tensors="pt"
            )
            ids = found["input_ids"][:, :LENGTH].to(model.device)
            mask = found["assistant_masks"][:, 1:LENGTH].bool().to(model.device)
            scores = model(input_ids=ids).logits[:, :-1].float().log_softmax(-1)
            each = scores.gather(-1, ids[:, 1:, None])[..., 0]
            nats -= float(each[mask].sum())
            targets += int(mask.sum())
    figures["loss"] = nats / max(targets, 1)
    return figures


def _lengths(tokenizer: Any, prompts: list[Any], answers: list[Any]) -> list[int]:
    """Count the tokens of conversations as both sides read them, cut at the same length."""
    return [
        min(
            len(tokenizer.apply_chat_template([*asked, *answered], return_dict=True)["input_ids"]),
            LENGTH,
        )
        for asked, answered in zip(prompts, answers, strict=True)
    ]
