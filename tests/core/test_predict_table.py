"""Answering a new table: the same scores as transformers itself gives, in the table's order."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from pellucid.core import Run
from pellucid.core.predict_table import predict_table
from pellucid.errors import DataError


@pytest.fixture(scope="module")
def rows(make_sentences: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    table = make_sentences(30, seed=5)
    table["label"] = [f" {label} " for label in table["label"]]
    table.loc[3, "gender"] = ""
    table["more"] = "x"
    return table.iloc[::-1]


def test_scores_are_those_of_the_saved_model(
    finished: Path, rows: pd.DataFrame, tmp_path: Path
) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    rows.to_csv(tmp_path / "new.csv", index=False)
    found = predict_table(
        Run.open(finished), tmp_path / "new.csv", tmp_path / "out.parquet"
    ).frame()
    model = AutoModelForSequenceClassification.from_pretrained(finished / "model").eval()
    tokenizer = AutoTokenizer.from_pretrained(finished / "model")
    with torch.inference_mode():
        scores = [
            model(**tokenizer(text, truncation=True, max_length=32, return_tensors="pt"))
            .logits.softmax(-1)[0]
            .numpy()
            for text in rows["text"]
        ]
    np.testing.assert_allclose(
        found[["score:negative", "score:positive"]].to_numpy(), np.array(scores), atol=1e-5
    )
    names = [model.config.id2label[int(np.argmax(one))] for one in scores]
    assert found["prediction"].tolist() == names
    assert found["id"].tolist() == rows["id"].tolist()
    assert found["label"].tolist() == [label.strip() for label in rows["label"]]
    assert found["group:gender"].isna().tolist() == [gender == "" for gender in rows["gender"]]
    assert found["group:gender"].fillna("").tolist() == rows["gender"].tolist()
    assert "more" not in found and "split" not in found


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".tsv", ".jsonl"])
def test_forms_of_the_output(
    ending: str, finished: Path, rows: pd.DataFrame, tmp_path: Path
) -> None:
    rows.to_json(tmp_path / "new.jsonl", orient="records", lines=True)
    out = tmp_path / "deep" / f"out{ending}"
    found = predict_table(Run.open(finished), tmp_path / "new.jsonl", out).frame()
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {
        ".parquet": pd.read_parquet,
        ".csv": pd.read_csv,
        ".tsv": lambda path: pd.read_csv(path, sep="\t"),
        ".jsonl": lambda path: pd.DataFrame(map(json.loads, path.read_text().splitlines())),
    }
    again = readers[ending](out)
    assert list(again.columns) == list(found.columns) == [
        "id", "label", "prediction", "score:negative", "score:positive",
        "group:gender", "group:region", "fingerprint",
    ]  # fmt: skip
    assert again["id"].tolist() == found["id"].tolist() == rows["id"].tolist()
    plain = predict_table(Run.open(finished), tmp_path / "new.jsonl", tmp_path / "o.parquet")
    expected = pd.read_parquet(plain.path)["score:positive"]
    np.testing.assert_allclose(again["score:positive"], expected, atol=1e-9)


def test_texts_alone_are_enough(finished: Path, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text('text\ngood room\n""\nbad room\n')
    (tmp_path / "new.jsonl").write_text(
        '{"text": "good room"}\n{"text": null}\n{"text": "bad room"}\n'
    )
    found = predict_table(Run.open(finished), tmp_path / "new.jsonl", tmp_path / "out.csv").frame()
    assert list(found.columns) == [
        "id",
        "prediction",
        "score:negative",
        "score:positive",
        "fingerprint",
    ]
    assert found["id"].tolist() == ["1", "2", "3"]
    assert found["prediction"].tolist()[::2] == ["positive", "negative"]


def test_what_can_not_be_answered(finished: Path, tmp_path: Path) -> None:
    run = Run.open(finished)
    (tmp_path / "new.csv").write_text("txt,id\ngood room,1\n")
    with pytest.raises(DataError, match=r"column “text”: .*did you mean “txt”"):
        predict_table(run, tmp_path / "new.csv", tmp_path / "out.csv")
    with pytest.raises(DataError, match=r"--out .*“\.xlsx” is no known form"):
        predict_table(run, tmp_path / "new.csv", tmp_path / "out.xlsx")
    with pytest.raises(DataError, match="there is no file"):
        predict_table(run, tmp_path / "none.csv", tmp_path / "out.csv")
    assert not list(tmp_path.glob("out*")) and not list(tmp_path.glob(".partial*"))
