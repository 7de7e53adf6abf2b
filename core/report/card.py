"""A model card in Markdown with the front matter that the Hugging Face hub reads.

The format is the hub's: https://huggingface.co/docs/hub/model-cards. Text from data (class names,
file names, settings) is made inert for Markdown, so that no name becomes a link, a heading, a
table's edge or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from markupsafe import Markup

from ..._version import __version__
from ...multimodal.escape import visible
from ..measured import Measured
from ..metric_names import METRICS, title
from ..task_words import described, words
from .numbers import shown
from .templates import environment
from .tree import Cell, Table

NOT_STATED = "(not stated)"
"""Stands where people have to say something and didn't."""

LICENCES = frozenset(
    [
        "apache-2.0", "mit", "openrail", "bigscience-openrail-m", "creativeml-openrail-m",
        "bigscience-bloom-rail-1.0", "bigcode-openrail-m", "afl-3.0", "artistic-2.0",
        "bsl-1.0", "bsd", "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "c-uda",
        "cc", "cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0",
        "cc-by-sa-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nd-4.0",
        "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0",
        "cc-by-nc-sa-4.0", "cdla-sharing-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0",
        "wtfpl", "ecl-2.0", "epl-1.0", "epl-2.0", "etalab-2.0", "eupl-1.1", "eupl-1.2",
        "agpl-3.0", "gfdl", "gpl", "gpl-2.0", "gpl-3.0", "lgpl", "lgpl-2.1", "lgpl-3.0",
        "isc", "h-research", "lppl-1.3c", "ms-pl", "mpl-2.0", "odc-by", "odbl",
        "openrail++", "osl-3.0", "postgresql", "ofl-1.1", "ncsa", "unlicense", "zlib",
        "pddl", "lgpl-lr", "deepfloyd-if-license", "llama2", "llama3", "llama3.1",
        "llama3.2", "llama3.3", "gemma", "unknown",
    ]
)  # fmt: skip
"""Licence names that the hub knows; any other is ``other`` there."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~$!&])")
_BULLET = re.compile(r"^(\s*)(?=([-+=])(\s|\2|$))")
_NUMBERED = re.compile(r"^(\s*\d{1,9})(?=[.)](\s|$))")


@dataclass(frozen=True)
class CardFacts:
    """What a model card says.

    Attributes
    ----------
    name
        The run's name.
    base_model
        The model that was fine-tuned, as people know it.
    base_licence
        Its licence, None if it is not known.
    task
        The hub's name of the task, ``text-classification``.
    labels
        The answers that the model can give; empty for tasks without classes.
    data
        Where the rows come from and what was left out, in words.
    rows
        Number of rows of each split.
    fingerprint
        Fingerprint of the data.
    training
        Settings of the training.
    evaluation
        Content of evaluation.json.
    audit
        Findings of the audit, in words.
    versions
        Versions of the software.
    intended, limits
        What the model is for and what it can't do, in words.
    language
        ISO 639 code of the texts; left out of the card if it is not known.
    hub_base
        The base model's id on the hub; left out of the front matter if it isn't from there.
    kind
        The task as a recipe names it.
    modalities
        What the inputs are.
    label
        The column that was learnt, where there is one.
    own_code
        Whether the model's folder holds code of its own, by which transformers loads it.
    showing
        How a picture is brought into a message, as `multimodal.text.chat.choosing.showing` says.
    stated
        What only people know, by the keys of `core.spec.StatementsSpec`; None where left out.
    groups
        Rates of each group, a table for each sensitive column.
    privacy
        What was found about the training rows, in words.
    decision
        What is answered, and from which score on; empty for tasks without classes.
    remedies
        What was done about differences between groups, in words.
    history
        What was done to data, model and answers, in its order.
    """

    name: str
    base_model: str
    base_licence: str | None
    task: str
    labels: tuple[str, ...]
    data: str
    rows: Mapping[str, int]
    fingerprint: str
    training: Mapping[str, Any]
    evaluation: Mapping[str, Any]
    audit: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    intended: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    language: str | None = None
    hub_base: str | None = None
    kind: str = "classification"
    modalities: tuple[str, ...] = ("text",)
    label: str | None = None
    own_code: bool = False
    showing: str = "parts"
    stated: Mapping[str, str | None] = field(default_factory=dict)
    groups: tuple[Table, ...] = ()
    privacy: tuple[str, ...] = ()
    decision: str = ""
    remedies: tuple[str, ...] = ()
    history: Table | None = None


def render_card(facts: CardFacts) -> str:
    """Write a model card.

    Parameters
    ----------
    facts
        What it says.

    Returns
    -------
    str
        Markdown that begins with YAML between two lines of three hyphens.
    """
    filters: dict[str, Callable[..., Any]] = {"flat": _flat, "row": table_row, "rule": table_rule}
    templates = environment(autoescape=False, finalize=_finalize, filters=filters)
    matter = yaml.safe_dump(
        front_matter(facts), sort_keys=False, allow_unicode=True, default_flow_style=False
    )
    split = _measured_split(facts.evaluation)
    return templates.get_template("model_card.md.jinja").render(
        front_matter=Markup(matter),  # a block of its own, written by the YAML library
        facts=facts,
        splits=[
            (name, _metric_rows(one)) for name, one in reversed(list(facts.evaluation.items()))
        ],
        baselines=_baselines(facts.evaluation, split),
        classes=_class_rows(facts.evaluation.get(split or "", {})),
        split=split,
        version=__version__,
        stated={name: text for name, text in facts.stated.items() if text and text.strip()},
        not_stated=NOT_STATED,
        purpose=words(facts.kind, facts.modalities).purpose,
        answers=described(facts.kind, len(facts.labels), facts.label, facts.modalities),
        noun={"multilabel": "Label", "token_classification": "Kind"}.get(facts.kind, "Class"),
    )


def front_matter(facts: CardFacts) -> dict[str, Any]:
    """Return what the hub reads: licence, task, tags and results.

    Parameters
    ----------
    facts
        What the card says.
    """
    out: dict[str, Any] = {}
    if facts.language:
        out["language"] = visible(facts.language)
    licence = (facts.base_licence or "unknown").strip().lower()
    if licence in LICENCES:
        out["license"] = licence
    else:
        out |= {"license": "other", "license_name": visible(licence, 100)}
    out |= {"library_name": "transformers", "pipeline_tag": visible(facts.task)}
    if facts.hub_base:
        out["base_model"] = visible(facts.hub_base)
    out["tags"] = [visible(facts.task), "fine-tuned", "pellucid"]
    split = _measured_split(facts.evaluation)
    results = list(_results(facts.evaluation[split])) if split is not None else []
    if results:
        out["metrics"] = list(dict.fromkeys(result["type"] for result in results))
        name = visible(facts.name, 100)
        data = {"name": name, "type": _slug(name), "split": split}
        task = {"type": visible(facts.task), "name": visible(facts.task).replace("-", " ")}
        one = {"task": task, "dataset": data, "metrics": results}
        out["model-index"] = [{"name": name, "results": [one]}]
    return out


def markdown(text: str) -> str:
    """Make text from data inert for Markdown: it reads as it stands and does nothing.

    Parameters
    ----------
    text
        Anything; line breaks are shown as a sign.
    """
    out = _SPECIAL.sub(r"\\\1", visible(text, 2000).strip()).replace("://", ":\\//")
    out = re.sub(r"\b(www)\.", r"\1\\.", out, flags=re.IGNORECASE)
    return _NUMBERED.sub(r"\1\\", _BULLET.sub(r"\1\\", out))


def table_row(cells: Iterable[Cell]) -> Markup:
    """Write a line of a Markdown table; every cell is made inert."""
    texts = (shown(cell) for cell in cells)
    inert = (markdown(f"{one.text} {one.interval}".rstrip()) for one in texts)
    return Markup("| " + " | ".join(inert) + " |")


def table_rule(columns: Iterable[Any]) -> Markup:
    """Write the line below the head of a Markdown table."""
    return Markup("| " + " | ".join("---" for _ in columns) + " |")


def _finalize(value: Any) -> str:
    return str(value) if isinstance(value, Markup) else markdown(str(value))


def _measured_split(evaluation: Mapping[str, Any]) -> str | None:
    """Return the split whose figures count: test if there is one, else the last."""
    return "test" if "test" in evaluation else next(reversed(list(evaluation)), None)


def _figures(raw: Mapping[str, Any]) -> Iterator[tuple[str, Measured]]:
    for key, value in raw.items():
        if isinstance(value, Mapping) and "value" in value:
            yield key, Measured.from_json(dict(value))


def _results(split: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for key, figure in _figures(split):
        if figure.defined and key in METRICS:
            name = METRICS[key]
            yield {"type": name.hub, "value": round(figure.value, 4), "name": name.title}


def _metric_rows(split: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(title(key), _shown(figure)) for key, figure in _figures(split)]


def _baselines(
    evaluation: Mapping[str, Any], split: str | None
) -> list[tuple[str, list[tuple[str, str]]]]:
    raw = evaluation.get(split or "", {}).get("baselines", {})
    return [(str(name).replace("_", " "), _metric_rows(one)) for name, one in raw.items()]


def _class_rows(split: Mapping[str, Any]) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Return the metrics of the classes, and a row for each class."""
    classes = {label: dict(_figures(raw)) for label, raw in split.get("per_class", {}).items()}
    metrics = list(dict.fromkeys(key for figures in classes.values() for key in figures))
    rows = [
        (label, [_shown(figures[key]) if key in figures else "–" for key in metrics])
        for label, figures in classes.items()
    ]
    return [metric.replace("_", " ") for metric in metrics], rows


def _shown(figure: Measured) -> str:
    one = shown(figure)
    return f"{one.text} {one.interval}".rstrip()


def _flat(settings: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Return settings one below another, nested ones under a dotted name."""
    out: list[tuple[str, str]] = []
    for key, value in settings.items():
        if isinstance(value, Mapping):
            out += _flat(value, f"{before}{key}.")
        elif isinstance(value, bool):
            out.append((f"{before}{key}", "yes" if value else "no"))
        elif isinstance(value, list | tuple):
            out.append((f"{before}{key}", ", ".join(str(item) for item in value)))
        else:
            out.append((f"{before}{key}", "–" if value is None else str(value)))
    return out


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "data"
