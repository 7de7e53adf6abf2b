"""Weight files: what safetensors itself writes is accepted, and nothing that was harmed."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from pellucid.errors import ModelError
from pellucid.multimodal.weights import check_folder, check_safetensors, check_sha256

TENSORS = {"a": np.arange(12, dtype=np.float32).reshape(3, 4), "b": np.ones(5, np.float16)}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text("{}")
    save_file(TENSORS, tmp_path / "model.safetensors", metadata={"format": "pt"})
    return tmp_path


def refused(folder: Path) -> str:
    with pytest.raises(ModelError) as error:
        check_folder(folder)
    return str(error.value)


def test_a_whole_model(model: Path) -> None:
    (model / "optimizer.safetensors").write_bytes(b"not for loading")
    assert check_folder(model) == [model / "model.safetensors"]


def test_a_model_in_parts(model: Path) -> None:
    (model / "model.safetensors").unlink()
    parts = {
        name: f"model-0000{number}-of-00002.safetensors" for number, name in enumerate("ab", 1)
    }
    for name, file in parts.items():
        save_file({name: TENSORS[name]}, model / file)
    (model / "model.safetensors.index.json").write_text(json.dumps({"weight_map": parts}))
    assert check_folder(model) == [model / file for file in parts.values()]
    (model / parts["b"]).unlink()
    assert f"{parts['b']}: this part of the weights is missing" in refused(model)
    for index in ("{", "[]", '{"weight_map": 3}', "{}"):
        (model / "model.safetensors.index.json").write_text(index)
        assert "the index can't be read" in refused(model)


@pytest.mark.parametrize("keep", [0, 4, 8, 20, 100, -1])
def test_a_file_that_was_cut_off_anywhere(keep: int, model: Path) -> None:
    file = model / "model.safetensors"
    file.write_bytes(file.read_bytes()[:keep])
    told = refused(model)
    assert str(file) in told and "Copy the file again" in told


def test_a_file_that_grew(model: Path) -> None:
    file = model / "model.safetensors"
    size = file.stat().st_size
    file.write_bytes(file.read_bytes() + b"\0")
    assert f"holds {size + 1:,} bytes where its header promises {size:,}" in refused(model)


@pytest.mark.parametrize(
    "header", [b"[]", b"3", b"{}", b'{"a": 3}', b'{"a": {"data_offsets": ["x", "y"]}}', b"\xff\xff"]
)
def test_a_header_that_is_none(header: bytes, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(ModelError, match="not a whole safetensors file"):
        check_safetensors(file)


def test_a_header_length_beyond_all_memory(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(struct.pack("<Q", 2**63) + b"{}")
    with pytest.raises(ModelError, match="the header is longer than the file"):
        check_safetensors(file)


def test_folders_without_weights(model: Path) -> None:
    (model / "model.safetensors").unlink()
    assert "the folder holds no weights" in refused(model)
    (model / "training_args.bin").write_bytes(b"settings, not weights")
    assert "the folder holds no weights" in refused(model)
    (model / "pytorch_model.bin").write_bytes(b"")
    told = refused(model)
    assert "pytorch_model.bin: the weights are pickled" in told and "safetensors" in told
    (model / "config.json").unlink()
    assert "there is no config.json" in refused(model)


def test_sha256(model: Path) -> None:
    file = model / "model.safetensors"
    released = hashlib.sha256(file.read_bytes()).hexdigest()
    check_sha256(file, released)
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    check_safetensors(file)  # whole, but not the same
    with pytest.raises(ModelError, match=f"expected {released}"):
        check_sha256(file, released)
