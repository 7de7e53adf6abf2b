"""Fine-tuning MiniLM on rt_polarity: the two sides that `finetune` and `head` compare.

Both start from the same weights and train on the same rows at batch size 32, with the same epochs,
schedule (6% warm-up, linear decay), learning rate, dropout, clipping and maximum length, and
evaluate the validation rows after each epoch and the test rows at the end. What is timed is the
whole work from reading the table to test predictions, without importing libraries.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .sides import Figures, timed

LENGTH = 256


@dataclass(frozen=True)
class Work:
    """What both sides do.

    Attributes
    ----------
    data
        Folder with rt_polarity.csv.
    rows
        How many of its rows, 0 for all.
    epochs, seed, learning_rate
        As both sides take them.
    head
        Whether only the head is trained.
    """

    data: Path
    rows: int
    epochs: int
    seed: int
    learning_rate: float = 5e-5
    head: bool = False

    @contextmanager
    def table(self) -> Iterator[Path]:
        """Write the rows with a split column, so that both sides read the same ones."""
        import numpy as np
        import pandas as pd

        table = pd.read_csv(self.data / "rt_polarity.csv").sample(frac=1, random_state=0)
        if self.rows:
            table = table.head(self.rows)
        names = np.array(["train"] * 8 + ["validation", "test"])
        table["split"] = names[np.arange(len(table)) % 10]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.csv"
            table.to_csv(path, index=False)
            yield path


def pellucid(work: Work, **train: Any) -> Figures:
    """Train and test with Pellucid; `train` changes keys of the recipe's section."""
    from pellucid import device

    device.prepare()
    from transformers.models.bert import modeling_bert  # noqa: F401 - imports are not measured

    from pellucid import Recipe, execute
    from pellucid.core import training  # noqa: F401
    from pellucid.core.predict import predictor

    figures: Figures = {}
    with work.table() as path:
        raw: dict[str, Any] = {
            "name": "benchmark",
            "data": {
                "source": str(path),
                "inputs": {"text": "text"},
                "label": "label",
                "split": {"column": "split"},
            },
            "model": {
                "name": "bundled/minilm",
                "max_length": LENGTH,
                "adapt": "head" if work.head else "full",
            },
            "train": {
                "epochs": work.epochs,
                "seed": work.seed,
                "learning_rate": work.learning_rate,
                "checkpoint_steps": None,
                "early_stopping": {"patience": 0, "metric": "accuracy"},
                **train,
            },
        }
        with timed(figures):
            run = execute(Recipe.of(raw), path.parent / "runs", only=["train"])
            dataset = run.dataset()
            test = dataset.take(dataset.rows("test"))
            found = device.Device.from_json(run.environment["device"])
            scores = predictor(run, found)(test.samples())
    figures["accuracy"] = float((scores.argmax(axis=1) == test.codes).mean())
    return figures


def trainer(work: Work, settings: Literal["default", "tuned"]) -> Figures:
    """Train and test with transformers.Trainer and dynamic padding.

    Tuned: bf16 where the device has it, batches grouped by length, four times as many samples
    in a batch of evaluation. Default: Trainer's other defaults.
    """
    from pellucid import device

    device.prepare()
    import pandas as pd
    import torch
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
    )
    from transformers.models.bert import modeling_bert  # noqa: F401

    from pellucid.multimodal.models import locate

    class Rows(torch.utils.data.Dataset):  # type: ignore[type-arg]
        def __init__(self, table: pd.DataFrame) -> None:
            self.encoded = tokenizer(table["text"].tolist(), truncation=True, max_length=LENGTH)
            self.labels = table["label"].tolist()

        def __len__(self) -> int:
            return len(self.labels)

        def __getitem__(self, row: int) -> dict[str, Any]:
            return {name: cells[row] for name, cells in self.encoded.items()} | {
                "labels": self.labels[row]
            }

    better: dict[str, Any] = {}
    if settings == "tuned":
        better = {
            "bf16": device.choose().precision == "bf16",
            "use_cpu": device.choose().kind == "cpu",
            "train_sampling_strategy": "group_by_length",
            "per_device_eval_batch_size": 128,
            "dataloader_pin_memory": torch.cuda.is_available(),
        }
    figures: Figures = {}
    with work.table() as path, timed(figures):
        table = pd.read_csv(path)
        torch.manual_seed(work.seed)
        place = locate("bundled/minilm").reference
        tokenizer = AutoTokenizer.from_pretrained(place)
        model = AutoModelForSequenceClassification.from_pretrained(
            place, num_labels=2, dtype=torch.float32
        )
        if work.head:
            # The pooler's weights come with the encoder, so the classifier alone is learnt.
            model.base_model.requires_grad_(False)
        parts = {name: Rows(table[table["split"] == name]) for name in set(table["split"])}
        steps = -(-len(parts["train"]) // 32) * work.epochs
        trained = Trainer(
            model=model,
            args=TrainingArguments(
                **{
                    "output_dir": str(path.parent / "out"),
                    "num_train_epochs": work.epochs,
                    "per_device_train_batch_size": 32,
                    "per_device_eval_batch_size": 32,
                    "learning_rate": work.learning_rate,
                    "warmup_steps": -(-steps * 6 // 100),
                    "lr_scheduler_type": "linear",
                    "max_grad_norm": 1.0,
                    "seed": work.seed,
                    "eval_strategy": "epoch",
                    "save_strategy": "epoch",
                    "save_total_limit": 2,
                    "load_best_model_at_end": True,
                    "metric_for_best_model": "accuracy",
                    "report_to": "none",
                    "disable_tqdm": True,
                    **better,
                }
            ),
            train_dataset=parts["train"],
            eval_dataset=parts["validation"],
            processing_class=tokenizer,
            data_collator=DataCollatorWithPadding(tokenizer),
            compute_metrics=lambda found: {
                "accuracy": float((found.predictions.argmax(-1) == found.label_ids).mean())
            },
        )
        trained.train()
        found = trained.predict(parts["test"])
    # Grouped by length the rows come in another order, and their labels with them.
    figures["accuracy"] = float((found.predictions.argmax(-1) == found.label_ids).mean())
    return figures
