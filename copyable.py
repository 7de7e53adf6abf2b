"""“Copy as command” and “Copy as Python”: whatever the window does, as text that does the same.

An action is a small record that knows itself as the words behind ``pellucid`` and as the lines of
a script. The window starts its jobs with the same words, so that what is copied is what was done.
Paths become absolute, for a text may be run anywhere.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .core.trash import FOLDER as TRASH

_CARRY_OUT = "from pellucid.pipeline import carry_out"
_PATHS = "from pathlib import Path"


class Action(Protocol):
    """Something that a person does, and that a command and a script can do too."""

    def words(self) -> list[str]:
        """Return the words behind ``pellucid``."""

    def script(self) -> list[str]:
        """Return the lines of a whole script."""


def command(words: Sequence[str]) -> str:
    """Write words behind ``pellucid`` as a line for a POSIX shell."""
    return shlex.join(["pellucid", *words])


def as_command(action: Action) -> str:
    """Write an action as a command."""
    return command(action.words())


def as_python(action: Action) -> str:
    """Write an action as a whole script; where the command ends on a run's folder, so does it."""
    return "\n".join(action.script()) + "\n"


@dataclass(frozen=True)
class RunRecipe:
    """Carry out a saved recipe; `changes` are values as `--set` takes them."""

    recipe: Path
    runs: Path
    only: tuple[str, ...] = ()
    resume: bool = False
    changes: tuple[str, ...] = ()

    def words(self) -> list[str]:
        """Return the words behind ``pellucid``."""
        return ["run", _path(self.recipe), *_how(self)]

    def script(self) -> list[str]:
        """Return the lines of a whole script."""
        only = f", only={list(self.only)!r}" if self.only else ""
        resume = ", resume=True" if self.resume else ""
        return [
            "import pellucid",
            "",
            _load(self.recipe, self.changes),
            f"run = pellucid.execute(recipe, {_path(self.runs)!r}{only}{resume})",
            "print(run.path)",
        ]


@dataclass(frozen=True)
class QueueRecipe:
    """Put a saved recipe at the end of the queue."""

    recipe: Path
    runs: Path
    only: tuple[str, ...] = ()
    resume: bool = False
    changes: tuple[str, ...] = ()

    def words(self) -> list[str]:
        """Return the words behind ``pellucid``."""
        return ["queue", "add", _path(self.recipe), *_how(self)]

    def script(self) -> list[str]:
        """Return the lines of a whole script."""
        steps = f", steps={list(self.only)!r}" if self.only else ""
        resume = ", resume=True" if self.resume else ""
        return [
            _PATHS,
            "",
            "import pellucid",
            "from pellucid.core import queue",
            "",
            f"runs = Path({_path(self.runs)!r})",
            _load(self.recipe, self.changes),
            f"entry = queue.add(runs, recipe.dump(){steps}{resume})",
            "print(entry.name)",
        ]


@dataclass(frozen=True)
class Resume:
    """Go on with a run that has not finished."""

    run: Path

    def words(self) -> list[str]:
        """Return the words behind ``pellucid``."""
        return ["resume", _path(self.run)]

    def script(self) -> list[str]:
        """Return the lines of a whole script."""
        return _with_run(self.run, ["from pellucid.pipeline import resume"], "resume(run)")


@dataclass(frozen=True)
class Evaluate:
    """Predict and measure a run's rows again."""

    run: Path

    def words(self) -> list[str]:
        """Return the words behind ``pellucid``."""
        return ["evaluate", _path(self.run)]

    def script(self) -> list[str]:
        """Return the lines of a whole script."""
        return _with_run(self.run, [_CARRY_OUT], "carry_out(run, ['evaluate'])")


@dataclass(frozen=True)
class Explain:
    """Attribute a run's answers; `rows` as `--rows` takes them, the recipe's if None.

    With `compare`, measure instead which methods are the most faithful.
    """

    run: Path
    rows: str | None = None
    method: str | None = None
    compare: bool = False

    def words(self) -> list[str]:
        """Return the words behind ``pellucid``."""
        given = [*_given("--rows", self.rows), *_given("--method", self.method)]
        return ["explain", _path(self.run), *given, *(["--compare"] if self.compare else [])]

    def script(self) -> list[str]:
        """Return the lines of a whole script."""
        asked = {"rows": self.rows, "method": self.method, "compare": self.compare or None}
        changes = {name: value for name, value in asked.items() if value is not None}
        work = f"carry_out(run, ['explain'], changes={changes!r})"
        return _with_run(self.run, [_CARRY_OUT], work)


@dataclass(frozen=True)
class Counterfactual:
    """Search for what would change the answers to rows, as `--rows` takes them."""

    run: Path
    rows: str
    kinds: tuple[str, ...]

    def words(self) -> list[str]:
        """Return the words behind ``pellucid``."""
        return [
            "counterfactual",
            _path(self.run),
            "--rows",
            self.rows,
            "--kind",
            ",".join(self.kinds),
        ]

    def script(self) -> list[str]:
        """Return the lines of a whole script."""
        return [
            "from pellucid.core import Run",
            "from pellucid.explain.search import add_counterfactuals, counterfactuals",
            "from pellucid.explain.search.found import FILE",
            "",
            f"run = Run.open({_path(self.run)!r})",
            f"found = counterfactuals(run, {self.rows!r}, {list(self.kinds)!r})",
            "path = run.path / 'explanations' / FILE",
            "add_counterfactuals(path, found)",
            "print(path)",
        ]


@dataclass(frozen=True)
class WhatIf:
    """Let a run's model answer a test row with other cells, as `--set` takes them."""

    run: Path
    row: str
    cells: tuple[tuple[str, str], ...] = ()

    def words(self) -> list[str]:
        """Return the words behind ``pellucid``."""
        cells = _each("--set", [f"{name}={cell}" for name, cell in self.cells])
        return ["what-if", _path(self.run), "--row", self.row, *cells]

    def script(self) -> list[str]:
        """Return the lines of a whole script."""
        return [
            "from pellucid.core import Run",
            "from pellucid.core.dataset import pick",
            "from pellucid.explain.opened import open_run",
            "from pellucid.explain.search import what_if",
            "",
            f"run = Run.open({_path(self.run)!r})",
            "dataset = run.dataset()",
            "test = dataset.take(dataset.rows('test'))",
            f"row = test.take(pick(test.ids, [{self.row!r}]))",
            f"found = what_if(open_run(run), row, {dict(self.cells)!r})",
            "print(f'As it is: “{found.before.label}” ({found.before.score:.2f})')",
            "print(f'Edited: “{found.after.label}” ({found.after.score:.2f})')",
        ]


@dataclass(frozen=True)
class Audit:
    """Compare the groups of a run; the recipe's if none are named."""

    run: Path
    groups: tuple[str, ...] = ()

    def words(self) -> list[str]:
        """Return the words behind ``pellucid``."""
        return ["audit", _path(self.run), *_given("--groups", ",".join(self.groups) or None)]

    def script(self) -> list[str]:
        """Return the lines of a whole script."""
        changes = {"groups": list(self.groups)} if self.groups else {}
        work = f"carry_out(run, ['audit'], changes={changes!r})"
        return _with_run(self.run, [_CARRY_OUT], work)


@dataclass(frozen=True)
class Remedies:
    """Compare what remedies would do for the groups of a column; empty where there is only one."""

    run: Path
    column: str = ""

    def words(self) -> list[str]:
        """Return the words behind ``pellucid``."""
        column = _given("--column", self.column or None)
        return ["audit", _path(self.run), "--mitigate", "compare", *column]

    def script(self) -> list[str]:
        """Return the lines of a whole script."""
        named = f", column={self.column!r}" if self.column else ""
        imports = [
            "from pellucid.fairness.remedies.compare import compare_remedies",
            "from pellucid.fairness.remedies.record import write_remedies",
        ]
        work = f"write_remedies(run.path, compare_remedies(run{named}))"
        return _with_run(self.run, imports, work)


@dataclass(frozen=True)
class Report:
    """Write documents about a run again; those that its recipe asks for if none are named."""

    run: Path
    formats: tuple[str, ...] = ()

    def words(self) -> list[str]:
        """Return the words behind ``pellucid``."""
        return ["report", _path(self.run), *_given("--formats", ",".join(self.formats) or None)]

    def script(self) -> list[str]:
        """Return the lines of a whole script."""
        changes = f", changes={{'formats': {list(self.formats)!r}}}" if self.formats else ""
        return _with_run(self.run, [_CARRY_OUT], f"carry_out(run, ['report']{changes})")


@dataclass(frozen=True)
class Predict:
    """Let a run's model answer a table."""

    run: Path
    table: Path
    out: Path
    encoding: str = "utf-8"

    def words(self) -> list[str]:
        """Return the words behind ``pellucid``."""
        encoding = _given("--encoding", None if self.encoding == "utf-8" else self.encoding)
        words = ["predict", _path(self.run), _path(self.table), "--out", _path(self.out)]
        return [*words, *encoding]

    def script(self) -> list[str]:
        """Return the lines of a whole script."""
        named = f"{_path(self.table)!r}, {_path(self.out)!r}, encoding={self.encoding!r}"
        imports = ["from pellucid.core.predict_table import predict_table"]
        return _with_run(self.run, imports, f"predict_table(run, {named})")


@dataclass(frozen=True)
class ChatLook:
    """Show conversations as a model reads them, and which of their tokens are learnt."""

    table: Path
    model: str
    rows: int = 3
    max_length: int = 256
    template: str | None = None
    encoding: str = "utf-8"
    inputs: tuple[tuple[str, str], ...] = ()
    label: str | None = None
    folder: Path | None = None

    def words(self) -> list[str]:
        """Return the words behind ``pellucid``."""
        encoding = _given("--encoding", None if self.encoding == "utf-8" else self.encoding)
        encoding += _given("--folder", None if self.folder is None else _path(self.folder))
        asked = {"image": "--picture", "text": "--question"}
        columns = [word for name, kind in self.inputs for word in (asked[kind], name)]
        columns += _given("--answer", self.label)
        length = ["--max-length", str(self.max_length)]
        named = ["--model", self.model, "--rows", str(self.rows), *length]
        template = _given("--template", None if self.template is None else _path(self.template))
        return ["data", "chat-look", _path(self.table), *named, *template, *columns, *encoding]

    def script(self) -> list[str]:
        """Return the lines of a whole script."""
        template = None if self.template is None else _path(self.template)
        model = f"name={self.model!r}, max_length={self.max_length}, chat_template={template!r}"
        columns = f", inputs={dict(self.inputs)!r}, label={self.label!r}" if self.inputs else ""
        read = f"rows={self.rows}, encoding={self.encoding!r}"
        columns += f", folder=Path({_path(self.folder)!r})" if self.folder is not None else ""
        return [
            _PATHS,
            "",
            "from pellucid.core.chat_look import chat_look",
            "from pellucid.multimodal.spec import ModelSpec",
            "",
            f"table, model = Path({_path(self.table)!r}), ModelSpec({model})",
            f"found = chat_look(table, model, {read}{columns})",
            "for one in found['shown']:",
            "    for piece in one['pieces']:",
            "        print(piece['kind'], repr(piece['text']))",
        ]


@dataclass(frozen=True)
class Decide:
    """Answer a class from a score on; without a threshold, the highest score again."""

    run: Path
    positive: str = ""
    threshold: float | None = None

    def words(self) -> list[str]:
        """Return the words behind ``pellucid``."""
        if self.threshold is None:
            return ["decide", _path(self.run), "--clear"]
        named = ["--positive", self.positive, "--threshold", repr(float(self.threshold))]
        return ["decide", _path(self.run), *named]

    def script(self) -> list[str]:
        """Return the lines of a whole script."""
        work = "decision.clear(run.path)"
        if self.threshold is not None:
            decided = f"decision.Decision({self.positive!r}, {float(self.threshold)!r})"
            work = f"decision.write(run.path, {decided}, run.labels)"
        return _with_run(self.run, ["from pellucid.core import decision"], work)


@dataclass(frozen=True)
class Export:
    """Write one figure, table or word map of a run to a file."""

    run: Path
    name: str
    out: Path
    dark: bool = False

    def words(self) -> list[str]:
        """Return the words behind ``pellucid``."""
        dark = ["--dark"] if self.dark else []
        return ["export", _path(self.run), self.name, "--out", _path(self.out), *dark]

    def script(self) -> list[str]:
        """Return the lines of a whole script."""
        theme = ", theme='dark'" if self.dark else ""
        work = f"export(run, {self.name!r}, Path({_path(self.out)!r}){theme})"
        return [_PATHS, "", *_with_run(self.run, ["from pellucid.export import export"], work)]


@dataclass(frozen=True)
class Notes:
    """Change the tags of a run, and its note unless that is None."""

    run: Path
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    note: str | None = None

    def words(self) -> list[str]:
        """Return the words behind ``pellucid``."""
        tags = [*_each("--tag", self.add), *_each("--untag", self.remove)]
        return ["notes", _path(self.run), *tags, *_given("--note", self.note)]

    def script(self) -> list[str]:
        """Return the lines of a whole script."""
        changes = f"add={list(self.add)!r}, remove={list(self.remove)!r}, note={self.note!r}"
        work = f"notes.write(run.path, notes.read(run.path).changed({changes}))"
        return _with_run(self.run, ["from pellucid.core import notes"], work)


@dataclass(frozen=True)
class Compare:
    """Put runs beside each other."""

    runs: tuple[Path, ...]

    def words(self) -> list[str]:
        """Return the words behind ``pellucid``."""
        return ["compare", *map(_path, self.runs)]

    def script(self) -> list[str]:
        """Return the lines of a whole script."""
        return [
            "from pellucid.core import Run",
            "from pellucid.core.compare import compare",
            "",
            f"found = compare([Run.open(path) for path in {[*map(_path, self.runs)]!r}])",
            "for name, values in found.recipe:",
            "    print(name, *values)",
            "for name, figures in found.metrics:",
            "    print(name, *(figure and figure.show() for figure in figures))",
        ]


@dataclass(frozen=True)
class Trash:
    """Throw a run away."""

    run: Path

    def words(self) -> list[str]:
        """Return the words behind ``pellucid``."""
        return ["trash", _path(self.run)]

    def script(self) -> list[str]:
        """Return the lines of a whole script."""
        work = f"print(trash.discard(Path({_path(self.run)!r})))"
        return [_PATHS, "", "from pellucid.core import trash", "", work]


@dataclass(frozen=True)
class Restore:
    """Bring a run back from the trash by its name there."""

    name: str
    runs: Path

    def words(self) -> list[str]:
        """Return the words behind ``pellucid``."""
        return ["restore", self.name, "--runs", _path(self.runs)]

    def script(self) -> list[str]:
        """Return the lines of a whole script."""
        place = _path(Path(self.runs) / TRASH / self.name)
        work = f"print(trash.restore(Path({place!r})))"
        return [_PATHS, "", "from pellucid.core import trash", "", work]


def _with_run(run: Path, imports: Sequence[str], work: str) -> list[str]:
    """Write a script that opens a run, does some work and prints the run's folder."""
    opening = f"run = Run.open({_path(run)!r})"
    return ["from pellucid.core import Run", *imports, "", opening, work, "print(run.path)"]


def _load(path: Path, changes: Sequence[str]) -> str:
    more = f", {list(changes)!r}" if changes else ""
    return f"recipe = pellucid.Recipe.load({_path(path)!r}{more})"


def _how(action: RunRecipe | QueueRecipe) -> list[str]:
    only = _given("--only", ",".join(action.only) or None)
    resume = ["--resume"] if action.resume else []
    return ["--runs", _path(action.runs), *only, *_each("--set", action.changes), *resume]


def _given(option: str, value: str | None) -> list[str]:
    return [] if value is None else [option, value]


def _each(option: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


def _path(path: str | Path) -> str:
    return os.path.abspath(path)
