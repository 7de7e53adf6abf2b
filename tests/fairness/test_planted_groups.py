"""The group that is planted in each sample set is found in the answers of a plain model to it."""

from __future__ import annotations

import io
import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pellucid.fairness import Audit, audit
from pellucid.fairness.frame import GROUP
from pellucid.tests.assets.scene_reading import asked_box, colour_in, decoded
from pellucid.tests.assets.test_sounds import heard

FOLDER = Path(str(files("pellucid.assets.samples")))


def planted(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.planted.json").read_text(encoding="utf-8"))


def worse_in(found: Audit, column: str, group: str) -> set[str]:
    """Name the figures of which more is better that are lower in a group, alone by its column."""
    better = {"true_positive_rate", "accuracy", "precision", "exact_match", "rougeL"}
    return {
        one.metric
        for one in found.alarms()
        if (one.column, one.group) == (column, group)
        and one.metric in better
        and one.difference.value < 0
    }


def test_reviews() -> None:
    table = pd.read_csv(FOLDER / "reviews.csv", keep_default_na=False)
    train, test = table[table.split == "train"], table[table.split == "test"]
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=500))
    said = model.fit(train.text, train.sentiment).predict(test.text)
    frame = pd.DataFrame({"label": test.sentiment, "prediction": said})
    frame = frame.assign(**{GROUP + name: test[name] for name in ("gender", "age_band", "region")})
    group = planted("reviews")["group"]
    found = audit(frame, positive="positive")
    worst = found.worst()
    assert worst is not None
    assert (worst.column, worst.group) == (group["column"], group["value"])
    # No other value of a single column is called out for a lower recall of that class.
    recalls = [
        one
        for one in found.alarms()
        if (one.metric, one.label) == (worst.metric, "positive") and one.difference.value < 0
    ]
    singles = {(one.column, one.group) for one in recalls if one.column in found.single}
    assert singles == {(group["column"], group["value"])}


def test_scenes() -> None:
    """Colours are read off the pixels of the item that is asked about."""
    text = (FOLDER / "scenes" / "metadata.csv").read_text(encoding="utf-8")
    asked = pd.read_csv(io.StringIO(text), dtype=str)
    truth = planted("scenes")
    asked = asked[asked.asks == "colour"]
    said = [
        colour_in(
            decoded((FOLDER / "scenes" / row.file_name).read_bytes()),
            asked_box(row, truth["objects"]),
        )
        for row in asked.itertuples()
    ]
    frame = pd.DataFrame({"label": asked.answer, "prediction": said, "group:camera": asked.camera})
    group = truth["group"]
    assert {"accuracy", "true_positive_rate"} <= worse_in(audit(frame), "camera", group["value"])


def test_sounds() -> None:
    text = (FOLDER / "sounds" / "metadata.csv").read_text(encoding="utf-8")
    table = pd.read_csv(io.StringIO(text), dtype=str)
    features = np.stack(
        [heard(soundfile.read(FOLDER / "sounds" / name)[0]) for name in table.file_name]
    )
    train, test = (table.split == "train").to_numpy(), (table.split == "test").to_numpy()
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    said = model.fit(features[train], table.label[train]).predict(features[test])
    rows = table[test]
    frame = pd.DataFrame({"label": rows.label, "prediction": said, "group:recorder": rows.recorder})
    group = planted("sounds")["group"]
    assert "accuracy" in worse_in(audit(frame), "recorder", group["value"])


def test_chats() -> None:
    """A question is answered as the training question that is most like it was."""
    lines = (FOLDER / "chats.jsonl").read_text(encoding="utf-8").splitlines()
    chats = [json.loads(line) for line in lines]
    rows = pd.DataFrame(
        {
            "question": [chat["messages"][-2]["content"] for chat in chats],
            "label": [chat["messages"][-1]["content"] for chat in chats],
            **{f"group:{name}": [chat[name] for chat in chats] for name in ("style", "channel")},
            "split": [chat["split"] for chat in chats],
        }
    )
    train, test = rows[rows.split == "train"], rows[rows.split == "test"]
    words = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4)).fit(train.question)
    alike = words.transform(test.question) @ words.transform(train.question).T
    said = train.label.to_numpy()[np.asarray(alike.argmax(axis=1)).ravel()]
    found = audit(test.assign(prediction=said).drop(columns="question"), task="chat")
    group = planted("chats")["group"]
    assert "rougeL" in worse_in(found, group["column"], group["value"])
    curt = [one for one in found.alarms() if one.metric == "answer_words"]
    assert any(one.group == group["value"] and one.difference.value < 0 for one in curt)
