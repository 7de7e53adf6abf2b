"""Fine-tune the bundled models on real data, beside the same networks with random weights.

Both are trained by the same recipe, on all rows and on 500; what is printed is the accuracy on the
test rows (of a model that writes its answers: exact match), beside the majority answer's and that
of linear models on simple features.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from .. import device
from . import record
from .seen import KINDS, Kind

FEW = 500
WEIGHTS = ("bundled", "random")


def options(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--kind", choices=list(KINDS), required=True)
    command.add_argument("--seeds", type=int, default=3)
    command.add_argument(
        "--weights", choices=WEIGHTS, action="append", help="what to begin from; default: both"
    )
    command.add_argument("--rows", type=int, action="append", help="training rows; 0: all")
    command.add_argument("--runs", type=Path, help="keep runs and tables in this folder")


def main(chosen: argparse.Namespace) -> None:
    """Train from both beginnings and print a line for each number of rows."""
    device.prepare()
    kind = KINDS[chosen.kind]
    said = kind.metric.replace("_", " ")
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        begun = {
            name: str(kind.model["name"] if name == "bundled" else _random(kind, place / "random"))
            for name in chosen.weights or WEIGHTS
        }
        for rows in chosen.rows or [0, FEW]:
            # A run that is kept needs its table.
            table = (chosen.runs or place) / f"{chosen.kind}-{rows or 'all'}.csv"
            table.parent.mkdir(parents=True, exist_ok=True)
            kind.write(table, rows)
            for name, model in begun.items():
                found, spent = [], []
                for seed in range(chosen.seeds):
                    began = time.perf_counter()
                    named = f"{table.stem}-{name}-{seed}"
                    raw = kind.recipe(table, named, seed)
                    raw["model"]["name"] = model
                    measured = _measured(raw, chosen.runs or place / "runs")
                    spent.append(time.perf_counter() - began)
                    found.append(measured[kind.metric]["value"])
                    print(f"{rows or 'all'} rows, {name}, seed {seed}: {found[-1]:.4f}", flush=True)
                lines.append(
                    f"{rows or 'all'} rows, {name} weights: {said} {statistics.mean(found):.4f} "
                    f"({min(found):.4f} to {max(found):.4f} over {len(found)} seeds), "
                    f"{statistics.mean(spent):.0f} s each"
                )
            lines += [
                f"{rows or 'all'} rows, {name}: accuracy {one['accuracy']['value']:.4f}"
                for name, one in measured.get("baselines", {}).items()
            ]
    print("\n".join(lines))
    if chosen.record:
        asked = [f"--kind {chosen.kind} --seeds {chosen.seeds}"]
        asked += [f"--weights {name}" for name in chosen.weights or ()]
        asked += [f"--rows {rows}" for rows in chosen.rows or ()]
        record.append(f"bundled {' '.join(asked)}", lines)


def _measured(raw: dict[str, Any], runs: Path) -> dict[str, Any]:
    from pellucid import Recipe, execute

    run = execute(Recipe.of(raw), runs, only=("train", "evaluate"))
    if run.status != "finished":
        raise SystemExit(f"{run.path} is {run.status}")
    found: dict[str, Any] = json.loads((run.path / "evaluation.json").read_text())["test"]
    return found


def _random(kind: Kind, folder: Path) -> Path:
    """Write the same network with random weights, with all else that stands beside it."""
    import torch
    import transformers

    from pellucid.multimodal.sources import locate

    source = Path(locate(str(kind.model["name"])).reference)
    torch.manual_seed(0)
    config = transformers.AutoConfig.from_pretrained(source)
    config.dtype = None
    network = getattr(transformers, config.architectures[0])(config).float()
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    network.save_pretrained(folder)
    return folder
