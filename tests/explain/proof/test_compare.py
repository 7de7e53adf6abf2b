"""Methods compared whose worth is known: on linear models the true contributions are the best."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from pellucid.core.events import Progress
from pellucid.core.report.html import render
from pellucid.core.report.tree import Report
from pellucid.errors import DataError, ModelError
from pellucid.explain.proof.compare import compare, compare_run
from pellucid.explain.proof.comparison import FRESH, RANDOM, Comparison
from pellucid.explain.proof.conclude import conclude
from pellucid.explain.proof.measuring import measured
from pellucid.explain.proof.section import section
from pellucid.explain.proof.shaken import chosen
from pellucid.explain.proof.taken import Measuring
from pellucid.explain.proof.untrained import untrained
from pellucid.explain.scores import Scores
from pellucid.explain.spec import ExplainSpec
from pellucid.tests.explain.subjects import formula

COUNT, SIZE = 40, 12
HOW = Measuring(scale="logit", shakes=2, shaken_rows=10, replicates=300)


def method(name: str, score: Any, *, complete: bool = True) -> Any:
    """Make a method of a formula of weights and samples, where baselines are zero."""

    def function(subject: Any, spec: Any, *, emit: Any, check: Any) -> list[Scores]:
        rows = np.arange(len(subject))
        sample = subject.batch(rows)["values"].double()
        weight = subject.model.function.weight.detach().double()[0]
        found = score(weight, sample)
        ends = subject.numbers(subject.batch(rows), rows)[:, 0]
        nothing = subject.numbers(subject.baselines(rows), rows)[:, 0]
        out, found = [], found.detach()
        ends, nothing = ends.detach(), nothing.detach()
        for row in rows:
            emit(Progress(step="explain", done=int(row) + 1, total=len(rows)))
            out.append(Scores(found[row].numpy(), 0.0, float(ends[row]), float(nothing[row]), 2))
        return out

    return SimpleNamespace(name=name, title=name.capitalize(), function=function, complete=complete)


PERFECT = method("perfect", lambda w, x: w * x)
TWIN = method("twin", lambda w, x: 3 * w * x, complete=False)
REVERSED = method("reversed", lambda w, x: -w * x, complete=False)
ROUGH = method("rough", lambda w, x: w * x + 0.5 * torch.cos(100 * x), complete=False)
BLIND = method("blind", lambda w, x: x, complete=False)


def refuse(subject: Any, spec: Any, *, emit: Any, check: Any) -> list[Scores]:
    raise ModelError("it has no layers. Choose occlusion")


REFUSED = SimpleNamespace(name="refused", title="Refused", function=refuse, complete=True)


@pytest.fixture(scope="module")
def subject() -> Any:
    torch.manual_seed(0)
    return formula(torch.nn.Linear(SIZE, 1), torch.randn(COUNT, SIZE))


@pytest.fixture(scope="module")
def found(subject: Any) -> Comparison:
    weight = subject.model.function.weight.detach()[0]
    contributions = (weight * subject.samples.named["values"]).numpy()
    truth = [row == row.max() for row in contributions]
    every = [REVERSED, ROUGH, PERFECT, REFUSED, TWIN, BLIND]
    return compare(subject, every, how=HOW, truth=truth)


def test_the_true_contributions_are_recommended(found: Comparison) -> None:
    assert found.recommended in {"perfect", "twin"}
    assert set(found.ranked[:2]) == {"perfect", "twin"}
    assert found.ranked[2] == "rough"
    assert found.ranked[-1] == "reversed"
    assert set(found.tied) | {found.recommended} == {"perfect", "twin"}
    assert found.rows == COUNT


def test_every_figure_of_a_linear_model(found: Comparison, subject: Any) -> None:
    weight = subject.model.function.weight.detach()[0].double().numpy()
    contributions = weight * subject.samples.named["values"].double().numpy()
    first = -np.sort(-contributions, axis=1).cumsum(axis=1)
    first = np.concatenate([np.zeros((COUNT, 1)), -np.sort(-contributions, axis=1).cumsum(1)], 1)
    gain = np.trapezoid(2 * first - first[:, -1:], dx=1 / SIZE, axis=1)
    figures = found.figures["perfect"]
    assert figures["gain"].value == pytest.approx(gain.mean(), abs=1e-5)
    at = [1, 1, 2, 3, 6]  # 1, 5, 10, 20 and 50% of 12, rounded up
    assert figures["comprehensiveness"].value == pytest.approx(first[:, at].mean(), abs=1e-5)
    assert figures["sufficiency"].value == pytest.approx(
        (first[:, -1:] - first[:, at]).mean(), abs=1e-5
    )
    assert figures["infidelity"].value == pytest.approx(0, abs=1e-9)
    assert figures["unexplained"].value == pytest.approx(0, abs=1e-9)
    assert figures["completeness_error"].value == pytest.approx(0, abs=1e-4)
    assert figures["pointing_game"].value == 1
    assert figures["pointing_game"].method == "wilson"
    assert found.figures["reversed"]["unexplained"].value == 1
    assert found.figures["reversed"]["gain"].value == pytest.approx(-gain.mean(), abs=1e-5)
    assert "infidelity" not in found.figures["twin"]
    assert found.figures["perfect"]["max_sensitivity"].n == 10
    assert found.evaluations["perfect"] == 2 * COUNT


def test_chance_comes_to_what_it_should(found: Comparison) -> None:
    figures = found.figures[RANDOM]
    assert figures["gain"].low < 0 < figures["gain"].high
    assert figures["pointing_game"].low < 1 / SIZE < figures["pointing_game"].high
    assert figures["unexplained"].value > 0.8
    one = found.difference("gain", "perfect", RANDOM)
    assert one.better
    other = found.difference("gain", RANDOM, "perfect")
    assert other.value.value == -one.value.value
    assert (other.value.low, other.value.high) == (-one.value.high, -one.value.low)
    assert not other.better


def test_weights_drawn_anew_drop_the_correlation(found: Comparison) -> None:
    assert abs(found.figures["perfect"]["untrained_correlation"].value) < 0.2
    assert found.figures["blind"]["untrained_correlation"].value == pytest.approx(1)
    assert any(text.startswith("Blind gives a similar map") for text in found.words)
    assert not any(text.startswith("Perfect gives a similar") for text in found.words)
    assert found.difference("gain", "perfect", FRESH + "perfect").better


def test_words_say_no_more_than_was_measured(found: Comparison) -> None:
    best, other = ("Perfect", "Twin") if found.recommended == "perfect" else ("Twin", "Perfect")
    assert found.words[0].startswith(f"On these 40 rows {best} is recommended")
    assert found.words[1].startswith(f"{other} can't be told from it on these rows")
    poor = next(text for text in found.words if text.startswith("Not shown to be better than rand"))
    assert "Reversed" in poor
    assert "Rough" not in poor
    assert "Refused can't serve this model: it has no layers. Choose occlusion" in found.words


def test_ties_are_no_difference(found: Comparison) -> None:
    one = found.difference("gain", "perfect", "twin")
    assert one.value.value == pytest.approx(0, abs=1e-9)
    assert one.p == 1
    assert not one.significant
    agreement = {(one.first, one.second): one for one in found.agreement}
    assert agreement["perfect", "twin"].correlation.value == pytest.approx(1)
    assert agreement["perfect", "twin"].overlap.value == 1
    assert agreement["reversed", "perfect"].correlation.value == pytest.approx(-1)
    assert agreement["reversed", "perfect"].overlap.value == 0


def test_p_values_are_adjusted_over_all_differences(found: Comparison) -> None:
    from scipy.stats import false_discovery_control

    p = [one.p for one in found.differences]
    assert [one.adjusted for one in found.differences] == pytest.approx(
        list(false_discovery_control(p))
    )
    # 10 pairs, 5 beside chance and 5 beside their own maps of the untrained model, by 6 measures.
    assert len(p) == 6 * 20


def test_nothing_is_recommended_where_nothing_beats_chance(subject: Any) -> None:
    noise = method("noise", lambda w, x: torch.cos(1000 * x), complete=False)
    found = compare(subject, [noise, REVERSED], how=HOW)
    assert found.recommended == ""
    assert found.words[0].endswith("so none is recommended.")


def test_a_method_that_cannot_serve_a_control_is_compared_without_it(subject: Any) -> None:
    def function(other: Any, spec: Any, **told: Any) -> list[Scores]:
        if other is not subject:
            raise ModelError("its rules don't serve it")
        return PERFECT.function(other, spec, **told)

    picky = SimpleNamespace(name="picky", title="Picky", function=function, complete=True)
    found = compare(subject, [picky, ROUGH], how=HOW)
    assert found.recommended == "picky"
    assert FRESH + "picky" not in found.figures
    assert FRESH + "rough" in found.figures
    assert not {"max_sensitivity", "untrained_correlation"} & set(found.figures["picky"])
    assert "Picky, untrained" not in render(Report("T", "", (), (section(found),)))


def test_too_few_rows_show_nothing_and_that_is_said() -> None:
    torch.manual_seed(0)
    few = formula(torch.nn.Linear(SIZE, 1), torch.randn(4, SIZE))
    found = compare(few, [PERFECT], how=HOW)
    assert found.recommended == ""
    assert found.words[0].endswith("With fewer than 6 rows it can't be shown: compare on more.")


def test_it_is_plain_data(found: Comparison) -> None:
    raw = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert Comparison.from_json(raw).as_json() == found.as_json()
    assert raw["measures"]["insertion_auc"]["range"] == "any number (logits)"
    assert raw["measures"]["unexplained"]["range"] == "0 to 1"


def test_the_report_shows_it(found: Comparison) -> None:
    page = render(Report("T", "", (), (section(found),)))
    assert found.words[0] in page.replace("&#39;", "'").replace("&rsquo;", "'")
    for text in ("Insertion minus deletion", "n.s., p", "Random scores", "Spearman"):
        assert text in page
    assert "Perfect, untrained" in page


def test_portions_of_rows_come_to_the_same(subject: Any) -> None:
    spec, how = ExplainSpec(), Measuring(scale="logit", shakes=0, replicates=100)
    fresh = untrained(subject.model, 0)
    whole = measured(subject, fresh, [PERFECT, ROUGH], spec, how)
    parts = [
        measured(chosen(subject, rows), fresh, [PERFECT, ROUGH], spec, how, first=int(rows[0]))
        for rows in (np.arange(15), np.arange(15, COUNT))
    ]
    one, other = (conclude(taken, [PERFECT, ROUGH], spec, how) for taken in ([whole], parts))
    for name, figures in one.figures.items():
        for measure, figure in figures.items():
            assert other.figures[name][measure].value == pytest.approx(figure.value, abs=1e-6)


def test_progress_never_runs_backwards_and_ends(subject: Any) -> None:
    told: list[Any] = []
    compare(subject, [PERFECT, REFUSED], how=HOW, emit=told.append)
    done = [one.done for one in told]
    assert done == sorted(done)
    assert done[-1] == told[-1].total


def test_what_cannot_be_compared_is_said(subject: Any) -> None:
    with pytest.raises(DataError, match="integrated_gradients"):
        compare(subject, ["integrated_gradient"])
    with pytest.raises(DataError, match="it has no layers"):
        compare(subject, [REFUSED], how=HOW)
    single = formula(torch.nn.Linear(1, 1), torch.randn(3, 1))
    with pytest.raises(DataError, match="two segments"):
        compare(single, [PERFECT], how=HOW)


def test_methods_of_a_run(finished: Path) -> None:
    how = Measuring(shakes=1, shaken_rows=3, replicates=100)
    found = compare_run(finished, ["integrated_gradients", "feature_ablation"], rows=8, how=how)
    assert found.rows + found.left_out == 8
    assert found.scale == "probability"
    predictions = pd.read_parquet(finished / "predictions.parquet")
    test = predictions[predictions["split"] == "test"].reset_index(drop=True)
    from pellucid.core.dataset import pick

    answered = test.filter(like="score:").max(axis=1).to_numpy()[pick(test["id"].to_numpy(), 8)]
    for name in ("integrated_gradients", RANDOM, FRESH + "feature_ablation"):
        drawn = found.curves[name]
        assert drawn.deletion[0][0] == pytest.approx(answered.mean(), abs=1e-3)
        assert drawn.insertion[0][-1] == pytest.approx(answered.mean(), abs=1e-3)
        assert drawn.insertion[0][0] == pytest.approx(drawn.deletion[0][-1], abs=1e-6)
    for name in ("integrated_gradients", "feature_ablation"):
        for measure in ("gain", "comprehensiveness", "sufficiency", "unexplained"):
            figure = found.figures[name][measure]
            assert -1 <= figure.low <= figure.value <= figure.high <= 1
    assert found.figures["integrated_gradients"]["completeness_error"].value < 0.05
