"""Examples that run with one click: the demos whose recipes and data come with Pellucid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.resources import files

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from .... import copyable
from ....core.follow import Following
from ...frame.context import Context
from ...frame.style import SPACE
from ...frame.texts import duration, tr
from ...widgets.basics import READABLE, Card, Flow, MoreButton, action_button, label
from .row import Mark


@dataclass(frozen=True)
class Example:
    """One demo, as people are told of it.

    Attributes
    ----------
    kind
        Name of its recipe in assets/recipes.
    title, text
        What it is about, and what can be seen in it.
    facts
        What it is made of, a few words each.
    takes
        How long it takes, measured.
    """

    kind: str
    title: str
    text: str
    facts: tuple[str, ...]
    takes: str
    icon: str = "words"


def examples() -> list[Example]:
    """Return the demos that are there, those that are described here first."""
    there = sorted(
        entry.name.removesuffix(".yaml")
        for entry in files("pellucid.assets").joinpath("recipes").iterdir()
        if entry.name.endswith(".yaml")
    )
    return [one for one in _described() if one.kind in there]


def _described() -> list[Example]:
    return [
        Example(
            "text",
            tr("Service reviews"),
            tr(
                "Learns to tell praise from blame. Faults are planted in the table: a word that "
                "gives the label away, wrong labels in one region, and an age group that is "
                "understood worse. See whether the results show them to you."
            ),
            (tr("4,000 reviews"), tr("3 classes"), tr("3 groups"), tr("MiniLM, 22 M weights")),
            tr("Took six minutes on two cores of a server’s processor"),
        ),
        Example(
            "image",
            tr("Drawn scenes"),
            tr(
                "Learns which shape is the largest of a picture. Faults are planted: a mark in a "
                "corner that gives one shape away, and an old camera whose pictures are blurred "
                "and dim. See for which camera it errs more."
            ),
            (
                tr("440 pictures"),
                tr("4 classes"),
                tr("2 cameras"),
                tr("Residual network, 1.8 M weights"),
            ),
            tr("Took half a minute on two cores of a server’s processor"),
            "image",
        ),
        Example(
            "audio",
            tr("Bells, drums and sirens"),
            tr(
                "Learns to tell sounds apart. Faults are planted: a hum that goes with the bells, "
                "and sounds that were recorded over a telephone. See what becomes of these."
            ),
            (
                tr("480 sounds"),
                tr("8 classes"),
                tr("2 recorders"),
                tr("Conformer, 1.6 M weights"),
            ),
            tr("Took forty seconds on two cores of a server’s processor"),
            "sound",
        ),
        Example(
            "vqa",
            tr("Questions about scenes"),
            tr(
                "Learns to answer questions about drawn scenes: what colour, what shape, how many, "
                "and where. Beside it stands what can be answered without looking."
            ),
            (
                tr("1,760 questions"),
                tr("19 answers"),
                tr("2 cameras"),
                tr("Residual network and MiniLM"),
            ),
            tr("Took 2.5 minutes on two cores of a server’s processor"),
            "image",
        ),
        Example(
            "chat",
            tr("Questions to a library"),
            tr(
                "Learns to look facts up in the system’s message and to answer with them. Faults "
                "are planted: people who still learn English mostly get no fact, and a word brings "
                "a sentence that doesn’t belong. See which answers suffer."
            ),
            (
                tr("600 conversations"),
                tr("2 ways of writing"),
                tr("3 channels"),
                tr("Llama, 1 M weights"),
            ),
            tr("Took a minute on two cores of a server’s processor"),
            "chat",
        ),
    ]


def took(example: Example, jobs: Sequence[Following]) -> str:
    """Say how long an example takes: here, where it was run already."""
    name = f"demo-{example.kind}"
    for job in jobs:
        known = job.status == "finished" and job.began is not None and job.ended is not None
        if known and (job.name == name or job.name.startswith(f"{name}-")):
            assert job.began is not None and job.ended is not None
            return tr("Took {time} here").format(time=duration(job.ended - job.began))
    return example.takes


class ExampleCard(Card):
    """One example, with what runs it and what shows its recipe."""

    def __init__(self, context: Context, example: Example) -> None:
        super().__init__()
        self._context = context
        self.example = example
        self.setAccessibleName(example.title)
        heading = label(example.title, "heading")
        self.takes = label(example.takes, "muted", wrap=True)
        chips = Flow()
        for fact in example.facts:
            chips.addWidget(label(fact, "chip"))
        texts = QVBoxLayout()
        texts.setSpacing(SPACE)
        texts.addWidget(heading)
        said = label(example.text, wrap=True)
        said.setMaximumWidth(READABLE)
        texts.addWidget(said)
        texts.addLayout(chips)
        head = QHBoxLayout()
        head.setSpacing(2 * SPACE)
        head.addWidget(Mark(context.theme, example.icon, "accent", 32), 0, _TOP)
        head.addLayout(texts, 1)
        self.body.addLayout(head)
        clock = QHBoxLayout()
        clock.setSpacing(6)
        clock.addWidget(Mark(context.theme, "clock", "muted", 16))
        clock.addWidget(self.takes, 1)
        texts.addStretch(1)
        texts.addLayout(clock)
        buttons = QHBoxLayout()
        actions = context.actions
        self.run = action_button(actions[f"home.run_{example.kind}"], text=tr("Run it"))
        self.look = action_button(
            actions[f"home.look_{example.kind}"], text=tr("Look at its recipe")
        )
        for button in (self.run, self.look):
            button.setAccessibleName(f"{button.text()}: {example.title}")
            buttons.addWidget(button)
        buttons.addStretch(1)
        more = MoreButton(self._more, tr("More of the example"))
        buttons.addWidget(more)
        texts.addLayout(buttons)

    def _more(self) -> list[tuple[str | None, Callable[[], object] | None]]:
        kind, runs = self.example.kind, str(self._context.workspace.runs)
        copy = self._context.copy
        return [
            (
                tr("Copy as command"),
                partial(copy, copyable.command(words(kind, runs)), tr("the command")),
            ),
            (tr("Copy as Python"), partial(copy, program(kind, runs), tr("the program"))),
        ]


_TOP = Qt.AlignmentFlag.AlignTop


def words(kind: str, runs: str) -> list[str]:
    """Return the words after ``pellucid`` that run an example."""
    return ["demo", "--kind", kind, "--runs", runs]


def program(kind: str, runs: str) -> str:
    """Return a program that runs an example."""
    return (
        "import pellucid\n\n"
        f"recipe = pellucid.Recipe.demo({kind!r})\n"
        f"run = pellucid.execute(recipe, {runs!r})\n"
        "print(run.path)\n"
    )
