"""Columns that no table holds: what texts mention, and how long they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pellucid.core.dataset import load
from pellucid.core.spec import DataSpec
from pellucid.errors import DataError, RecipeError
from pellucid.fairness import AuditSpec, audit
from pellucid.fairness.made import with_made

TEXTS = {
    "r0": ("She sings well.", "female"),
    "r1": ("He sings well, and loudly.", "male"),
    "r2": ("She told him so.", "several"),
    "r3": ("It rains.", "none"),
    "r4": ("The women of the choir sing.", "female"),
    "r5": ("His song was long.", "male"),
    "r6": ("The shed is hers.", "female"),
    "r7": ("Sheds and heaths.", "none"),  # “she” and “he” inside of other words
}


@pytest.fixture
def dataset(tmp_path):
    rows = [
        {"id": name, "text": text, "label": "ab"[at // 2 % 2], "split": ["test", "train"][at % 2]}
        for at, (name, (text, _)) in enumerate(TEXTS.items())
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "t.csv", index=False)
    spec = DataSpec.model_validate(
        {
            "source": str(tmp_path / "t.csv"),
            "inputs": {"text": "text"},
            "label": "label",
            "id": "id",
            "split": {"column": "split"},
        }
    )
    return load(spec, "classification")


@pytest.fixture
def predictions() -> pd.DataFrame:
    """Rows in another order than the dataset's, and not all of them."""
    ids = [name for name in reversed(TEXTS) if name != "r3"]
    return pd.DataFrame({"id": ids, "label": "a", "prediction": [*"abababa"], "split": "test"})


def test_every_row_has_the_group_that_its_own_text_mentions(dataset, predictions):
    frame, made = with_made(predictions, dataset, AuditSpec(terms=["gender"]))
    assert made == ["mentions: gender"]
    assert frame["id"].tolist() == predictions["id"].tolist()
    assert frame["group:mentions: gender"].tolist() == [TEXTS[name][1] for name in frame["id"]]
    assert "group:mentions: gender" not in predictions


def test_traits_and_own_edges(dataset, predictions):
    spec = AuditSpec(terms=["gender"], derived=["length"], cut={"length": [3, 5]})
    frame, made = with_made(predictions, dataset, spec)
    assert made == ["mentions: gender", "length"]
    words = [len(TEXTS[name][0].split()) for name in frame["id"]]
    expected = pd.cut(
        words, [-np.inf, 3, 5, np.inf], right=False,
        labels=["below 3", "3 to below 5", "5 and above"],
    )  # fmt: skip
    assert frame["group:length"].tolist() == expected.tolist()


def test_nothing_is_made_where_nothing_is_asked_for(dataset, predictions):
    frame, made = with_made(predictions, dataset, AuditSpec())
    assert frame is predictions and made == []


def test_what_can_not_be_made_is_an_error(dataset, predictions):
    with pytest.raises(DataError, match="planets"):
        with_made(predictions, dataset, AuditSpec(terms=["planets"]))
    with pytest.raises(RecipeError, match="brightness"):
        with_made(predictions, dataset, AuditSpec(derived=["brightness"]))


def test_texts_of_anyones_table():
    texts = [text for text, _ in TEXTS.values()]
    table = pd.DataFrame(
        {
            "y": ["yes", "no"] * 8,
            "p": ["yes", "yes", "no", "no"] * 4,
            "text": texts * 2,
            "region": [*"ns"] * 8,
        }
    )
    mentioned = np.array([group for _, group in TEXTS.values()] * 2)
    spec = AuditSpec(terms=["gender"], permutations=99, replicates=100)
    found = audit(
        table, label="y", prediction="p", groups=["region"], text="text", positive="yes", spec=spec
    ).groupings
    assert list(found) == ["region", "mentions: gender", "region×mentions: gender"]
    table["m"] = mentioned
    own = found["mentions: gender"]
    expected = (table["p"] == "yes").groupby(table["m"]).agg(["mean", "size"])
    assert dict(zip(own.names, own.n, strict=True)) == expected["size"].to_dict()
    rates = [figure.value for figure in own.metrics["selection_rate"]]
    assert rates == pytest.approx([expected["mean"][name] for name in own.names])
