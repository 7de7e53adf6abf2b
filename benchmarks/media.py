"""Fine-tune on pictures, sounds and questions about pictures: Pellucid against Trainer.

Both sides start from the same weights and train on the same rows with the same epochs, batch size,
schedule and learning rate, evaluate the validation rows after each epoch and the test rows at the
end. Trainer reads files and calls the model's own processor in its collator, as its examples do.
What is timed is the whole work from reading the table to test predictions, without importing
libraries. Nothing is augmented.
"""

from __future__ import annotations

import argparse
import importlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import record as records
from . import sides
from .seen import KINDS, Kind, Row
from .sides import Figures, timed

OURS, THEIRS = "pellucid", "trainer"

CLASSIFYING = [name for name, kind in KINDS.items() if kind.model["task"] == "classification"]

USED = (
    "pellucid.core.training",
    "pellucid.multimodal.fusion.load",
    "sklearn.linear_model",
    "soundfile",
    "torch._dynamo",
    "torchaudio",
    "transformers.models.auto.feature_extraction_auto",
    "transformers.models.auto.image_processing_auto",
    "transformers.models.auto.tokenization_auto",
    "transformers.trainer",
)
"""What either side imports, now or at first use."""


def options(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--kind", choices=CLASSIFYING, required=True)
    command.add_argument("--epochs", type=int, default=3)
    command.add_argument("--rows", type=int, default=0, help="training rows; 0: all")
    command.add_argument("--against", choices=["default", "tuned"], default="default")
    sides.options(command)


def main(chosen: argparse.Namespace) -> None:
    """Run the sides in turn and print the ratios of their times."""
    if chosen.quick:
        chosen.epochs, chosen.rows, chosen.seeds = 1, chosen.rows or 500, 1
    if chosen.side:
        sides.answer({OURS: lambda: _ours(chosen), THEIRS: lambda: _theirs(chosen)}, chosen.side)
        return
    passed = ["--kind", chosen.kind, "--epochs", str(chosen.epochs), "--rows", str(chosen.rows)]
    passed += ["--against", chosen.against]
    found = sides.run("media", [OURS, THEIRS], chosen.seeds, passed)
    lines = sides.ratios(found, THEIRS, OURS) + sides.means(found, "accuracy", "test accuracy")
    print("\n".join(lines))
    if chosen.record:
        records.append(f"media {' '.join(passed)} --seeds {chosen.seeds}", lines)


def _recipe(chosen: argparse.Namespace, table: Path) -> dict[str, Any]:
    kind = KINDS[chosen.kind]
    kind.write(table, chosen.rows)
    # Trainer's own schedule, so that both learn alike.
    same = {"epochs": chosen.epochs, "schedule": "linear", "augment": []}
    return kind.recipe(table, "benchmark", chosen.seed, **same)


def _ours(chosen: argparse.Namespace) -> Figures:
    from pellucid import device

    _import()
    from pellucid import Recipe, execute
    from pellucid.core.predict import predictor

    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        raw = _recipe(chosen, Path(folder) / "rows.csv")
        recipe = Recipe.of(raw)
        with timed(figures):
            run = execute(recipe, Path(folder) / "runs", only=["train"])
            dataset = run.dataset()
            test = dataset.take(dataset.rows("test"))
            found = device.Device.from_json(run.environment["device"])
            scores = predictor(run, found)(test.samples())
    figures["accuracy"] = float((scores.argmax(axis=1) == test.codes).mean())
    return figures


def _import() -> None:
    """Import what either side uses, also what is loaded at first use only; it is not measured."""
    from pellucid import device

    device.prepare()
    for name in USED:
        importlib.import_module(name)


def _theirs(chosen: argparse.Namespace) -> Figures:
    _import()
    import pandas as pd
    import torch
    from transformers import Trainer, TrainingArguments

    class Fitted(Trainer):
        def compute_loss(self, model: Any, inputs: Any, **given: Any) -> Any:
            wanted = inputs.pop("labels")
            out = model(**inputs)
            loss = torch.nn.functional.cross_entropy(out.logits.float(), wanted)
            return (loss, {"logits": out.logits}) if given.get("return_outputs") else loss

    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        train = _recipe(chosen, Path(folder) / "rows.csv")["train"]
        with timed(figures):
            table = pd.read_csv(Path(folder) / "rows.csv", dtype=str)
            labels = sorted(table["label"].unique())
            parts = {
                name: table[table["split"] == name].to_dict("records")
                for name in ("train", "validation", "test")
            }
            torch.manual_seed(chosen.seed)
            model, collate = _usual(KINDS[chosen.kind], labels)
            steps = -(-len(parts["train"]) // train["batch_size"]) * chosen.epochs
            fitted = Fitted(
                model=model,
                args=TrainingArguments(
                    output_dir=str(Path(folder) / "out"),
                    num_train_epochs=chosen.epochs,
                    per_device_train_batch_size=train["batch_size"],
                    per_device_eval_batch_size=2 * train["batch_size"],
                    learning_rate=train["learning_rate"],
                    weight_decay=train.get("weight_decay", 0.0),
                    warmup_steps=-(-steps * 6 // 100),
                    seed=chosen.seed,
                    eval_strategy="epoch",
                    save_strategy="epoch",
                    save_total_limit=2,
                    load_best_model_at_end=True,
                    metric_for_best_model="accuracy",
                    remove_unused_columns=False,
                    label_names=["labels"],
                    report_to="none",
                    disable_tqdm=True,
                    **(_tuned() if chosen.against == "tuned" else {}),
                ),
                train_dataset=parts["train"],
                eval_dataset=parts["validation"],
                data_collator=collate,
                compute_metrics=lambda found: {
                    "accuracy": float((found.predictions.argmax(-1) == found.label_ids).mean())
                },
            )
            fitted.train()
            found = fitted.predict(parts["test"])
    figures["accuracy"] = float((found.predictions.argmax(-1) == found.label_ids).mean())
    return figures


def _tuned() -> dict[str, Any]:
    """Return what Trainer is told beside its defaults: bf16 where the device has it."""
    from pellucid import device

    found = device.choose()
    return {"bf16": found.precision == "bf16", "use_cpu": found.kind == "cpu"}


def _usual(kind: Kind, labels: list[str]) -> tuple[Any, Callable[[list[Row]], dict[str, Any]]]:
    """Return the model, and a collator that reads files and calls the model's own processors."""
    import soundfile
    import torch
    import torchaudio
    import transformers
    from PIL import Image

    from pellucid.multimodal.classifiers import auto_of
    from pellucid.multimodal.fusion.load import joined
    from pellucid.multimodal.sources import locate

    source = locate(kind.model["name"])
    if "question" in kind.inputs:
        texts = locate(kind.model["text_encoder"])
        tokenizer = transformers.AutoTokenizer.from_pretrained(texts.reference)
        model: Any = joined(source, texts, num_labels=len(labels))
    else:
        auto = getattr(transformers, auto_of(kind.inputs.values()))
        model = auto.from_pretrained(source.reference, num_labels=len(labels), dtype=torch.float32)
    reader = "AutoFeatureExtractor" if "audio" in kind.inputs else "AutoImageProcessor"
    processor = getattr(transformers, reader).from_pretrained(source.reference)

    def hear(path: Path) -> Any:
        wave, rate = soundfile.read(path, dtype="float32")
        wanted = processor.sampling_rate
        return torchaudio.functional.resample(torch.from_numpy(wave), rate, wanted).numpy()

    def collate(rows: list[Row]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        if "image" in kind.inputs:
            seen = [Image.open(kind.data / row["image"]).convert("RGB") for row in rows]
            out |= processor(images=seen, return_tensors="pt")
        if "audio" in kind.inputs:
            heard = [hear(kind.data / row["audio"]) for row in rows]
            rate = processor.sampling_rate
            out |= processor(heard, sampling_rate=rate, padding=True, return_tensors="pt")
        if "question" in kind.inputs:
            asked = [row["question"] for row in rows]
            out |= tokenizer(asked, padding=True, truncation=True, return_tensors="pt")
        out["labels"] = torch.tensor([labels.index(row["label"]) for row in rows])
        return out

    return model, collate
