"""The command line as a whole: what is written of its commands, and how it ends."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from pellucid import __main__ as command_line
from pellucid._version import __version__
from pellucid.commands.options import names
from pellucid.core.files import write_json
from pellucid.errors import DataError, RunError

ROOT = Path(command_line.__file__).parent
ROOMS = ("commands", "core", "explain", "fairness", "gui", "multimodal", "docs")
PART = re.compile(r"[a-z][a-z-]*|--?[a-z][a-z-]*")


def commands() -> Iterator[tuple[str, Any]]:
    """Walk all commands and groups by their whole names."""

    def walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        yield name, command
        for own, inner in getattr(command, "commands", {}).items():
            yield from walk(f"{name} {own}", inner)

    return walk("pellucid", typer.main.get_command(command_line.app))


COMMANDS = dict(commands())


def mentioned() -> dict[str, str]:
    """Find the command lines in documents, docstrings and messages, and a file for each."""
    files = [*ROOT.glob("*.md"), *ROOT.glob("*.py")]
    for room in ROOMS:
        files += [*(ROOT / room).rglob("*.py"), *(ROOT / room).rglob("*.md")]
    found: dict[str, str] = {}
    for file in files:
        text = file.read_text(encoding="utf-8")
        lines = re.findall(r"`(pellucid [^`\n]+)`", text)
        if file.suffix == ".md":
            lines += re.findall(r"^(pellucid [^#\n]+)", text, re.MULTILINE)
        for line in lines:
            found.setdefault(line.strip(), file.name)
    return found


MENTIONED = mentioned()


@pytest.mark.parametrize("line", MENTIONED)
def test_what_is_written_of_commands_is_so(line: str) -> None:
    file = MENTIONED[line]
    words = line.split()
    assert len(words) > 1
    name = words.pop(0)
    while words and hasattr(COMMANDS[name], "commands") and PART.fullmatch(words[0]):
        if words[0].startswith("-"):
            break
        name = f"{name} {words.pop(0)}"
        assert name in COMMANDS, f"{file} names `{name}`, which there isn't"
    known = {option for each in COMMANDS[name].params for option in each.opts} | {"--help"}
    if "…" in words[:1] and hasattr(COMMANDS[name], "commands"):  # any command
        known = {option for one in COMMANDS.values() for each in one.params for option in each.opts}
    for word in words:
        if word.startswith("--"):
            assert word.strip(",.") in known, f"{file}: `{name}` has no {word}"


def test_the_documents_are_searched() -> None:
    files = set(MENTIONED.values())
    assert {"README.md", "guide.md"} <= files and any(file.endswith(".py") for file in files)


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_and_options_say_what_they_are_for(name: str) -> None:
    command = COMMANDS[name]
    assert command.help.strip()[-1] == "."
    for each in command.params:
        assert each.help.strip(), each.name


def called(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run the command line in this process; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["pellucid", *words])
    try:
        command_line.main()
    except SystemExit as end:
        assert isinstance(end.code, int)
        return end.code
    return 0


def test_the_version(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"{__version__}\n"


@pytest.mark.parametrize("words", [["nothing"], ["run"], ["run", "a.yaml", "--sett", "x=1"]])
def test_a_wrong_command_line(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(monkeypatch, *words) == 2
    told = capsys.readouterr()
    assert "Usage: " in told.err and told.out == ""


@pytest.mark.parametrize("options", [[], ["runs/one", "--predictions", "table.csv"]])
def test_an_audit_of_nothing_or_of_two_things(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(monkeypatch, "audit", *options) == RunError.exit_code
    told = capsys.readouterr().err
    assert told.startswith("Error: pellucid audit: expected either a run's folder or --predictions")


def test_how_errors_end_the_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ending_by(error: BaseException) -> int:
        def examine() -> None:
            raise error

        monkeypatch.setattr("pellucid.doctor.examine", examine)
        return called(monkeypatch, "doctor")

    assert ending_by(DataError("table.csv: nothing stands there")) == 2
    assert capsys.readouterr().err == "Error: table.csv: nothing stands there\n"
    assert ending_by(KeyboardInterrupt()) == 130
    assert ending_by(typer.Abort()) == 130
    with pytest.raises(ZeroDivisionError):  # a bug is shown with its traceback
        ending_by(ZeroDivisionError())


@pytest.mark.parametrize(("whole", "code", "sign"), [(True, 0, "ok"), (False, 2, "MISS")])
def test_the_doctor_ends_by_what_it_finds(
    whole: bool,
    code: int,
    sign: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("pellucid.doctor.examine", lambda: [("disk", whole, "3 GiB free")])
    assert called(monkeypatch, "doctor") == code
    assert capsys.readouterr().out.split() == [sign, "disk", "3", "GiB", "free"]


def test_the_last_line_is_the_runs_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from pellucid.commands.output import conclude
    from pellucid.core.runs import Run

    folder = tmp_path / "é"
    folder.mkdir()
    write_json(folder / "evaluation.json", {"test": {"accuracy": {"value": 0.5}}})
    run = Run(folder)
    conclude(run, as_json=False)
    assert capsys.readouterr().out == f"{folder}\n"
    conclude(run, as_json=True)
    told = capsys.readouterr().out
    assert "é" in told and told.count("\n") == 1
    assert json.loads(told) == {
        "run": str(folder),
        "status": "new",
        "evaluation": {"test": {"accuracy": {"value": 0.5}}},
    }


def test_names_with_commas() -> None:
    assert names(" sex, race ,") == ["sex", "race"]
    assert names("") is None and names(" , ") is None
