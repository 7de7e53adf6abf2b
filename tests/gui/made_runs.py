"""Runs of every task as their folders look, made without training: for tests and pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from pellucid.recipe import Recipe

CONTEXT = (
    "The Panthers defense gave up just 308 points, ranking sixth in the league. Pro Bowl "
    "defensive tackle Kawann Short led the team in sacks with 11."
)
WORDS = ["Ann", "Lee", "flew", "from", "Berlin", "to", "Oslo", "for", "Acme", "Corp", "."]
TAGS = ["B-PER", "I-PER", "O", "O", "B-LOC", "O", "B-LOC", "O", "B-ORG", "I-ORG", "O"]
LABELS = ("angry", "funny", "off topic", "spam")
ROWS = 60


def figure(value: float, width: float = 0.05, n: int = ROWS // 2) -> dict[str, Any]:
    return {"value": value, "low": value - width, "high": value + width, "n": n}


def measured(
    metrics: dict[str, float], beside: dict[str, float] | None = None, who: str = "untrained"
) -> dict[str, Any]:
    """Return a split of evaluation.json."""
    out: dict[str, Any] = {
        name: figure(value, 0.06 * abs(value)) for name, value in metrics.items()
    }
    out |= {
        "per_class": {},
        "rows": ROWS // 2,
        "baselines": {},
        "versus_baseline": {},
        "notes": [],
        "bootstrap": {"confidence": 0.95, "replicates": 1000, "seed": 13},
    }
    if beside:
        out["baselines"] = {who: {name: figure(value) for name, value in beside.items()}}
        first = next(iter(beside))
        gap = metrics[first] - beside[first]
        out["versus_baseline"] = {who: {first: figure(gap, 0.2 * abs(gap))}}
    return out


def _base() -> dict[str, Any]:
    half = ROWS // 2
    return {
        "id": [f"r{row:03d}" for row in range(ROWS)],
        "split": ["validation"] * half + ["test"] * half,
        "group:region": ["north", "south", None] * (ROWS // 3),
        "fingerprint": [f"{row:064x}" for row in range(ROWS)],
    }


def regression() -> tuple[dict[str, Any], dict[str, Any]]:
    draw = np.random.default_rng(3)
    true = draw.normal(3, 1, ROWS).round(2)
    given = true + draw.normal(0, 0.4, ROWS)
    given[-1] = true[-1] + 3.5
    frame = _base() | {"label": true, "prediction": given}
    frame["input:text"] = [f"a visit of {row} days, and the room was warm" for row in range(ROWS)]
    metrics = {
        "mean_absolute_error": 0.41,
        "root_mean_squared_error": 0.72,
        "r2": 0.63,
        "pearson_r": 0.81,
        "spearman_r": 0.8,
    }
    beside = {"mean_absolute_error": 0.83, "root_mean_squared_error": 1.02, "r2": 0.0}
    return frame, measured(metrics, beside, "training_mean")


def multilabel() -> tuple[dict[str, Any], dict[str, Any]]:
    draw = np.random.default_rng(5)
    has = draw.random((ROWS, len(LABELS))) < 0.3
    scores = np.clip(has * 0.6 + draw.random(has.shape) * 0.55, 0, 1)
    cells = ["|".join(name for name, one in zip(LABELS, row, strict=True) if one) for row in has]
    given = [
        "|".join(name for name, one in zip(LABELS, row, strict=True) if one >= 0.5)
        for row in scores
    ]
    frame = _base() | {"label": cells, "prediction": given}
    frame |= {f"score:{name}": scores[:, at] for at, name in enumerate(LABELS)}
    frame["input:text"] = [f"comment number {row} under the article" for row in range(ROWS)]
    split = measured(
        {
            "f1_micro": 0.74,
            "f1_macro": 0.69,
            "f1_samples": 0.66,
            "subset_accuracy": 0.51,
            "average_precision_macro": 0.78,
            "hamming_loss": 0.13,
        },
        {"f1_micro": 0.41, "f1_macro": 0.3, "hamming_loss": 0.24},
        "tfidf_logistic_regression",
    )
    split["per_class"] = {
        name: {key: figure(0.6 + at / 12) for key in ("precision", "recall", "f1")}
        | {"support": figure(8 + at)}
        for at, name in enumerate(LABELS)
    }
    return frame, split


def token_classification() -> tuple[dict[str, Any], dict[str, Any]]:
    given = [*TAGS]
    given[6], given[9] = "O", "B-ORG"
    right, wrong = json.dumps(TAGS), json.dumps(given)
    frame = _base() | {
        "label": [right] * ROWS,
        "prediction": [wrong if row % 4 == 1 else right for row in range(ROWS)],
        "input:tokens": [json.dumps(WORDS)] * ROWS,
    }
    split = measured(
        {"f1_entity": 0.84, "precision_entity": 0.86, "recall_entity": 0.82},
        {"f1_entity": 0.1, "precision_entity": 0.2, "recall_entity": 0.07},
        "most_frequent_tag",
    )
    split["per_class"] = {
        kind: {key: figure(0.8 + at / 30) for key in ("precision", "recall", "f1")}
        for at, kind in enumerate(("LOC", "ORG", "PER"))
    }
    return frame, split


def extractive_qa() -> tuple[dict[str, Any], dict[str, Any]]:
    accepted = [{"text": "308", "start": CONTEXT.index("308")}, {"text": "just 308"}]
    answers = ["308", "308 points", "Kawann Short", ""]
    frame = _base() | {
        "label": [json.dumps(accepted if row % 5 else []) for row in range(ROWS)],
        "prediction": [answers[row % 4] for row in range(ROWS)],
        "score": np.linspace(0.2, 0.9, ROWS),
        "start": [CONTEXT.find(answers[row % 4]) for row in range(ROWS)],
        "end": [CONTEXT.find(answers[row % 4]) + len(answers[row % 4]) for row in range(ROWS)],
        "input:question": ["How many points did the Panthers defense surrender?"] * ROWS,
        "input:context": [CONTEXT] * ROWS,
    }
    return frame, measured({"f1": 71.2, "exact_match": 58.0}, {"f1": 8.1, "exact_match": 1.2})


def masked_lm() -> tuple[dict[str, Any], dict[str, Any]]:
    tokens = np.arange(20, 20 + ROWS)
    frame = _base() | {
        "nats": tokens * np.linspace(1.5, 4.0, ROWS),
        "tokens": tokens,
        "input:text": [f"document {row} speaks of films and of books" for row in range(ROWS)],
    }
    return frame, measured({"loss": 2.1, "perplexity": 8.17}, {"loss": 9.8, "perplexity": 18034.0})


def chat() -> tuple[dict[str, Any], dict[str, Any]]:
    talk = [
        {"role": "system", "content": "You are brief."},
        {"role": "user", "content": "How do I make crêpes?"},
        {"role": "assistant", "content": "Mix flour, eggs and milk; fry thin layers."},
    ]
    tokens = np.full(ROWS, 12)
    frame = _base() | {
        "label": [talk[-1]["content"]] * ROWS,
        "prediction": ["Mix flour and eggs and fry." if row % 2 else None for row in range(ROWS)],
        "nats": tokens * np.linspace(1.0, 2.0, ROWS),
        "tokens": tokens,
        "input:messages": [json.dumps(talk, ensure_ascii=False)] * ROWS,
    }
    metrics = {"loss": 1.4, "perplexity": 4.06, "rouge1": 0.52, "rougeL": 0.44, "bleu": 0.21}
    return frame, measured(metrics, {"loss": 3.0, "perplexity": 20.1})


def preference() -> tuple[dict[str, Any], dict[str, Any]]:
    asked = [{"role": "user", "content": "May I borrow your bicycle?"}]
    frame = _base() | {
        "prediction": ["chosen" if row % 3 else "rejected" for row in range(ROWS)],
        "reward_chosen": [0.4 if row % 3 else -0.3 for row in range(ROWS)],
        "reward_rejected": np.linspace(-0.1, 0.1, ROWS),
        "input:messages": [json.dumps(asked)] * ROWS,
        "input:chosen": ["Of course, bring it back by six."] * ROWS,
        "input:rejected": ["No."] * ROWS,
    }
    metrics = {"accuracy": 0.67, "margin": 0.21, "preference_loss": 0.61}
    return frame, measured(metrics, {"accuracy": 0.5, "margin": 0.0, "preference_loss": 0.693})


def contrastive() -> tuple[dict[str, Any], dict[str, Any]]:
    said = [f"a red circle left of {row} stars" for row in range(ROWS)]
    ranks = np.arange(ROWS) % 5 + 1
    frame = _base() | {
        "prediction": [said[(row + rank - 1) % ROWS] for row, rank in enumerate(ranks)],
        "similarity": np.linspace(0.1, 0.4, ROWS),
        "image": np.arange(ROWS),
        "text": np.arange(ROWS),
        "image_rank": np.arange(ROWS) % 3 + 1,
        "text_rank": ranks,
        "nearest_image": [f"r{(row + row % 3) % ROWS:03d}" for row in range(ROWS)],
        "nearest_text": [said[(row + rank - 1) % ROWS] for row, rank in enumerate(ranks)],
        "input:caption": said,
    }
    metrics = {
        "image_to_text_recall_at_1": 0.2,
        "image_to_text_recall_at_10": 0.93,
        "image_to_text_median_rank": 3.0,
        "text_to_image_recall_at_1": 0.33,
        "text_to_image_recall_at_10": 0.95,
        "text_to_image_median_rank": 2.0,
    }
    before = {"text_to_image_recall_at_1": 0.03, "text_to_image_median_rank": 16.0}
    return frame, measured(metrics, before, "chance")


MAKERS = {
    "regression": regression,
    "multilabel": multilabel,
    "token_classification": token_classification,
    "extractive_qa": extractive_qa,
    "masked_lm": masked_lm,
    "causal_lm": masked_lm,
    "chat": chat,
    "preference": preference,
    "contrastive": contrastive,
}


def bring(workspace: Path, task: str) -> Path:
    """Write a run of a task into a workspace, with the texts of its rows; return its folder."""
    frame, split = MAKERS[task]()
    run = workspace / "runs" / task
    run.mkdir(parents=True)
    table = pd.DataFrame(frame)
    inputs = [name for name in table.columns if name.startswith("input:")]
    table.drop(columns=inputs).to_parquet(run / "predictions.parquet", index=False)
    texts = workspace / ".pellucid" / "rows" / f"{task}.parquet"
    texts.parent.mkdir(parents=True, exist_ok=True)
    table.to_parquet(texts, index=False)
    evaluation = {"validation": split, "test": split}
    (run / "evaluation.json").write_text(json.dumps(evaluation), encoding="utf-8")
    labels = list(LABELS) if task == "multilabel" else []
    environment = {"format": 1, "task": task, "labels": labels, "data": {}, "versions": {}}
    (run / "environment.json").write_text(json.dumps(environment), encoding="utf-8")
    recipe = Recipe.of(
        {
            "name": task,
            "data": {"source": "table.csv", "inputs": {"text": "text"}, "groups": ["region"]},
            "model": {"task": task},
        }
    )
    (run / "recipe.yaml").write_text(yaml.safe_dump(recipe.model_dump(mode="json")))
    told = [
        {"event": "Started", "step": "run", "steps": ["train", "evaluate"], "time": 1.7e9},
        {"event": "Finished", "seconds": 61.0, "time": 1.7e9 + 61},
    ]
    lines = [json.dumps({"job": task, "sequence": at, **one}) for at, one in enumerate(told, 1)]
    (run / "events.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return run
