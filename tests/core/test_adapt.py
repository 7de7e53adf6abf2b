"""Ways to adapt: what is trained, what is saved, and who can load it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from pellucid.core import structure
from pellucid.core.adapt import adapt, save, set_dropout
from pellucid.errors import ModelError
from pellucid.multimodal.models import load, load_tokenizer, locate, newly_made, reload
from pellucid.multimodal.spec import AdaptSpec, ModelSpec

CLASSIFIER = "AutoModelForSequenceClassification"
CAUSAL = "AutoModelForCausalLM"
SIZE = {"vocab_size": 60, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
CONFIGS: dict[str, Any] = {
    "bert": transformers.BertConfig(**SIZE, intermediate_size=64),
    "roberta": transformers.RobertaConfig(
        **SIZE, intermediate_size=64, pad_token_id=0, bos_token_id=1, eos_token_id=2
    ),
    "distilbert": transformers.DistilBertConfig(
        vocab_size=60, dim=32, n_layers=2, n_heads=2, hidden_dim=64
    ),
    "gpt2": transformers.GPT2Config(
        vocab_size=60,
        n_embd=32,
        n_layer=2,
        n_head=2,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    ),
    "llama": transformers.LlamaConfig(
        **SIZE, intermediate_size=64, num_key_value_heads=2, pad_token_id=0
    ),
    "deberta": transformers.DebertaV2Config(**SIZE, intermediate_size=64),
}
IDS = torch.randint(3, 60, (4, 9), generator=torch.Generator().manual_seed(0))


def made(auto: str, kind: str) -> Any:
    torch.manual_seed(2)
    return getattr(transformers, auto).from_config(CONFIGS[kind]).eval()


def trained(model: torch.nn.Module) -> set[str]:
    return {name for name, weight in model.named_parameters() if weight.requires_grad}


def shake(model: torch.nn.Module) -> None:
    """Move what is trained; peft's second matrix is 0 at first, so nothing would differ."""
    torch.manual_seed(9)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.requires_grad:
                weight.add_(0.1 * torch.randn_like(weight))


def logits(model: Any) -> torch.Tensor:
    model.eval()
    with torch.no_grad():
        return model(input_ids=IDS).logits


def begun(tiny_model: Path, spec: AdaptSpec, auto: str = CLASSIFIER, classes: int = 3) -> Any:
    head = {"num_labels": classes} if auto == CLASSIFIER else {}
    model = load(auto, locate(str(tiny_model)), ModelSpec(adapt=spec), 1, **head)
    return adapt(model, spec)


# All, layers, head


def test_full_leaves_everything_trained() -> None:
    model = made(CLASSIFIER, "bert")
    assert adapt(model, AdaptSpec()) is model
    assert trained(model) == {name for name, _ in model.named_parameters()}


@pytest.mark.parametrize("kind", CONFIGS)
def test_the_lowest_layers_stay_and_the_embeddings_with_them(kind: str) -> None:
    one, other = made(CLASSIFIER, kind), made(CLASSIFIER, kind)
    adapt(one, AdaptSpec(frozen_embeddings=True))
    adapt(other, AdaptSpec(frozen_layers=1))
    tokens = {id(weight) for weight in one.get_input_embeddings().parameters()}
    fixed = {name for name, weight in one.named_parameters() if not weight.requires_grad}
    assert tokens <= {id(weight) for weight in one.parameters() if not weight.requires_grad}
    assert not any(mark in name for name in fixed for mark in (".0.", ".1.", "classifier", "score"))
    lowest = trained(one) - trained(other)
    assert lowest and all(".0." in name for name in lowest)
    assert trained(other) < trained(one)


def test_more_layers_than_there_are() -> None:
    adapt(made(CLASSIFIER, "bert"), AdaptSpec(frozen_layers=2))
    with pytest.raises(ModelError, match=r"model\.adapt\.frozen_layers.*3 layers.*has 2"):
        adapt(made(CLASSIFIER, "bert"), AdaptSpec(frozen_layers=3))


@pytest.mark.parametrize("kind", CONFIGS)
def test_head_trains_the_head_alone(kind: str) -> None:
    model = adapt(made(CLASSIFIER, kind), AdaptSpec(kind="head"))
    assert trained(model) == {
        f"{name}.{weight}"
        for name, part in structure.head(model).items()
        for weight, _ in part.named_parameters()
    }
    assert not any(name.startswith(f"{model.base_model_prefix}.") for name in trained(model))


def test_head_of_a_language_model() -> None:
    for auto in (CAUSAL, "AutoModelForMaskedLM"):
        kind = "gpt2" if auto == CAUSAL else "bert"
        with pytest.raises(ModelError, match=r"model\.adapt\.kind.*Set it to lora"):
            adapt(made(auto, kind), AdaptSpec(kind="head"))


# Low rank


@pytest.mark.parametrize("kind", CONFIGS)
@pytest.mark.parametrize("way", ["lora", "dora"])
def test_merged_equals_unmerged(way: str, kind: str) -> None:
    model = adapt(made(CLASSIFIER, kind), AdaptSpec(kind=way, rank=4))
    before = logits(model)
    torch.testing.assert_close(before, logits(made(CLASSIFIER, kind)), rtol=1e-5, atol=1e-5)
    shake(model)
    unmerged = logits(model)
    merged = model.merge_and_unload()
    assert type(merged) is type(made(CLASSIFIER, kind))
    torch.testing.assert_close(logits(merged), unmerged, rtol=1e-5, atol=1e-5)
    assert (unmerged - before).abs().max() > 1e-2


@pytest.mark.parametrize("kind", CONFIGS)
def test_all_linear_layers_of_the_body_and_the_head_whole(kind: str) -> None:
    from transformers.pytorch_utils import Conv1D

    plain = made(CLASSIFIER, kind)
    body = {
        name
        for name, part in plain.base_model.named_modules()
        if isinstance(part, (torch.nn.Linear, Conv1D))
    }
    names = trained(adapt(plain, AdaptSpec(kind="lora", rank=2)))
    low = {name.split(".lora_")[0] for name in names if ".lora_" in name}
    prefix = f"base_model.model.{plain.base_model_prefix}."
    assert low == {f"{prefix}{name}" for name in body}
    rest = {name for name in names if ".lora_" not in name}
    head = [name for name, _ in made(CLASSIFIER, kind).named_children() if name in str(rest)]
    assert head and all(".modules_to_save." in name for name in rest)


def test_low_rank_weights_stand_above_frozen_layers_only() -> None:
    names = trained(adapt(made(CLASSIFIER, "bert"), AdaptSpec(kind="lora", frozen_layers=1)))
    assert any("layer.1." in name for name in names)
    assert not any("layer.0." in name for name in names)


def test_rank_alpha_and_targets() -> None:
    spec = AdaptSpec(kind="lora", rank=4, alpha=6, dropout=0.25, targets=["query", "value"])
    model = adapt(made(CLASSIFIER, "bert"), spec)
    low = {name.split(".lora_")[0] for name in trained(model) if ".lora_" in name}
    assert {name.rpartition(".")[2] for name in low} == {"query", "value"} and len(low) == 4
    layer = model.base_model.model.bert.encoder.layer[0].attention.self.query
    assert layer.lora_A["default"].weight.shape == (4, 32)
    assert layer.scaling["default"] == 6 / 4 and layer.lora_dropout["default"].p == 0.25
    usual = adapt(made(CLASSIFIER, "bert"), AdaptSpec(kind="lora", rank=4))
    query = usual.base_model.model.bert.encoder.layer[0].attention.self.query
    assert query.scaling["default"] == 2


def test_targets_that_are_not_there() -> None:
    with pytest.raises(ModelError, match=r"model\.adapt\.targets.*“qeury”.*mean “query”"):
        adapt(made(CLASSIFIER, "bert"), AdaptSpec(kind="lora", targets=["qeury"]))
    with pytest.raises(ModelError, match=r"“LayerNorm”"):
        adapt(made(CLASSIFIER, "bert"), AdaptSpec(kind="lora", targets=["LayerNorm"]))


def test_a_language_models_head_stays_its_embeddings() -> None:
    for kind in ("gpt2", "llama"):
        model = adapt(made(CAUSAL, kind), AdaptSpec(kind="lora"))
        assert trained(model) and all(".lora_" in name for name in trained(model))
        assert not any("lm_head" in name for name in trained(model))


def test_what_of_a_body_is_new_is_learnt_whole(tmp_path: Path, tiny_model: Path) -> None:
    """A checkpoint without its pooler: low-rank steps from random weights would not do."""
    begun(tiny_model, AdaptSpec(), "AutoModelForMaskedLM").save_pretrained(tmp_path / "words")
    load_tokenizer(locate(str(tiny_model)), ModelSpec()).save_pretrained(tmp_path / "words")
    model = load(CLASSIFIER, locate(str(tmp_path / "words")), ModelSpec(), 1, num_labels=2)
    assert "bert.pooler.dense.weight" in newly_made(model)
    names = trained(adapt(model, AdaptSpec(kind="lora")))
    pooler = [name for name in names if "pooler" in name]
    assert len(pooler) == 2 and all(".modules_to_save." in name for name in pooler)


def test_qlora_says_what_it_lacks(tiny_model: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("skipped: there is a GPU")
    spec = AdaptSpec(kind="qlora")
    with pytest.raises(ModelError, match=r"model\.adapt\.kind.*NVIDIA GPU.*Set it to lora"):
        adapt(made(CLASSIFIER, "bert"), spec)
    with pytest.raises(ModelError, match=r"model\.adapt\.kind"):
        begun(tiny_model, spec)


# Saving


@pytest.mark.parametrize("way", ["full", "head", "lora", "dora"])
def test_a_saved_model_loads_with_transformers_alone(
    way: str, tiny_model: Path, tmp_path: Path
) -> None:
    """In a process in which peft and Pellucid can't be imported."""
    spec = AdaptSpec(kind=way)
    model = begun(tiny_model, spec)
    shake(model)
    expected = logits(model)
    tokenizer = load_tokenizer(locate(str(tiny_model)), ModelSpec())
    save(model, tokenizer, tmp_path / "model", spec)
    code = f"""
import sys, json
sys.modules["peft"] = sys.modules["pellucid"] = None
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
model = AutoModelForSequenceClassification.from_pretrained({str(tmp_path / "model")!r}).eval()
AutoTokenizer.from_pretrained({str(tmp_path / "model")!r})
with torch.no_grad():
    print(json.dumps(model(input_ids=torch.tensor({IDS.tolist()})).logits.tolist()))
"""
    done = subprocess.run(
        [sys.executable, "-c", f"from pellucid import device\ndevice.prepare()\n{code}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = torch.tensor(json.loads(done.stdout))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(
        logits(reload(CLASSIFIER, tmp_path / "model")), expected, rtol=1e-5, atol=1e-5
    )
    assert (tmp_path / "model" / "adapter").is_dir() is (way in ("lora", "dora"))


def test_the_adapter_alone_stands_beside_the_merged_model(tiny_model: Path, tmp_path: Path) -> None:
    from peft import PeftModel

    spec = AdaptSpec(kind="lora")
    model = begun(tiny_model, spec)
    shake(model)
    expected = logits(model)
    save(model, load_tokenizer(locate(str(tiny_model)), ModelSpec()), tmp_path / "model", spec)
    base = transformers.AutoModelForSequenceClassification.from_pretrained(tiny_model, num_labels=3)
    again = PeftModel.from_pretrained(base, tmp_path / "model" / "adapter")
    torch.testing.assert_close(logits(again), expected, rtol=1e-5, atol=1e-5)
    size = sum(file.stat().st_size for file in (tmp_path / "model" / "adapter").iterdir())
    assert size < (tmp_path / "model" / "model.safetensors").stat().st_size


def test_an_unmerged_adapter_loads_with_peft_and_here(tiny_model: Path, tmp_path: Path) -> None:
    from peft import AutoPeftModelForSequenceClassification

    spec = AdaptSpec(kind="lora", merge=False)
    model = begun(tiny_model, spec)
    shake(model)
    expected = logits(model)
    folder = tmp_path / "run" / "model"
    save(model, load_tokenizer(locate(str(tiny_model)), ModelSpec()), folder, spec)
    assert not (folder / "model.safetensors").exists()
    theirs = AutoPeftModelForSequenceClassification.from_pretrained(folder, num_labels=3)
    torch.testing.assert_close(logits(theirs), expected, rtol=1e-5, atol=1e-5)
    ours = reload(CLASSIFIER, folder)
    assert type(ours).__name__ == "BertForSequenceClassification" and ours.config.num_labels == 3
    torch.testing.assert_close(logits(ours), expected, rtol=1e-5, atol=1e-5)


def test_a_causal_adapter_loads_with_peft(tmp_path: Path) -> None:
    from peft import AutoPeftModelForCausalLM

    made(CAUSAL, "llama").save_pretrained(tmp_path / "base")
    spec = AdaptSpec(kind="dora", merge=False)
    model = adapt(load(CAUSAL, locate(str(tmp_path / "base")), ModelSpec(), 1), spec)
    shake(model)
    expected = logits(model)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=__import__("tokenizers").Tokenizer(
            __import__("tokenizers").models.WordLevel({"a": 0}, unk_token="a")
        )
    )
    save(model, tokenizer, tmp_path / "adapted", spec)
    theirs = AutoPeftModelForCausalLM.from_pretrained(tmp_path / "adapted")
    torch.testing.assert_close(logits(theirs), expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(
        logits(reload(CAUSAL, tmp_path / "adapted")), expected, rtol=1e-5, atol=1e-5
    )


# Dropout


@pytest.mark.parametrize("kind", CONFIGS)
def test_no_dropout_makes_training_mode_evaluation_mode(kind: str) -> None:
    model = made(CLASSIFIER, kind)
    expected = logits(model)
    set_dropout(model, 0.0)
    model.train()
    torch.testing.assert_close(model(input_ids=IDS).logits, expected, rtol=1e-5, atol=1e-5)


def test_attentions_dropout_is_set_where_the_module_keeps_a_number() -> None:
    model = made(CLASSIFIER, "llama")
    assert not model.config.attention_dropout
    one, other = (model.train()(input_ids=IDS).logits for _ in range(2))
    assert torch.equal(one, other)
    set_dropout(model, 0.5)
    one, other = (model.train()(input_ids=IDS).logits for _ in range(2))
    assert not torch.equal(one, other)


def test_the_configuration_keeps_the_dropout(tmp_path: Path) -> None:
    model = made(CLASSIFIER, "bert")
    set_dropout(model, 0.3)
    model.save_pretrained(tmp_path)
    again = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path)
    shares = {part.p for part in again.modules() if isinstance(part, torch.nn.Dropout)}
    assert shares == {0.3}
    assert again.config.classifier_dropout is None  # it follows the hidden one
