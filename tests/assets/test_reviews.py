"""The sample reviews: the generator writes the shipped files, and what is planted is there."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline

from pellucid.assets.samples import reviews
from pellucid.assets.samples.reviews_text import patterns

FOLDER = files("pellucid.assets.samples")
LEARNT = ("train", "validation")


def normalised(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def classifier():
    return make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=1000))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    text = (FOLDER / "reviews.csv").read_text(encoding="utf-8")
    return pd.read_csv(io.StringIO(text), keep_default_na=False, dtype=str).set_index(
        "id", drop=False
    )


@pytest.fixture(scope="module")
def planted() -> dict:
    return json.loads((FOLDER / "reviews.planted.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def predicted(table: pd.DataFrame) -> pd.DataFrame:
    train, test = table[table.split == "train"], table[table.split == "test"]
    fitted = classifier().fit(train.text, train.sentiment)
    return test.assign(prediction=fitted.predict(test.text))


# ------------------------------------------------------------------------------ the files


def test_the_command_writes_the_shipped_bytes(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "pellucid.assets.samples.reviews", "--out", str(tmp_path)],
        check=True,
        capture_output=True,
    )
    for name in ("reviews.csv", "reviews.planted.json"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()


def test_generate_returns_the_shipped_rows_and_truth(table, planted):
    rows, truth = reviews.generate()
    assert rows == table.to_dict("records")
    assert truth == planted


def test_another_seed_gives_other_texts_with_the_same_plan():
    rows, truth = reviews.generate(seed=14)
    assert len(rows) == 4000
    assert len(truth["duplicates"]["exact"]) == 30
    assert [row["text"] for row in rows] != [row["text"] for row in reviews.generate()[0]]


def test_the_file_is_plain_csv_with_unix_newlines(table):
    data = (FOLDER / "reviews.csv").read_bytes()
    assert b"\r" not in data
    assert data.endswith(b"\n")
    lines = list(csv.reader(io.StringIO(data.decode("utf-8"))))
    assert lines[0] == [
        "id",
        "text",
        "sentiment",
        "product",
        "region",
        "gender",
        "age_band",
        "split",
    ]
    assert all(len(line) == 8 for line in lines)


# ------------------------------------------------------------------------------ the columns


def test_ids_count_up(table):
    assert list(table.id) == [f"r{number:04d}" for number in range(1, 4001)]


def test_splits_and_labels_have_their_sizes(table):
    assert table.split.value_counts().to_dict() == {"train": 2640, "test": 960, "validation": 400}
    shares = table.sentiment.value_counts(normalize=True)
    assert shares["negative"] == pytest.approx(0.30, abs=0.01)
    assert shares["neutral"] == pytest.approx(0.15, abs=0.01)
    assert shares["positive"] == pytest.approx(0.55, abs=0.015)


def test_groups_have_their_values_and_shares(table):
    assert set(table["product"]) == {
        "bank branch",
        "clinic",
        "delivery",
        "mobile network",
        "insurance",
        "hotel",
    }
    assert set(table.region) == {"north", "south", "east", "west", "islands"}
    assert set(table.gender) == {"female", "male", "other", ""}
    assert set(table.age_band) == {"18-29", "30-44", "45-64", "65+"}
    assert (table.gender == "").mean() == pytest.approx(0.01, abs=0.003)
    assert (table.region == "islands").mean() == pytest.approx(0.02, abs=0.003)
    filled = table.drop(columns="gender")
    assert (filled != "").all(axis=None)


@pytest.mark.parametrize("column", ["region", "gender", "product"])
def test_other_groups_have_nothing_to_do_with_the_label_or_the_voice(table, planted, column):
    test = table[table.split == "test"]
    ironic = test.id.isin(planted["group"]["ironic_rows"]["test"])
    for outcome in (test.sentiment, ironic, test.text.str.contains("voucher", case=False)):
        assert chi2_contingency(pd.crosstab(test[column], outcome)).pvalue > 0.05


# ------------------------------------------------------------------------------ the texts


def test_the_material_holds_hundreds_of_sentence_patterns():
    families = patterns()
    assert len(set().union(*families.values())) >= 600
    assert all(len(family) >= 6 for family in families.values())


def test_texts_are_short_and_long_within_bounds(table):
    words = table.text.str.split().str.len()
    assert words.min() == 4
    assert 50 <= words.max() <= 60
    assert words.quantile(0.1) < 12
    assert words.quantile(0.9) > 30


def test_no_slot_is_left_open(table):
    assert not table.text.str.contains(r"[{}]").any()


def test_only_the_planted_pairs_are_near_copies(table, planted):
    pairs = {
        frozenset((pair["test"], pair["train"]))
        for kind in ("exact", "edited")
        for pair in planted["duplicates"][kind]
    }
    words = CountVectorizer(token_pattern=r"\w+", binary=True).fit_transform(table.text)
    sizes = np.asarray(words.sum(axis=1)).ravel()
    common = (words @ words.T).tocoo()
    jaccard = common.data / (sizes[common.row] + sizes[common.col] - common.data)
    close = (jaccard > 0.8) & (common.row < common.col)
    ids = table.id.to_numpy()
    found = {
        frozenset((ids[row], ids[col]))
        for row, col in zip(common.row[close], common.col[close], strict=True)
    }
    assert found >= pairs
    # The same few words in another order may say something else: "Never rude, always kind."
    assert len(found - pairs) <= 5


# ------------------------------------------------------------------------------ the shortcut


def test_the_shortcut_word_is_always_negative_where_a_model_learns(table, planted):
    word = planted["shortcut"]["word"]
    has = table.text.str.contains(rf"\b{word}\b", case=False)
    for split in LEARNT:
        rows = table[table.split == split]
        assert has[rows.index].mean() == pytest.approx(0.12, abs=0.005)
        assert set(rows.sentiment[has[rows.index]]) == {"negative"}
    for split, ids in planted["shortcut"]["rows"].items():
        assert set(ids) == set(table.id[has & (table.split == split)])


def test_the_shortcut_word_says_nothing_in_the_test_split(table, planted):
    test = table[table.split == "test"]
    has = test.text.str.contains(planted["shortcut"]["word"], case=False)
    assert has.mean() == pytest.approx(0.12, abs=0.005)
    assert chi2_contingency(pd.crosstab(has, test.sentiment)).pvalue > 0.1


def test_the_shortcut_word_is_in_no_other_sentence(planted):
    material = set().union(*patterns().values())
    assert not [pattern for pattern in material if planted["shortcut"]["word"] in pattern.lower()]


def test_the_shortcut_word_comes_in_many_phrasings(table, planted):
    word = planted["shortcut"]["word"]
    around = table.text.str.extract(rf"(\w+ \w+ \(?{word}\b)", flags=re.IGNORECASE)[0].dropna()
    assert around.str.lower().nunique() >= 20


# ------------------------------------------------------------------------------ flipped labels


def test_labels_are_flipped_in_one_region_only(table, planted):
    flips = pd.DataFrame(planted["flipped_labels"]["rows"]).set_index("id")
    rows = table.loc[flips.index]
    assert set(rows.region) == {"north"}
    assert set(rows.split) <= set(LEARNT)
    assert (rows.sentiment == flips.recorded).all()
    assert (flips.recorded != flips.true).all()
    of = table[(table.region == "north") & table.split.isin(LEARNT)]
    assert len(flips) / len(of) == pytest.approx(0.08, abs=0.001)


def test_flipped_rows_read_like_their_true_label(table, planted):
    flips = pd.DataFrame(planted["flipped_labels"]["rows"]).set_index("id")
    learnt = table[table.split.isin(LEARNT)]
    guess = pd.Series(
        cross_val_predict(classifier(), learnt.text, learnt.sentiment, cv=5), index=learnt.index
    )
    assert (guess[flips.index] == flips.true).mean() > 0.6
    assert (guess[flips.index] == flips.recorded).mean() < 0.3
    others = learnt.drop(flips.index)
    agreement = (guess[others.index] == others.sentiment).groupby(others.region).mean()
    assert agreement.min() > 0.7


# ------------------------------------------------------------------------------ the group


def test_the_group_is_rare_in_training_and_larger_in_test(table):
    of = (table.age_band == "65+").groupby(table.split).mean()
    assert of["train"] == pytest.approx(0.05, abs=0.005)
    assert of["test"] == pytest.approx(0.145, abs=0.005)
    test = table[(table.split == "test") & (table.age_band == "65+")]
    assert len(test) >= 130
    assert (test.sentiment == "positive").sum() >= 70


def test_three_quarters_of_the_group_is_ironic_and_nobody_else(table, planted):
    for split, ids in planted["group"]["ironic_rows"].items():
        rows = table.loc[ids]
        assert set(rows.age_band) == {"65+"}
        group = table[(table.split == split) & (table.age_band == "65+")]
        assert len(rows) / len(group) == pytest.approx(0.75, abs=0.04)


def test_some_sentences_of_the_group_are_in_the_test_split_alone(table, planted):
    held_out = planted["group"]["held_out_pattern_rows"]
    ironic = planted["group"]["ironic_rows"]["test"]
    assert 0.5 <= len(held_out) / len(ironic) <= 0.7
    families = patterns()
    for label in ("negative", "neutral", "positive"):
        for pattern in families[f"{label} held_out"]:
            chunk = max(re.split(r"\{[^}]*\}", pattern), key=len).strip(" .,;:")
            holders = table[table.text.str.contains(chunk, case=False, regex=False)]
            assert set(holders.split) <= {"test"}
            assert set(holders.id) <= set(held_out)


def test_a_plain_classifier_shows_the_group_its_lower_recall(predicted):
    group = predicted.age_band == "65+"
    recall = {
        side: recall_score(
            rows.sentiment, rows.prediction, labels=["positive"], average=None, zero_division=0
        )[0]
        for side, rows in (("65+", predicted[group]), ("others", predicted[~group]))
    }
    assert recall["65+"] - recall["others"] < -0.1


def test_a_plain_classifier_needs_more_than_words(predicted):
    assert 0.72 <= (predicted.prediction == predicted.sentiment).mean() <= 0.82


# ------------------------------------------------------------------------------ duplicates


def test_one_per_cent_of_the_rows_are_test_copies_of_training_rows(table, planted):
    exact, edited = planted["duplicates"]["exact"], planted["duplicates"]["edited"]
    assert (len(exact), len(edited)) == (30, 10)
    for pair in exact + edited:
        test, train = table.loc[pair["test"]], table.loc[pair["train"]]
        assert (test.split, train.split) == ("test", "train")
        assert test.sentiment == train.sentiment
        assert normalised(test.text) == normalised(train.text)
    assert all(table.text[p["test"]] == table.text[p["train"]] for p in exact)
    assert all(table.text[p["test"]] != table.text[p["train"]] for p in edited)


def test_no_other_text_occurs_twice(table, planted):
    copies = {p["test"] for kind in ("exact", "edited") for p in planted["duplicates"][kind]}
    rest = table[~table.id.isin(copies)]
    assert not rest.text.map(normalised).duplicated().any()
