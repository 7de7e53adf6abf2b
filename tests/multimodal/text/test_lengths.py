"""Lengths in tokens: those of transformers' own tokenizer, without transformers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pellucid.errors import ModelError
from pellucid.multimodal import hub
from pellucid.multimodal.text.lengths import most_tokens, token_lengths, tokenizer_folder

AWKWARD = [
    "",
    "a",
    "Good, good!",
    "naïve café ’tis",
    "word " * 300,
    "漢字 です",
    "🙂🙂",
    "[SEP] it",
]


def test_lengths_are_those_of_transformers(
    tiny_model: Path, make_sentences: Callable[..., pd.DataFrame]
) -> None:
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(tiny_model)
    texts = [*make_sentences(50)["text"], *AWKWARD]
    expected = [len(ids) for ids in tokenizer(texts, verbose=False)["input_ids"]]
    assert token_lengths(tiny_model, [(text,) for text in texts]).tolist() == expected
    turned = texts[::-1]
    pairs = [len(ids) for ids in tokenizer(texts, turned, verbose=False)["input_ids"]]
    assert token_lengths(tiny_model, list(zip(texts, turned, strict=True))).tolist() == pairs


def test_lengths_are_those_that_training_comes_to(tiny_model: Path) -> None:
    from pellucid.multimodal.models import reload_tokenizer
    from pellucid.multimodal.text import encode

    samples = [("a room", "it was good", "and warm"), ("we", "", "staff"), ("the desk", "b", "c")]
    encoded = encode(reload_tokenizer(tiny_model), samples, 64)
    assert not encoded.cut.any()
    assert token_lengths(tiny_model, samples).tolist() == encoded.lengths.tolist()


def test_many_and_long_texts_are_counted_in_their_order(tiny_model: Path) -> None:
    texts = [("a " * (1 + row % 7),) for row in range(3000)] + [("a " * 500_000,)] * 3 + [("a",)]
    found = token_lengths(tiny_model, texts).tolist()
    assert found == [3 + row % 7 for row in range(3000)] + [500_002] * 3 + [3]


def test_the_limit_is_the_models_own_where_it_is_smaller(tiny_model: Path, tmp_path: Path) -> None:
    from pellucid.multimodal.models import reload_tokenizer
    from pellucid.multimodal.text.encode import longest

    tokenizer = reload_tokenizer(tiny_model)
    for asked in (32, 64, 256):
        assert most_tokens(tiny_model, asked) == longest(tokenizer, asked) == min(asked, 64)
    assert most_tokens(tmp_path, 256) == 256  # nothing is known here
    # RoBERTa's 514 places begin behind the padding token's, number 1.
    config = {"max_position_embeddings": 514, "pad_token_id": 1}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 1e30}))
    assert most_tokens(tmp_path, 10_000) == 512
    (tmp_path / "config.json").write_text(json.dumps({"text_config": config}))
    assert most_tokens(tmp_path, 10_000) == 512


def test_a_model_that_is_not_here_is_not_asked_for(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "answers", lambda: pytest.fail("the hub was asked"))
    with pytest.raises(ModelError, match="not on this machine"):
        tokenizer_folder("nobody/no-such-model")
    with pytest.raises(ModelError, match="did you mean “bundled/minilm”"):
        tokenizer_folder("bundled/minilmm")
    with pytest.raises(ModelError, match=r"without a tokenizer\.json"):
        tokenizer_folder(str(tmp_path))
    monkeypatch.setattr(hub, "downloaded", lambda name: tiny_model if name == "some/bert" else None)
    assert tokenizer_folder("some/bert") == tiny_model


def test_a_damaged_tokenizer_is_named(tmp_path: Path, tiny_model: Path) -> None:
    shutil.copy(tiny_model / "tokenizer.json", tmp_path)
    (tmp_path / "tokenizer.json").write_text((tmp_path / "tokenizer.json").read_text()[:200])
    with pytest.raises(ModelError, match=r"tokenizer\.json: this tokenizer can't be read"):
        token_lengths(tokenizer_folder(str(tmp_path)), [("a",)])


def test_counting_tokens_loads_neither_torch_nor_transformers(tiny_model: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pellucid.multimodal.text import lengths;"
        f"lengths.token_lengths(lengths.tokenizer_folder({str(tiny_model)!r}), [('a',)]);"
        "print(sorted({'torch', 'transformers', 'pandas'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
