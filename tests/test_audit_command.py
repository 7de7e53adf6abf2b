"""`pellucid audit`: every option through the command line, on tables and on a run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pellucid.core import Run
from pellucid.core.files import read_json
from pellucid.fairness import AuditSpec, audit
from pellucid.tests.command_line import called

ROWS = 600
Told = tuple[int, str, str]
Audit = Callable[..., Told]


def answers(rows: int = ROWS) -> pd.DataFrame:
    """Write a table in which old people are often wrongly refused."""
    rng = np.random.default_rng(3)
    age = rng.integers(18, 90, rows)
    sex = rng.choice(["f", "m"], rows, p=[0.4, 0.6])
    site = rng.choice(["north", "south"], rows)
    truth = rng.random(rows) < 0.5
    lost = truth & (age >= 65) & (rng.random(rows) < 0.6)
    score = np.clip(0.7 * (truth & ~lost) + 0.3 * rng.random(rows), 0, 1).round(3)
    words = np.where(sex == "f", "she asked for it", "he asked for it")
    return pd.DataFrame(
        {
            "y": np.where(truth, "yes", "no"),
            "p": np.where(score >= 0.5, "yes", "no"),
            "s": score,
            "age": age,
            "sex": sex,
            "site": site,
            "said": words,
        }
    )


@pytest.fixture
def answered(tmp_path: Path) -> Path:
    path = tmp_path / "answers.csv"
    answers().to_csv(path, index=False)
    return path


@pytest.fixture
def audited(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Audit:
    """Return what calls the command with few permutations."""

    def call(*words: Any, quick: bool = True) -> Told:
        few = ["--permutations", "99"] if quick else []
        return called(["audit", *map(str, words), *few], monkeypatch, capsys)

    return call


@pytest.fixture
def found(audited: Audit, answered: Path) -> Callable[..., dict[str, Any]]:
    """Return what audits the table, and reads the JSON that is printed."""

    def call(*words: Any, named: tuple[str, ...] = ("--label", "y", "--prediction", "p")) -> Any:
        code, out, err = audited("--predictions", answered, *named, *words, "--json")
        assert code == 0, err
        return json.loads(out)

    return call


def test_a_tables_audit_is_that_of_python(found: Any, answered: Path) -> None:
    one = found("--groups", "sex,site", "--score", "s")
    spec = AuditSpec(permutations=99)
    other = audit(answered, label="y", prediction="p", score="s", groups=["sex", "site"], spec=spec)
    assert one == json.loads(json.dumps(other.as_json()))
    assert list(one) == ["positive", "sex", "site", "sex×site"]


def test_positive_and_depth(found: Any) -> None:
    one = found("--groups", "sex,site", "--positive", "no", "--depth", 1)
    assert one["positive"] == "no" and "sex×site" not in one
    table = answers()
    inside = table[table["sex"] == "f"]
    rate = one["sex"]["groups"]["f"]["selection_rate"]["value"]
    assert rate == pytest.approx((inside["p"] == "no").mean())


def test_bands_by_number_and_by_edges(found: Any) -> None:
    age = answers()["age"]
    bands = found("--groups", "age", "--cut", "age=3")["age"]["groups"]
    sizes = [one["count"]["value"] for one in bands.values()]
    assert len(sizes) == 3 and sum(sizes) == ROWS and max(sizes) - min(sizes) < 40
    edges = found("--groups", "age", "--cut", "age=30,65")["age"]["groups"]
    assert {name: one["count"]["value"] for name, one in edges.items()} == {
        "below 30": (age < 30).sum(),
        "30 to below 65": ((age >= 30) & (age < 65)).sum(),
        "65 and above": (age >= 65).sum(),
    }
    assert list(found("--groups", "age", "--cut", "age=65,")["age"]["groups"]) == [
        "below 65",
        "65 and above",
    ]
    # The planted group is the one that is found.
    recall = {name: one["true_positive_rate"]["value"] for name, one in edges.items()}
    assert min(recall, key=recall.__getitem__) == "65 and above"


def test_control_columns_and_references(found: Any) -> None:
    one = found("--groups", "sex", "--control", "site", "--reference", "sex=f")
    assert list(one) == ["positive", "sex"]
    assert one["sex"]["reference"] == "f"
    assert {each["control"] for each in one["sex"]["conditional"]} == {"site"}
    plain = found("--groups", "sex")
    assert plain["sex"]["reference"] == "m" and "conditional" not in plain["sex"]


def test_terms_in_texts_are_groups(found: Any, tmp_path: Path) -> None:
    one = found("--groups", "site", "--terms", "gender", "--text", "said", "--depth", 1)
    counts = sorted(each["count"]["value"] for each in one["mentions: gender"]["groups"].values())
    assert counts == sorted(answers()["sex"].value_counts())
    own = tmp_path / "own.json"
    own.write_text(json.dumps({"asking": {"she": ["she"], "he": ["he"]}}))
    two = found("--term-file", own, "--text", "said")
    assert set(two["mentions: asking"]["groups"]) == {"she", "he"}


def test_a_score_and_a_threshold_predict(found: Any) -> None:
    named = ("--label", "y", "--score", "s")
    score = answers()["s"]
    for words, least in ((), 0.5), (("--threshold", 0.8), 0.8):
        one = found("--groups", "sex", *words, named=named)
        rate = one["sex"]["overall"]["selection_rate"]["value"]
        assert rate == pytest.approx((score >= least).mean())
        assert "roc_auc" in one["sex"]["overall"]


def test_how_figures_are_measured(found: Any, audited: Audit, answered: Path) -> None:
    def width(one: Any) -> float:
        figure = one["sex"]["groups"]["f"]["accuracy"]
        return float(figure["high"] - figure["low"])

    groups = ("--groups", "sex")
    assert width(found(*groups, "--confidence", 0.99)) > width(found(*groups))
    count = found(*groups, "--small", ROWS)["sex"]["groups"]["f"]["count"]
    assert count["small"] is True
    seeds = [found(*groups, "--seed", seed)["sex"]["gaps"] for seed in (1, 2, 2)]
    assert seeds[1] == seeds[2] != seeds[0]
    named = ("--predictions", answered, "--label", "y", "--prediction", "p", *groups)
    code, out, _ = audited(*named, "--permutations", 250, "--json", quick=False)
    p = json.loads(out)["sex"]["gaps"]["accuracy_difference"]["p_value"]
    assert code == 0 and p * 251 == pytest.approx(round(p * 251))
    ends = [
        found(*groups, "--replicates", count)["sex"]["groups"]["f"]["theil_index"]["low"]
        for count in (100, 150)
    ]
    assert ends[0] != ends[1]


def test_numbers_and_sets_of_labels(audited: Audit, tmp_path: Path) -> None:
    path = tmp_path / "numbers.csv"
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"label": rng.normal(size=200), "g": rng.choice(["a", "b"], 200)})
    frame["prediction"] = frame["label"] + 0.5
    frame.to_csv(path, index=False)
    code, out, _ = audited("--predictions", path, "--task", "regression", "--groups", "g", "--json")
    assert code == 0
    groups = json.loads(out)["g"]["groups"]
    assert all(one["mean_error"]["value"] == pytest.approx(0.5) for one in groups.values())
    frame["label"] = rng.choice(["a;b", "a", "b"], 200)
    frame["prediction"] = rng.choice(["a;b", "a", "b"], 200)
    frame.to_csv(path, index=False)
    words = ("--task", "multilabel", "--separator", ";", "--groups", "g", "--json")
    code, out, _ = audited("--predictions", path, *words)
    assert code == 0 and set(json.loads(out)["g"]["per_class"]) == {"a", "b"}


def test_the_report_is_written_in_every_form(
    audited: Audit, answered: Path, tmp_path: Path
) -> None:
    named = ("--predictions", answered, "--label", "y", "--prediction", "p", "--groups", "sex,age")
    names = ["a.html", "a.pdf", "a.md", "a.json", "a.csv", "a.zip"]
    out = [word for name in names for word in ("--out", tmp_path / name)]
    cut = ("--cut", "age=30,65", "--gap", 0.07)
    code, told, err = audited(*named, *cut, *out)
    assert code == 0, err
    assert told.splitlines()[-1] == f"Report of the audit: {tmp_path / 'a.zip'}"
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    for words in (
        "Scope and limits of the audit",
        "age: at 30, 65",
        "A gap of 0.07",
        "answers.csv",
    ):
        assert words in page, words
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    assert "Scope and limits of the audit" in (tmp_path / "a.md").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "a.json").read_text())
    assert list((tmp_path / "a_tables").glob("*.csv"))
    assert zip_is_whole(tmp_path / "a.zip")


def zip_is_whole(path: Path) -> bool:
    import zipfile

    with zipfile.ZipFile(path) as file:
        return file.testzip() is None and bool(file.namelist())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--cut", "age"), "--cut age: expected a column"),
        (("--cut", "age=old"), "--cut age=old: expected a number of bands"),
        (("--cut", "age=1"), "--cut: found “1”"),
        (("--cut", "age=65,30"), "--cut: found “[65.0, 30.0]”: edges have to rise"),
        (("--cut", "aeg=4"), "--cut: “aeg” is not among the columns that are compared"),
        (("--reference", "sex"), "--reference sex: expected a column"),
        (("--reference", "sex=woman"), "--reference"),
        (("--reference", "site=north"), "--reference: “site” is not among"),
        (("--control", "sight"), "there is no column “sight” (did you mean “site”?)"),
        (("--depth", 9), "--depth: found “9”"),
        (("--confidence", 95), "--confidence: found “95.0”"),
        (("--replicates", 5), "--replicates: found “5”"),
        (("--small", 0), "--small: found “0”"),
        (("--gap", 2), "--gap: found “2.0”"),
        (("--positive", "yess"), "--positive: no row has the label"),
        (("--terms", "gender"), "--terms: no column of texts is named"),
        (("--terms", "gendre", "--text", "said"), "terms “gendre”: there is no such list"),
        (("--text", "said"), "--text: a column of texts is named, and no terms"),
        (("--derived", "length"), "--derived: a table of predictions holds no samples"),
        (("--threshold", 0.4), "--threshold 0.4: it makes predictions of a score"),
        (("--task", "ranking"), "--task ranking: there is no such way"),
        (("--out", "a.docx"), "a.docx: a report can’t be written as “.docx”"),
        (("--out", "nowhere/a.pdf"), "--out nowhere/a.pdf: there is no folder nowhere"),
    ],
)
def test_what_an_option_cant_be_is_told_by_its_name(
    words: tuple[Any, ...], said: str, audited: Audit, answered: Path, tmp_path: Path
) -> None:
    before = sorted(tmp_path.iterdir())
    named = ("--predictions", answered, "--label", "y", "--prediction", "p", "--groups", "sex,age")
    code, out, err = audited(*named, *words)
    assert (code, out) == (2, "")
    assert err.startswith("Error: ") and err.count("\n") == 1 and said in err
    assert sorted(tmp_path.iterdir()) == before


def test_no_groups_are_named(audited: Audit, answered: Path) -> None:
    code, _, err = audited("--predictions", answered, "--label", "y", "--prediction", "p")
    assert code == 2 and "no sensitive column is named" in err


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("checkpoints", "maps")
    return Path(shutil.copytree(finished, tmp_path / "tiny", ignore=ignored))


def test_a_run_is_audited_as_the_options_say(run: Path, audited: Audit, tmp_path: Path) -> None:
    columns = list(read_json(run / "audit.json"))
    words = ("--confidence", 0.8, "--depth", 1, "--derived", "length", "--small", 7)
    files = [tmp_path / "of run.html", tmp_path / "of run.pdf"]
    out = [word for file in files for word in ("--out", file)]
    code, told, err = audited(run, *words, *out, "-q")
    assert code == 0, err
    assert told.splitlines()[-1] == str(run)
    found = read_json(run / "audit.json")
    assert "length" in found and not any("×" in name for name in found)
    assert [name for name in columns if "×" not in name] == [n for n in found if n != "length"]
    settings = read_json(run / "audit" / "settings.json")
    assert (settings["confidence"], settings["small"], settings["depth"]) == (0.8, 7, 1)
    assert "Intervals have a level of 80%" in files[0].read_text(encoding="utf-8")
    assert files[1].read_bytes().startswith(b"%PDF")
    # The run's own report tells the same when it is written again.
    from pellucid.fairness.reading import read_audit

    again = read_audit(Run.open(run))
    assert again.spec.confidence == 0.8 and again.spec.small == 7


def test_a_run_knows_its_columns_itself(run: Path, audited: Audit) -> None:
    for words in ("--label", "y"), ("--score", "s"), ("--task", "regression"), ("--text", "t"):
        code, _, err = audited(run, *words)
        assert code == 2 and err.startswith(f"Error: {words[0]}: it tells of a table")


def test_nothing_of_a_run_changes_where_an_option_is_wrong(run: Path, audited: Audit) -> None:
    before = (run / "audit.json").read_bytes(), (run / "events.jsonl").read_bytes()
    for words in ("--small", "0"), ("--cut", "colour=3"), ("--out", "a.docx"):
        code, _, err = audited(run, *words)
        assert code == 2
        assert words[0] in err or words[1] in err
    assert ((run / "audit.json").read_bytes(), (run / "events.jsonl").read_bytes()) == before
    assert read_json(run / "audit" / "settings.json")["small"] == 30


def test_two_audits_beside_each_other(
    run: Path, audited: Audit, tmp_path: Path, finished: Path
) -> None:
    other = Path(shutil.copytree(run, tmp_path / "later"))
    frame = pd.read_parquet(other / "predictions.parquet")
    frame["prediction"] = frame["label"]
    frame.to_parquet(other / "predictions.parquet")
    assert audited(other, "-q")[0] == 0
    documents = [tmp_path / "pair.html", tmp_path / "pair.pdf", tmp_path / "pair.md"]
    out = [word for path in documents for word in ("--out", path)]
    code, told, err = audited(other, "--against", run, *out, quick=False)
    assert code == 0, err
    lines = told.splitlines()
    assert lines[-1] == str(other / "audit" / "against.json")
    assert lines[0].startswith("tiny and later answered the same 40 rows")
    assert any(line.startswith("Over all rows, accuracy was") for line in lines)
    assert "Before and after" in documents[0].read_text(encoding="utf-8")
    assert all(path.stat().st_size for path in documents)
    # The run's own report shows it, until the run is audited anew.
    assert called_report(other).count("Before and after") > 0
    code, told, _ = audited(other / "audit.json", "--against", run, "--json", quick=False)
    assert code == 0 and json.loads(told)["against"]["paired"] is True
    assert audited(other, "-q")[0] == 0
    assert not (other / "audit" / "against.json").exists()


def called_report(run: Path) -> str:
    from pellucid.writeup import write

    opened = Run.open(run)
    write(opened, opened.dataset(), ["html"])
    return (run / "report.html").read_text(encoding="utf-8")


def test_a_table_against_what_was_printed_of_an_earlier_one(
    audited: Audit, answered: Path, tmp_path: Path
) -> None:
    named = ("--label", "y", "--prediction", "p", "--groups", "sex,age", "--cut", "age=30,65")
    code, told, _ = audited("--predictions", answered, *named, "--json")
    before = tmp_path / "before.json"
    before.write_text(told)
    frame = answers()
    frame["p"] = frame["y"]
    later = tmp_path / "later.csv"
    frame.to_csv(later, index=False)
    code, told, err = audited("--predictions", later, *named, "--against", before)
    assert code == 0, err
    assert told.startswith("before.json was audited on 600 rows, later.csv on 600.")
    assert "age 65 and above, recall on “yes”: -0." in told
    for words, said in (
        (("--confidence", 0.9), "levels of 0.95 and 0.9"),
        (("--against", tmp_path / "no.json"), "there is no such file or folder"),
    ):
        where = () if "--against" in words else ("--against", before)
        code, told, err = audited("--predictions", later, *named, *where, *words)
        assert (code, told) == (2, "") and said in err and err.count("\n") == 1


def test_compas_by_the_command(audited: Audit, real_data: Any, tmp_path: Path) -> None:
    frame = pd.read_csv(real_data("compas") / "compas-scores-two-years.csv")
    frame["high"] = (frame["score_text"] != "Low").astype(int)
    path = tmp_path / "compas.parquet"
    frame[["two_year_recid", "high", "race", "age", "priors_count"]].to_parquet(path)
    named = ("--label", "two_year_recid", "--prediction", "high", "--groups", "race,age")
    words = ("--cut", "age=25,45", "--control", "priors_count", "--cut", "priors_count=1,5")
    code, out, err = audited("--predictions", path, *named, *words, "--json")
    assert code == 0, err
    race = json.loads(out)["race"]["groups"]
    assert race["African-American"]["false_positive_rate"]["value"] == pytest.approx(
        0.4485, abs=5e-5
    )
    assert race["Caucasian"]["false_negative_rate"]["value"] == pytest.approx(0.4772, abs=5e-5)
    age = json.loads(out)["age"]["groups"]
    assert {name: one["count"]["value"] for name, one in age.items()} == {
        "below 25": (frame["age"] < 25).sum(),
        "25 to below 45": ((frame["age"] >= 25) & (frame["age"] < 45)).sum(),
        "45 and above": (frame["age"] >= 45).sum(),
    }
