"""The machine: capabilities decide, and torchaudio imports over a CPU-only torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import threadpoolctl
import torch

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


def test_random_models_are_written_by_a_process_of_its_own(tmp_path: Path) -> None:
    """Nobody else has made torch and transformers importable there."""
    code = (
        "import sys; from pathlib import Path\n"
        "from pellucid.benchmarks.learning.random_model import write_causal\n"
        "write_causal(Path(sys.argv[1]), ['one two'], words=300, width=32, layers=1, places=16)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True)
    assert (tmp_path / "model.safetensors").is_file() and (tmp_path / "tokenizer.json").is_file()


def test_numpy_computes_on_one_thread_and_then_on_as_many_as_before() -> None:
    import sklearn.linear_model  # noqa: F401 - brings scipy's library

    def threads() -> list[int]:
        found = threadpoolctl.threadpool_info()
        return [one["num_threads"] for one in found if one["user_api"] == "blas"]

    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        before, of_torch = threads(), torch.get_num_threads()
        with device.one_blas_thread():
            assert threads() and set(threads()) == {1}
            assert torch.get_num_threads() == of_torch
        assert threads() == before
