"""The small models that come with the package: whole, small, and what any program can load."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pellucid.assets.models import make
from pellucid.multimodal.sources import BUNDLED, locate

OWN = sorted(name for name, one in BUNDLED.items() if one.package == "pellucid.assets.models")
MOST = 4 << 20

LOADED = """
import sys, torch
import importlib.util
from pathlib import Path
utils = importlib.util.find_spec("torchaudio")
if utils is not None and torch.version.cuda is None:
    from pellucid.device import repair_torchaudio
    repair_torchaudio()
import transformers
model = transformers.AutoModel.from_pretrained(sys.argv[1])
assert all(weight.dtype == torch.float16 for weight in model.parameters())
assert all(weight.isfinite().all() for weight in model.parameters())
getattr(transformers, sys.argv[2]).from_pretrained(sys.argv[1])
print(sum(weight.numel() for weight in model.parameters()))
"""


@pytest.mark.parametrize("name", OWN)
def test_a_model_is_whole_small_and_said_to_be_made_here(name: str) -> None:
    source = locate(name)  # checks the weights byte for byte
    folder = Path(source.reference)
    assert sum(file.stat().st_size for file in folder.iterdir()) <= MOST
    assert source.licence == "apache-2.0"
    card = (folder / "README.md").read_text(encoding="utf-8")
    kind = name.removeprefix("bundled/")
    plan = make.PLANS[kind]
    command = f"make {kind} --count {plan.count} --epochs {plan.epochs} --seed 13"
    assert command in card and plan.limits in card
    for file in folder.glob("*.json"):
        assert "/tmp" not in file.read_text(encoding="utf-8")
        assert "_name_or_path" not in json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", OWN)
def test_any_program_loads_it(name: str) -> None:
    auto = {"image": "AutoImageProcessor", "audio": "AutoFeatureExtractor"}
    kind = name.removeprefix("bundled/")
    done = subprocess.run(
        [sys.executable, "-c", LOADED, locate(name).reference, auto[kind]],
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(done.stdout) == make.PLANS[kind].model().num_parameters()


def test_all_of_them_together_stay_small() -> None:
    folders = [Path(locate(name).reference) for name in OWN]
    assert folders
    assert sum(file.stat().st_size for one in folders for file in one.iterdir()) <= 20 << 20


@pytest.mark.parametrize("kind", list(make.PLANS))
def test_samples_are_made_anew_alike(kind: str, tmp_path: Path) -> None:
    made = []
    for place in ("one", "two"):
        folder = tmp_path / place
        folder.mkdir()
        rows = list(make.PLANS[kind].samples(folder, 4, 13))
        assert all(labels for _, labels in rows)
        made.append([(name, labels, (folder / name).read_bytes()) for name, labels in rows])
    assert made[0] == made[1]
    assert len({content for *_, content in made[0]}) == 4


def test_making_one_ends_in_a_folder_that_loads(tmp_path: Path) -> None:
    out = tmp_path / "made"
    make.make("image", make.PLANS["image"], out, tmp_path / "work", count=200, epochs=1, seed=13)
    assert {file.name for file in out.iterdir()} == {
        "README.md",
        "config.json",
        "model.safetensors",
        "preprocessor_config.json",
    }
    assert "--count 200 --epochs 1" in (out / "README.md").read_text(encoding="utf-8")
    assert locate(str(out)).licence == "apache-2.0"
