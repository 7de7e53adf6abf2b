"""Nothing is computed twice: what was explained is kept, and stopped work goes on."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.core import Run
from pellucid.core.events import Progress, Started
from pellucid.core.jobs import CancelToken
from pellucid.explain import attribute, read_attributions
from pellucid.explain.attribute import explain_kept
from pellucid.explain.kept import Kept, fingerprints
from pellucid.explain.methods import methods
from pellucid.explain.opened import Opened, open_run
from pellucid.explain.spec import ExplainSpec
from pellucid.pipeline import carry_out

# The package has a function of the module's name.
MODULE: Any = import_module("pellucid.explain.attribute")
BY = methods()["integrated_gradients"]


class Stop(Exception):
    """What a test raises where a person would have stopped the work."""


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Run:
    """Copy the finished run, whose folder tests must not change."""
    copy = tmp_path / "run"
    shutil.copytree(finished, copy, ignore=shutil.ignore_patterns("checkpoints", "kept"))
    return Run.open(copy)


@pytest.fixture(scope="module")
def opened(finished: Path) -> Opened:
    return open_run(Run.open(finished))


@pytest.fixture(scope="module")
def rows(finished: Path) -> Any:
    dataset = Run.open(finished).dataset()
    return dataset.take(dataset.rows("test")[:12])


def explained(
    opened: Opened, rows: Any, folder: Path, calls: list[int] | None = None, **changes: Any
) -> Any:
    """Explain rows into a folder; count the batches in `calls`."""
    spec = ExplainSpec(**({"steps": 8, "max_steps": 8} | changes))
    counted = [] if calls is None else calls
    return list(explain_kept(opened, rows, spec, Kept(folder), check=lambda: counted.append(1)))


def test_what_is_kept_is_not_computed_again(opened: Opened, rows: Any, tmp_path: Path) -> None:
    calls: list[int] = []
    first = explained(opened, rows.take(np.arange(8)), tmp_path, calls)
    assert calls
    files = sorted(tmp_path.glob("*.parquet"))
    calls.clear()
    again = explained(opened, rows.take(np.array([5, 2])), tmp_path, calls)
    assert calls == [] and [one.id for one in again] == [first[5].id, first[2].id]
    assert again[0].scores.tolist() == first[5].scores.tolist()
    more = explained(opened, rows, tmp_path, calls)
    assert calls and [one.id for one in more] == rows.ids.tolist()
    assert set(files) < set(tmp_path.glob("*.parquet"))


@pytest.mark.parametrize(
    "changes", [{"tolerance": 0.2}, {"target": "positive"}, {"baseline": {"text": "mask"}}]
)
def test_other_settings_are_another_request(
    opened: Opened, rows: Any, changes: dict[str, Any]
) -> None:
    spec = ExplainSpec()
    plain = fingerprints(opened, rows, spec, BY)
    assert len(set(plain)) == len(rows)
    assert plain == fingerprints(opened, rows, ExplainSpec(rows=3), BY)
    assert not set(plain) & set(fingerprints(opened, rows, ExplainSpec(**changes), BY))
    other = replace(opened, digest="another model")
    assert not set(plain) & set(fingerprints(other, rows, spec, BY))
    other = replace(BY, name="another method")
    assert not set(plain) & set(fingerprints(opened, rows, spec, other))
    text = rows.inputs["text"].copy()
    text[3] += "!"
    changed = fingerprints(opened, replace(rows, inputs={"text": text}), spec, BY)
    assert [one == two for one, two in zip(plain, changed, strict=True)].count(False) == 1


def test_stopped_work_goes_on_where_it_was(
    opened: Opened, rows: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MODULE, "FIRST", 3)
    monkeypatch.setattr(MODULE, "AT_ONCE", 3)
    spec = ExplainSpec(steps=8, max_steps=8)

    def stop_late() -> None:
        if len(list(tmp_path.glob("[!.]*.parquet"))) == 2:
            raise Stop

    with pytest.raises(Stop):
        explain_kept(opened, rows, spec, Kept(tmp_path), check=stop_late)
    assert len(list(tmp_path.iterdir())) == 2  # whole files, and nothing else
    (tmp_path / ".partial-0-of-a-killed-process.parquet").write_bytes(b"PAR1")
    told: list[Progress] = []
    found = list(explain_kept(opened, rows, spec, Kept(tmp_path), emit=told.append))
    assert [one.id for one in found] == rows.ids.tolist()
    assert len(list(tmp_path.glob("[!.]*"))) == 4
    assert told[-1].done == told[-1].total == 12 and told[0].done >= 6
    at_once = explained(opened, rows, tmp_path / "other")
    for one, other in zip(found, at_once, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=1e-5)


def test_few_rows_are_in_memory(
    opened: Opened, rows: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    ask = MODULE.ask

    def counted(opened: Any, dataset: Any, *given: Any, **told: Any) -> Any:
        seen.append(len(dataset))
        return ask(opened, dataset, *given, **told)

    monkeypatch.setattr(MODULE, "AT_ONCE", 4)
    monkeypatch.setattr(MODULE, "FIRST", 2)
    monkeypatch.setattr(MODULE, "ask", counted)
    assert len(explained(opened, rows, tmp_path)) == 12
    assert max(seen) <= 4 and sum(seen) == 12


def test_the_step_goes_on_after_a_stop(run: Run) -> None:
    shutil.rmtree(run.path / "explanations")
    token = CancelToken()

    def listen(event: Any) -> None:
        if isinstance(event, Started) and event.step == "explain":
            token.stop()

    done = carry_out(run, ["explain"], cancel=token, emit=listen)
    assert done.status == "stopped" and not run.has("explanations/importance.json")
    done = carry_out(run, ["explain"])
    assert done.status == "finished" and run.has("explanations/importance.json")
    kept = {path.name for path in (run.path / "explanations/kept").rglob("*.parquet")}
    before = read_attributions(run.path / "explanations/integrated_gradients.parquet")
    some = [one.id for one in before[4:7]]
    carry_out(run, ["explain"], changes={"rows": some})
    few = read_attributions(run.path / "explanations/integrated_gradients.parquet")
    assert len(before) == 20 and len(few) == 3
    assert {one.fingerprint for one in few} <= {one.fingerprint for one in before}
    assert kept == {path.name for path in (run.path / "explanations/kept").rglob("*.parquet")}
    assert {one.fingerprint for one in attribute(run, rows=some)} == {
        one.fingerprint for one in few
    }


def test_methods_asked_for_by_name_stand_beside_the_others(run: Run) -> None:
    name = next((one for one in ("occlusion", "saliency") if one in methods()), None)
    assert name is not None
    carry_out(run, ["explain"], changes={"method": name, "rows": 3})
    ranked = json.loads((run.path / "explanations/importance.json").read_text())
    assert set(ranked) == {"integrated_gradients", name}
    carry_out(run, ["report"])
    page = (run.path / "report.html").read_text()
    assert f'id="explain-maps-{name}"' in page and 'id="explain-maps"' in page
