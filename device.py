"""The machine: which device computes, in which precision, on how many threads.

This module alone decides such things. Decisions follow from capability, never from timing, and
are stored in the run, so that a resumed run computes exactly as it began.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

_POOLS: dict[bool, Any] = {}
"""The libraries that compute in threads, without and with scipy's; finding them takes 3 ms."""

Kind = Literal["cuda", "mps", "cpu"]
Precision = Literal["bf16", "fp32"]


@dataclass(frozen=True)
class Device:
    """What computes, and how.

    Attributes
    ----------
    kind
        ``cuda``, ``mps`` or ``cpu``.
    name
        The maker's name of the device.
    precision
        Number format of matrix products; weights and optimiser state are always float32.
    threads
        Threads of one operation on the CPU.
    """

    kind: Kind
    name: str
    precision: Precision
    threads: int

    @property
    def words(self) -> str:
        """The device in a few words, for people."""
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"{self.name}, {self.precision}, {threads}"

    def as_json(self) -> dict[str, Any]:
        """Return a mapping for environment.json."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Device:
        """Read what `as_json` wrote."""
        return cls(**raw)


def prepare() -> None:
    """Make torch, torchaudio and transformers importable and quiet; call before importing them."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    repair_torchaudio()


def repair_torchaudio() -> bool:
    """Let torchaudio import over a CPU-only torch; return whether that was needed.

    The Linux wheels of torchaudio link CUDA libraries. Over a CPU-only torch loading them raises
    OSError, and because transformers imports torchaudio itself, even text models would break.
    torchaudio looks for its libraries in the folder ``_LIB_DIR`` of its module
    ``_extension.utils`` and goes on without them if that folder lacks them. So that module is
    loaded first, under its own name, and pointed at a folder that does not exist. Transforms,
    resampling and kaldi features are plain torch and work; reading files is soundfile's work.
    """
    import torch

    if torch.version.cuda is not None or "torchaudio" in sys.modules:
        return False
    found = importlib.util.find_spec("torchaudio")
    if found is None or found.origin is None:
        return False
    name = "torchaudio._extension.utils"
    path = Path(found.origin).parent / "_extension" / "utils.py"
    spec = importlib.util.spec_from_file_location(name, path)
    if not path.exists() or spec is None or spec.loader is None:
        return False
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    module._LIB_DIR = path.parent / "no-compiled-extension"  # type: ignore[attr-defined]
    return True


def choose(precision: Literal["auto", "bf16", "fp32"] = "auto") -> Device:
    """Choose the device by what the machine can do.

    Parameters
    ----------
    precision
        ``auto`` takes bf16 where matrix products in it are native: CUDA from compute capability
        8.0, CPUs with AMX or AVX512-BF16. Elsewhere bf16 is emulated and many times slower.
    """
    import torch

    threads = torch.get_num_threads()
    if torch.cuda.is_available():
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        name, kind = torch.cuda.get_device_name(0), "cuda"
    elif torch.backends.mps.is_available():
        native, name, kind = False, "Apple GPU", "mps"
    else:
        native, name, kind = _cpu_has_bf16(), _cpu_name(), "cpu"
    chosen: Precision = ("bf16" if native else "fp32") if precision == "auto" else precision
    return Device(kind, name, chosen, threads)  # type: ignore[arg-type]


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep numpy's and scipy's matrix products on one thread each while the context is open.

    Their threads wait for one another in a busy loop. For small products that takes several times
    as long as the products themselves: a regression on 1,500 rows of 320 numbers 1.4 seconds of CPU
    time in place of 0.04 where other work runs beside it. torch's threads stay as they are.
    """
    from threadpoolctl import ThreadpoolController

    loaded = "scipy.linalg" in sys.modules  # which brings its own library
    if loaded not in _POOLS:
        _POOLS[loaded] = ThreadpoolController()
    with _POOLS[loaded].limit(limits=1, user_api="blas"):
        yield


def versions() -> dict[str, str]:
    """Return the versions of everything that can change a result."""
    names = ("torch", "transformers", "accelerate", "tokenizers", "captum", "scikit-learn", "numpy")
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in (*names, "pandas", "fairlearn", "shap", "peft"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _cpu_has_bf16() -> bool:
    import torch

    return any(
        bool(getattr(torch.cpu, probe, lambda: False)())
        for probe in ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    )


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
