"""The machine: capabilities decide, and torchaudio imports over a CPU-only torch."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pellucid import device


def test_torchaudio_imports_and_works_beside_transformers() -> None:
    code = """
from pellucid import device
device.prepare()
import torch, torchaudio
from transformers import CLIPConfig, CLIPModel
tone = torch.sin(torch.linspace(0, 2000, 16000))[None]
half = torchaudio.functional.resample(tone, 16000, 8000)
assert half.shape == (1, 8000)
assert torchaudio.compliance.kaldi.fbank(tone, num_mel_bins=40).shape[1] == 40
assert torchaudio.transforms.MelSpectrogram(16000)(tone).ndim == 3
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_bf16_only_where_native(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("about CPUs")
    for probe in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.setattr(torch.cpu, probe, lambda: False, raising=False)
    assert device.choose("auto").precision == "fp32"
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True, raising=False)
    assert device.choose("auto").precision == "bf16"
    assert device.choose("fp32").precision == "fp32"


def test_device_survives_json() -> None:
    chosen = device.choose()
    assert device.Device.from_json(chosen.as_json()) == chosen
    assert "torch" in device.versions()
