"""Exposure: ranks in closed form, and a run that learnt a secret by heart."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from pellucid import Recipe, execute
from pellucid.core import Run
from pellucid.core.tasks.sequences import nats
from pellucid.errors import DataError
from pellucid.fairness.privacy.canaries import Form, read_canaries
from pellucid.fairness.privacy.check import privacy
from pellucid.fairness.privacy.exposure import Exposures, Ranking, exposure
from pellucid.fairness.privacy.planting import write_planted
from pellucid.fairness.privacy.shared_prefix import common_prefix, sequence_nats
from pellucid.fairness.privacy.spec import PrivacySpec
from pellucid.fairness.privacy.trained import Trained


def test_the_exposure_of_a_known_rank() -> None:
    losses = np.random.default_rng(0).permutation(1024).astype(float)
    ranking = Ranking(losses, 1024)
    for loss, bits in ((0.0, 10.0), (1.0, 9.0), (3.0, 8.0), (511.0, 1.0), (1023.0, 0.0)):
        figure, rank, how = ranking.of(loss)
        assert (figure.value, rank, how) == (bits, loss + 1, "all")


def test_a_secret_that_was_never_planted_has_few_bits() -> None:
    """Of all ranks a share of 2 to the power of -e lies beyond e bits."""
    ranking = Ranking(np.arange(4096.0), 4096)
    bits = np.array([ranking.of(float(loss))[0].value for loss in range(4096)])
    for far in (1, 3, 6):
        assert np.mean(bits >= far) == pytest.approx(2.0**-far, rel=1e-9)


@pytest.mark.parametrize("z", [0.0, -1.0, -2.5])
def test_drawn_secrets_stand_for_all(z: float) -> None:
    """The interval holds the exposure that is known in about 95 of 100 draws."""
    size, truth = 10**9, -math.log2(stats.norm.cdf(z))
    held, values = [], []
    for seed in range(300):
        losses = np.random.default_rng(seed).normal(50, 4, 4000)
        figure, rank, how = Ranking(losses, size).of(50 + 4 * z)
        assert how == "drawn" and rank == pytest.approx(size * 2.0**-figure.value)
        held.append(figure.low <= truth <= figure.high)
        values.append(figure.value)
    assert 0.91 <= np.mean(held) <= 0.98
    assert np.median(values) == pytest.approx(truth, abs=0.1)


@pytest.mark.parametrize("z", [-4.2, -5.0])
def test_a_fitted_distribution_tells_beyond_those_drawn(z: float) -> None:
    rng = np.random.default_rng(2)
    ranking = Ranking(rng.normal(50, 4, 10_000), 10**9)
    figure, _, how = ranking.of(50 + 4 * z)
    truth = -math.log2(stats.norm.cdf(z))
    assert how == "skew-normal" and ranking.misfit < 0.02
    assert figure.value == pytest.approx(truth, rel=0.15)
    assert figure.low == pytest.approx(-math.log2(stats.binomtest(0, 10_000).proportion_ci(
        method="wilson").high), abs=1e-6)  # fmt: skip
    assert figure.high == pytest.approx(math.log2(10**9))


def test_no_exposure_is_beyond_what_there_can_be() -> None:
    ranking = Ranking(np.random.default_rng(3).normal(50, 1, 2000), 10**6)
    figure, rank, _ = ranking.of(-1000.0)
    assert figure.value == pytest.approx(math.log2(10**6)) and rank == pytest.approx(1)


@pytest.fixture(scope="module")
def planted(
    table: Path, tiny_decoder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, Path]:
    """Train a tiny model on sentences with a secret of two digits in them sixty times."""
    folder = tmp_path_factory.mktemp("canaries")
    secrets, _ = write_planted(
        table,
        folder / "planted.csv",
        Form("code {2 digits}"),
        column="text",
        repeats=(0, 60),
        each=1,
    )
    recipe = {
        "name": "planted",
        "data": {
            "source": str(folder / "planted.csv"),
            "inputs": {"text": "text"},
            "split": {"column": "split"},
            "groups": ["gender"],
            "id": "id",
        },
        "model": {"name": str(tiny_decoder), "task": "causal_lm", "max_length": 48},
        "train": {"epochs": 4, "learning_rate": 5e-3, "batch_size": 16},
        "evaluate": {"replicates": 100, "baselines": False},
    }
    run = execute(Recipe.of(recipe), folder / "runs", only=("train", "evaluate"))
    return run, secrets


def test_a_secret_learnt_by_heart_is_ranked_first(planted: tuple[Run, Path]) -> None:
    run, secrets = planted
    found = exposure(Trained(run), read_canaries(secrets), PrivacySpec())
    learnt, never = found.canaries
    assert (learnt.planted, never.planted) == (60, 0)
    assert (learnt.rank, learnt.how, found.size, found.candidates) == (1, "all", 100, 100)
    assert learnt.bits.value == pytest.approx(math.log2(100))
    assert never.bits.value < learnt.bits.value
    assert 2 <= never.rank <= 100 and found.elsewhere == 0
    assert Exposures.from_json(json.loads(json.dumps(found.as_json()))) == found


def test_a_beginning_read_once_comes_to_the_same(planted: tuple[Run, Path]) -> None:
    trained = Trained(planted[0])
    row = trained.dataset.take(np.zeros(40, np.int64))
    texts = [
        f"the room was very good and {word}" for word in ("a desk", "warm", "we") * 13 + ("x",)
    ]
    from dataclasses import replace

    rows = replace(row, inputs={"text": np.array(texts, dtype=object)})
    samples = trained.task.encode(trained.processor, rows)
    assert common_prefix(samples.samples) >= 6
    kept, whole = sequence_nats(trained.model, samples), nats(trained.model, samples)
    assert kept - kept[0] == pytest.approx(whole - whole[0], abs=1e-4)
    assert (whole > kept + 1).all()  # the common words' own nats count in neither


def test_a_model_that_keeps_nothing_reads_all(
    planted: tuple[Run, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = Trained(planted[0])
    samples = trained.task.encode(trained.processor, trained.dataset.first(20))
    module = sys.modules[sequence_nats.__module__]
    monkeypatch.setattr(module, "_kept", lambda *given: None)
    assert sequence_nats(trained.model, samples) == pytest.approx(nats(trained.model, samples))


def test_rows_with_canaries_are_left_out_of_other_checks(planted: tuple[Run, Path]) -> None:
    run, secrets = planted
    trained = Trained(run, canaries=read_canaries(secrets))
    assert len(trained.dataset) - len(trained.genuine) == 60
    assert not any("code " in str(text) for text in trained.genuine.inputs["text"])


def test_every_check_of_a_model_that_writes(planted: tuple[Run, Path]) -> None:
    run, secrets = planted
    spec = PrivacySpec(prompts=12, new_tokens=8, verbatim=3, rows=60)
    found = privacy(run, canaries=secrets, spec=spec)
    assert not found.left_out
    assert found.membership is not None and found.overlap is not None
    assert found.membership.reference == "the model before training"
    assert found.membership.loss.members == 60
    assert found.overlap.trained.rows == found.overlap.control.rows == 12
    assert found.canaries is not None and set(found.personal) == {"planted.csv"}
    without = privacy(run, spec=spec.model_copy(update={"checks": ("canaries", "personal")}))
    assert without.left_out == {"canaries": "no canaries are known to have been planted"}


def test_canaries_that_are_not_there(planted: tuple[Run, Path], tmp_path: Path) -> None:
    run, secrets = planted
    raw = json.loads(secrets.read_text())
    for one in raw["canaries"]:
        one["secret"] = "zz"
    path = tmp_path / "other.json"
    path.write_text(json.dumps(raw))
    with pytest.raises(DataError, match="none of the canaries stands in a training row"):
        privacy(run, checks=["canaries"], canaries=path)
    with pytest.raises(DataError, match="no canaries are known"):
        privacy(run, checks=["canaries"])
