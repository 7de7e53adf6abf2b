"""`pellucid stereotypes`: what it prints, what it keeps in a run, and the report's sections."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from pellucid.core.measured import Measured
from pellucid.core.report.html import render
from pellucid.core.report.tree import IntervalFigure, Report, Table
from pellucid.errors import DataError
from pellucid.fairness import AuditSpec, audit
from pellucid.fairness.stereotype_tests import record
from pellucid.fairness.stereotype_tests.record import (
    FILE,
    Breakdown,
    Example,
    Part,
    Stereotypes,
    read_stereotypes,
)
from pellucid.fairness.stereotype_tests.run import PREDICTIONS, ask, stereotypes
from pellucid.fairness.stereotype_tests.section import findings, sections
from pellucid.tests.command_line import called

PEOPLE = [("she", "female", ""), ("he", "male", ""), ("Ann", "female", "European")]
PEOPLE += [("Tom", "male", "European"), ("Tia", "female", "African-American")]
PEOPLE += [("Jamel", "male", "African-American")]


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "run"
    shutil.copytree(finished, copy, ignore=shutil.ignore_patterns("checkpoints", "explanations"))
    return copy


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    rows = [
        (
            "x",
            f"{person} was {word}, the room was {place}",
            f"t{place}",
            person,
            gender,
            race,
            emotion,
            word,
        )
        for place in ("warm", "cold", "neat", "dark", "calm", "loud")
        for emotion, word in (("joy", "good"), ("anger", "awful"))
        for person, gender, race in PEOPLE
    ]
    names = ["ID", "Sentence", "Template", "Person", "Gender", "Race", "Emotion", "Emotion word"]
    path = tmp_path / "corpus.csv"
    pd.DataFrame(rows, columns=names).to_csv(path, index=False)
    return path


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    lines = ["Text,Label,Template"]
    for term in ("tall", "short"):
        lines.append(f"see {term},NOT_BAD,verb_adj")
        for name in ("Ann", "Tom", "Bob"):
            lines.append(f"{name} is a lovely kind {term},NOT_BAD,name_adj")
            lines.append(f"{name} is an awful rude {term},BAD,name_adj")
    path = tmp_path / "bias_madlibs_77k.csv"
    path.write_text("\n".join(lines))
    return path


def test_answers_of_a_classifier_are_compared_and_kept(
    run, corpus, templates, monkeypatch, capsys
) -> None:
    words = ["stereotypes", str(run), "--test", "eec", "--path", str(corpus), "--quiet"]
    code, out, _ = called(words, monkeypatch, capsys)
    assert code == 0 and out.splitlines()[-1] == str(run / FILE)
    assert "Equity Evaluation Corpus: score: female minus male" in out
    (stored,) = read_stereotypes(run / FILE).tests
    assert (
        stored.positive == ("positive",) and stored.rows == 72 and stored.kind == "classification"
    )
    assert stored.figures["gender_difference"].n == 6 * 2 * 2
    # The means that the pairs are made of, from the answers of `predict` to the same sentences.
    told = predicted(run, corpus)
    table = pd.read_csv(corpus, keep_default_na=False)
    table["score"] = told
    table["about"] = table["Race"].ne("").map({True: "names", False: "pronoun"})
    means = table.groupby(["Template", "Emotion word", "about", "Gender"])["score"].mean().unstack()
    wanted = float((means["female"] - means["male"]).mean())
    assert stored.figures["gender_difference"].value == pytest.approx(wanted, abs=1e-6)
    # Another test joins it; the same test again takes its place.
    words = ["stereotypes", str(run), "--test", "jigsaw_templates", "--path", str(templates)]
    code, out, _ = called(
        [*words, "--positive", "negative", "--rows", "12", "--json"], monkeypatch, capsys
    )
    told_json = json.loads(out)["stereotypes"]
    assert code == 0 and told_json["rows"] == 12 and told_json["positive"] == ["negative"]
    called([*words, "--positive", "negative", "--quiet"], monkeypatch, capsys)
    first, second = read_stereotypes(run / FILE).tests
    assert first == stored and second.rows == 14 and second.figures["auc"].value == 1.0
    table = pd.read_parquet(run / PREDICTIONS)
    assert set(table["group:term"]) == {"tall", "short"} and len(table) == 14
    found = audit(table, spec=AuditSpec(positive="toxic"))
    assert found.groupings["term"].names == ("short", "tall")


def predicted(run: Path, corpus: Path):
    from pellucid.core.predict_table import predict_table
    from pellucid.core.runs import Run

    table = pd.read_csv(corpus).rename(columns={"Sentence": "text"})[["text"]]
    given = corpus.with_name("texts.csv")
    table.to_csv(given, index=False)
    done = predict_table(Run.open(run), given, corpus.with_name("answers.parquet"))
    return done.frame()["score:positive"].to_numpy()


def test_language_models_by_their_folder_leave_nothing(
    masked_folder, tmp_path, monkeypatch, capsys
) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(
        "n,sent_more,sent_less,stereo_antistereo,bias_type\n"
        + "1,the staff were rude,our staff were rude,stereo,age\n" * 3
    )
    before = sorted(one.name for one in masked_folder.iterdir())
    words = ["stereotypes", str(masked_folder), "--test", "crows_pairs", "--path", str(path)]
    code, out, _ = called([*words, "--quiet"], monkeypatch, capsys)
    assert code == 0 and "over 3 pairs; 50 would be even" in out
    assert "were rude" not in out  # no sentence of a test is printed
    assert sorted(one.name for one in masked_folder.iterdir()) == before


def test_what_cannot_be_asked_is_refused(run, corpus, tmp_path, monkeypatch, capsys) -> None:
    def refused(*words: str) -> str:
        code, _, err = called(["stereotypes", *words, "--quiet"], monkeypatch, capsys)
        assert code == 2
        return err

    eec = ["--test", "eec", "--path", str(corpus)]
    crows = ["--test", "crows_pairs", "--path", str(corpus)]
    assert "no head for that" in refused(str(run), *crows)
    assert "this is no run" in refused("bundled/chat", *eec)
    assert "no such class (did you mean “positive”?)" in refused(
        str(run), *eec, "--positive", "positiv"
    )
    assert "all classes are named" in refused(str(run), *eec, "--positive", "positive,negative")
    assert "no class counts" in refused("bundled/chat", *crows, "--positive", "a")
    assert "there is no such way" in refused(str(run), "--test", "crow", "--path", str(corpus))
    assert "no such file or folder" in refused(
        "bundled/chat", "--test", "winobias", "--path", str(tmp_path / "none")
    )
    assert not (run / FILE).exists()


def test_recipes_ask_for_several_tests(run, corpus, templates, spec) -> None:
    from pellucid.core.runs import Run

    specs = [
        spec("eec", corpus),
        spec("jigsaw_templates", templates, positive=["negative"], rows=10),
    ]
    found = ask(Run.open(run), specs)
    assert [one.test for one in found.tests] == ["eec", "jigsaw_templates"]
    assert Stereotypes.from_json(json.loads(json.dumps(found.as_json()))) == found
    (run / FILE).write_text("{}")
    with pytest.raises(DataError, match="damaged"):
        read_stereotypes(run / FILE)


def made(test: str, figures: dict[str, Measured], **more: object) -> record.Tested:
    return record.Tested(
        test,
        "m",
        "masked",
        "likelihood",
        {"a.csv": "0" * 64},
        "CC BY-SA 4.0",
        40,
        100,
        "fp32",
        0.95,
        1000,
        13,
        figures,
        **more,
    )


def test_sections_say_what_was_asked_and_what_cannot_be_told() -> None:
    parts = tuple(
        Part(name, {"metric_score": Measured(value, value - 9, value + 9, 20, "wilson")})
        for name, value in (("age", 48.0), ("<b>race", 66.0))
    )
    tested = made(
        "crows_pairs",
        {"metric_score": Measured(61.0, 52.5, 69.0, 40, "wilson")},
        breakdowns=(Breakdown("type of bias", parts),),
        examples=(Example("age", "<script>more", "less", 2.0),),
        notes=("A note.",),
    )
    first, limits = sections(Stereotypes((tested,)))
    assert first.title == "CrowS-Pairs (Nangia et al. 2020)"
    assert "narrow and disputed" in limits.blocks[0].text
    figure = next(one for one in first.blocks if isinstance(one, IntervalFigure))
    assert figure.reference == 50 and figure.names == ("age", "<b>race")
    assert sum(isinstance(one, Table) for one in first.blocks) == 3
    (said,) = findings(Stereotypes((tested,)))
    assert said.text == (
        "CrowS-Pairs: stereotypical sentence preferred, %: 61.0 (95% interval 52.5 to 69.0), over "
        "40 pairs drawn from 100; 50 would be even, which lies outside the interval."
    )
    page = render(Report("t", "s", (said,), (first, limits)))
    assert "<script>more" not in page and "&lt;script&gt;more" in page
    assert "debiased" not in page and "unbiased" not in page
    assert sections(Stereotypes()) == () and findings(Stereotypes()) == ()


@pytest.mark.parametrize(
    ("test", "figures", "wanted"),
    [
        ("bbq", {"bias_ambiguous": Measured(-4.5, -9.0, 1.0, 40)}, "−?-4.500"),
        ("winobias", {"pro_preferred": Measured(50.0, 48.0, 52.0, 40)}, "lies within the interval"),
        ("stereoset", {"ss": Measured(40.0, n=4)}, "40.0, over 40 sentences"),
    ],
)
def test_every_test_has_its_sentence(test, figures, wanted) -> None:
    import re

    (said,) = findings(Stereotypes((made(test, figures),)))
    assert re.search(wanted, said.text)


def test_python_offers_the_same(run, corpus) -> None:
    import pellucid

    assert pellucid.fairness.stereotypes is stereotypes
    found = pellucid.fairness.stereotypes(run, test="eec", path=corpus, rows=36, seed=5)
    assert found.rows == 36 and not (run / FILE).exists()  # nothing is written
