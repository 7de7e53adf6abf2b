"""The model card: what the hub reads, and Markdown that data can't bend."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from huggingface_hub import ModelCard
from markdown_it import MarkdownIt

from pellucid.core.report.card import CardFacts, markdown, render_card

EVIL = "# a | b <script>x</script> [l](http://e.org) `c` *d* www.e.org \x00\u202e\n---\n- e"


def figure(value: float | None, width: float = 0.02) -> dict[str, float | int | None]:
    if value is None:
        return {"value": None, "low": None, "high": None, "n": 0}
    return {"value": value, "low": value - width, "high": value + width, "n": 100}


def facts(name: str = "plain") -> CardFacts:
    test = {
        "accuracy": figure(0.848),
        "f1_macro": figure(0.84),
        "log_loss": figure(None),
        "per_class": {name: {"precision": figure(0.75)}, "b": {"recall": figure(0.5)}},
        "confusion": {"labels": [name, "b"], "counts": [[3, 1], [0, 2]]},
        "baselines": {"majority": {"accuracy": figure(0.38)}},
        "notes": [name],
    }
    return CardFacts(
        name=name,
        base_model=name,
        base_licence="Apache-2.0",
        task="text-classification",
        labels=(name, "1. b", "- c"),
        data=name,
        rows={name: 10_324, "test": 100},
        fingerprint=name,
        training={name: name, "early_stopping": {"patience": 2}, "clip": None, "on": True},
        evaluation={"validation": {"accuracy": figure(0.9)}, "test": test},
        audit=(name,),
        versions={name: name},
        intended=(name,),
        limits=(name,),
    )


def split(card: str) -> tuple[dict[str, object], str]:
    empty, matter, body = card.split("---\n", 2)
    assert empty == ""
    return yaml.safe_load(matter), body


def html(text: str) -> str:
    return MarkdownIt("gfm-like", {"linkify": False}).render(text)


def test_the_hub_reads_the_front_matter():
    card = ModelCard(render_card(facts("reviews")))
    assert card.data.license == "apache-2.0"
    assert card.data.library_name == "transformers"
    assert card.data.pipeline_tag == "text-classification"
    assert "pellucid" in card.data.tags
    assert card.data.model_name == "reviews"
    found = {(one.metric_type, one.metric_value) for one in card.data.eval_results}
    assert found == {("accuracy", 0.848), ("f1", 0.84)}
    assert {one.dataset_split for one in card.data.eval_results} == {"test"}
    assert card.data.metrics == ["accuracy", "f1"]


def test_what_is_not_known_is_left_out():
    matter, _ = split(render_card(facts()))
    assert "language" not in matter and "base_model" not in matter
    known = replace(facts(), language="en", hub_base="a/b")
    matter, _ = split(render_card(known))
    assert matter["language"] == "en" and matter["base_model"] == "a/b"


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("MIT", {"license": "mit"}),
        (None, {"license": "unknown"}),
        ("My own", {"license": "other", "license_name": "my own"}),
    ],
)
def test_licences_are_those_of_the_hub(licence: str | None, expected: dict[str, str]):
    matter, body = split(render_card(replace(facts(), base_licence=licence)))
    assert {key: matter[key] for key in matter if key.startswith("license")} == expected
    assert ("is not known" in body) == (licence is None)


def test_text_of_the_data_does_nothing():
    card = render_card(facts(EVIL))
    assert not {"\x00", "\u202e"} & set(card)
    matter, body = split(card)
    assert matter["model-index"][0]["name"].startswith("# a | b <script>")
    page = html(body)
    expected = html(render_card(facts("plain")).split("---\n", 2)[2])
    for tag in ("<h1", "<h2", "<h3", "<li", "<table", "<tr", "<td", "<th", "<hr", "<code", "<pre"):
        assert page.count(tag) == expected.count(tag), tag
    for tag in ("<a ", "<script", "<em", "<img"):
        assert tag not in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page


@pytest.mark.parametrize(
    "text",
    ["# h", "- a", "+ a", "* a", "1. a", "12) a", "> q", "---", "===", "a|b", "``x``", "[a]: b",
     "~~a~~", "![i](x)", "&lt;", "<b>", "\\*a", "a_b_c", "    code", "-", "1.", "http://a.b"],
)  # fmt: skip
def test_markdown_reads_as_the_text_stands(text: str):
    page = html(f"- {markdown(text)}\n")
    inner = page.removeprefix("<ul>\n<li>").removesuffix("</li>\n</ul>\n")
    plain = inner.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert plain.strip() == text.strip()


def test_ordinary_text_is_left_alone():
    for text in ("0.848 (0.828 to 0.868)", "2.13.0", "-0.5 points", "F1, macro", "5e-05"):
        assert markdown(text) == text


def test_figures_stand_beside_baselines_with_their_intervals():
    _, body = split(render_card(facts("x")))
    assert "| Accuracy | 0.848 (0.828 to 0.868) | 0.380 (0.360 to 0.400) |" in body
    assert "| Log loss (lower is better) | not defined | – |" in body
    assert "| x | 0.750 (0.730 to 0.770) | – |" in body
    assert body.index("On the test rows") < body.index("On the validation rows")
    assert "| x | 10,324 |" in body
    assert "| early\\_stopping.patience | 2 |" in body and "| on | yes |" in body


def test_a_card_without_figures_says_so():
    bare = replace(facts(), evaluation={}, audit=(), intended=(), limits=(), labels=())
    card = render_card(bare)
    matter, body = split(card)
    assert "model-index" not in matter and "metrics" not in matter
    assert "Nothing was evaluated." in body
    assert "nothing is known about whom the model treats worse" in body
    assert ModelCard(card).data.pipeline_tag == "text-classification"
