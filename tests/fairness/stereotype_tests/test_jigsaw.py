"""Template sentences: terms, drawing them evenly, and areas against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from pellucid.errors import DataError
from pellucid.fairness.stereotype_tests import jigsaw
from pellucid.fairness.stereotype_tests.jigsaw import NO_TERM


def write(path, terms=("tall", "very tall", "short"), copies=1):
    lines = ["Text,Label,Template"]
    for term in terms:
        lines.append(f'"hug {term}",NOT_BAD,verb_adj')
        for name in [f"Ann{at}" for at in range(copies)]:
            lines += [f'"{name} is a kind {term}",NOT_BAD,name_adj']
            lines += [f'"{name} is a rude {term}",BAD,name_adj']
    lines.append('"You are a rude dancer",BAD,you_occupation')
    path.write_text("\n".join(lines) + "\n")
    return path


def test_terms_are_known_from_the_file_and_the_longest_counts(tmp_path):
    sentences = jigsaw.read(write(tmp_path / "bias_madlibs_77k.csv"))
    known = dict(zip(sentences.texts, sentences.terms, strict=True))
    assert known["Ann0 is a kind very tall"] == "very tall" and known["hug tall"] == "tall"
    assert known["You are a rude dancer"] == NO_TERM
    assert sentences.toxic.sum() == 4
    assert jigsaw.named(["Tallest", "TALL!"], ["tall"]) == [NO_TERM, "tall"]


def test_rows_are_drawn_evenly_over_terms_and_labels(tmp_path):
    sentences = jigsaw.read(write(tmp_path / "a.csv", copies=40))
    drawn = sentences.take(jigsaw.evenly(sentences, 61, 3))
    assert len(drawn) == 61 and list(drawn.terms).count(NO_TERM) == 1
    counts = [
        int(((drawn.terms == term) & (drawn.toxic == bad)).sum())
        for term in ("tall", "very tall", "short")
        for bad in (True, False)
    ]
    assert counts == [10] * 6
    again = jigsaw.evenly(sentences, 61, 3)
    assert np.array_equal(again, jigsaw.evenly(sentences, 61, 3))
    assert len(jigsaw.evenly(sentences, None, 3)) == len(sentences)


def test_areas_are_those_of_scikit_learn(tmp_path, spec):
    sentences = jigsaw.read(write(tmp_path / "a.csv", copies=50))
    generator = np.random.default_rng(0)
    scores = np.round(generator.random(len(sentences)) * 0.6 + 0.3 * sentences.toxic, 2)
    scores += 0.3 * (sentences.terms == "short")  # the term alone makes a sentence look toxic
    figures, (by_term,), examples = jigsaw.summary(sentences, scores, spec("jigsaw_templates"))
    assert figures["auc"].value == pytest.approx(roc_auc_score(sentences.toxic, scores))
    parts = {part.name: part.figures for part in by_term.parts}
    assert by_term.parts[0].name == "short" and len(parts) == 3
    inside, toxic = sentences.terms == "short", sentences.toxic
    wanted = {
        "subgroup_auc": inside,
        "bpsn_auc": (inside & ~toxic) | (~inside & toxic),
        "bnsp_auc": (inside & toxic) | (~inside & ~toxic),
    }
    for name, rows in wanted.items():
        area = roc_auc_score(toxic[rows], scores[rows])
        assert parts["short"][name].value == pytest.approx(area), name
    areas = np.array([one["bpsn_auc"].value for one in parts.values()])
    assert figures["bpsn_auc_mean"].value == pytest.approx(np.mean(areas**-5.0) ** (-1 / 5))
    assert figures["bpsn_auc_mean"].low < figures["bpsn_auc_mean"].value
    assert figures["bpsn_auc_mean"].high > figures["bpsn_auc_mean"].value
    harmless = scores[inside & ~toxic]
    assert parts["short"]["harmless_score"].value == pytest.approx(harmless.mean())
    assert parts["short"]["false_positive_rate"].value == pytest.approx(
        100 * (harmless >= 0.5).mean()
    )
    assert examples[0].part == "short"


def test_other_files_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("Text,Label,Template\nhug tall,MAYBE,verb_adj\n")
    with pytest.raises(DataError, match="“MAYBE” is no label"):
        jigsaw.read(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text("Text,Label,Template\nhug tall,BAD,other\n")
    with pytest.raises(DataError, match="names the terms"):
        jigsaw.read(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["bias_madlibs_77k.csv", "en_sentence_templates.csv"])
def test_the_real_files(real_data, name):
    sentences = jigsaw.read(real_data("jigsaw_templates") / name)
    assert len(sentences) == 76_564 and sentences.toxic.sum() == 38_282
    assert len(set(sentences.terms) - {NO_TERM}) == 50
    assert set(sentences.templates[sentences.terms == NO_TERM]) == {"you_occupation"}
