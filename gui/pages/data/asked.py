"""What was asked of a table: how to read it, and what a person said of its columns."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ....core.folders import totals
from ....core.look import Look
from ....errors import DataError
from ....multimodal.media import modality_of

if TYPE_CHECKING:
    from ....core.guess import Role

TABLES = (".csv", ".tsv", ".json", ".jsonl", ".parquet")
LIMIT = 256
MOST_LOOKED = 2000
"""Files of a folder that are passed over until a picture or sound is found."""
ROLES = ("input", "label", "labels", "group", "split", "id", "weight", "none")
ONLY_ONE = frozenset({"label", "id", "split", "weight"})
"""Roles that one column may have."""
OWN_COLUMNS = frozenset({"extractive_qa", "chat", "preference"})
"""Tasks that find their columns by themselves."""


@dataclass(frozen=True)
class Asked:
    """What was asked of a table.

    Attributes
    ----------
    path
        The file, absolute.
    encoding
        Character encoding of a text file.
    limit
        Longest sample in tokens, from 1.
    roles
        Every column's role once a person changed one; empty while all are guessed.
    """

    path: Path
    encoding: str = "utf-8"
    limit: int = LIMIT
    roles: Mapping[str, Role] = field(default_factory=dict)

    def named(self, role: Role) -> list[str]:
        """Return the columns that a person gave a role."""
        return [column for column, has in self.roles.items() if has == role]

    def words(self) -> list[str]:
        """Return the options that reading and roles need, for `data look` and `recipe new`."""
        out = []
        for name in self.named("label"):
            out += ["--label", name]
        for name in self.named("input"):
            out += ["--input", name]
        return out if self.encoding == "utf-8" else [*out, "--encoding", self.encoding]

    def look_command(self, out: Path | None = None) -> list[str]:
        """Return the command that looks at the table."""
        limit = [] if self.limit == LIMIT else ["--max-length", str(self.limit)]
        written = [] if out is None else ["--out", str(out)]
        return ["data", "look", str(self.path), *self.words(), *limit, *written]

    def recipe_command(self) -> list[str]:
        """Return the command that writes a recipe for the table."""
        return ["recipe", "new", str(self.path), *self.words()]

    def as_json(self) -> dict[str, Any]:
        """Return what is remembered."""
        return {"encoding": self.encoding, "limit": self.limit, "roles": dict(self.roles)}

    @classmethod
    def from_json(cls, path: Path, raw: Any) -> Asked:
        """Read what `as_json` gave; what can't be used is left out."""
        known = raw if isinstance(raw, dict) else {}
        roles = known.get("roles")
        limit = known.get("limit")
        return cls(
            path,
            str(known.get("encoding") or "utf-8"),
            limit if isinstance(limit, int) and limit > 0 else LIMIT,
            {
                str(column): cast("Role", role)
                for column, role in (roles if isinstance(roles, dict) else {}).items()
                if role in ROLES
            },
        )


def shell(command: list[str]) -> str:
    """Write a command as one types it into a shell."""
    return shlex.join(["pellucid", *command])


def folder_of(memory: Path, path: Path) -> Path:
    """Return the folder that holds what was seen of a table."""
    return memory / "tables" / hashlib.sha256(str(path).encode()).hexdigest()[:16]


def holds_files(path: Path) -> bool:
    """Whether a folder holds pictures or sounds, as far as its first files tell."""
    if not path.is_dir():
        return False
    return any(modality_of(one.name) for one in islice(path.rglob("*"), MOST_LOOKED))


def is_unchanged(look: Look, path: Path) -> bool:
    """Whether the file is still the one that was looked at, by its size and time.

    Of a folder it is the size of all files and the time of the last change that count.
    """
    try:
        status = path.stat()
        if path.is_dir():
            _, size, changed = totals(path)
            return (size, changed / 1e9) == (look.source.size, look.source.modified)
    except (OSError, DataError):
        return False
    return (status.st_size, status.st_mtime) == (look.source.size, look.source.modified)


def answers(look: Look, made: Asked, asked: Asked) -> bool:
    """Whether what was seen when `made` was asked also answers `asked`, if the file is the same."""
    if (made.encoding, made.limit) != (asked.encoding, asked.limit):
        return False
    if not asked.roles:
        return not made.roles
    return all(
        not asked.named(role) or set(asked.named(role)) == set(look.named(role))
        for role in ("label", "input")
    )


def roles_of(look: Look, asked: Asked) -> dict[str, Role]:
    """Return every column's role: what a person said, else what was guessed."""
    return {one.name: asked.roles.get(one.name, one.role) for one in look.columns}


def held_by(look: Look, roles: Mapping[str, Role]) -> tuple[str, ...]:
    """Return what the parts of a sample are; texts where no column is an input."""
    held = [one.modality or "text" for one in look.columns if roles[one.name] == "input"]
    return tuple(dict.fromkeys(held)) or ("text",)


def with_role(look: Look, asked: Asked, column: str, role: Role) -> Asked:
    """Give a column a role; the one that had it where only one may have it becomes unused."""
    roles = roles_of(look, asked)
    if role in ONLY_ONE:
        roles = {name: "none" if has == role else has for name, has in roles.items()}
    return replace(asked, roles={**roles, column: role})


def for_recipe(look: Look, asked: Asked) -> dict[str, Any]:
    """Return what a new recipe begins with."""
    roles = roles_of(look, asked)

    def one(role: Role) -> str | None:
        return next((name for name, has in roles.items() if has == role), None)

    return {
        "source": str(asked.path),
        "inputs": {
            one.name: one.modality or "text" for one in look.columns if roles[one.name] == "input"
        },
        "label": one("label"),
        "labels": [name for name, has in roles.items() if has == "labels"],
        "groups": [name for name, has in roles.items() if has == "group"],
        "id": one("id"),
        "split": one("split"),
        "weight": one("weight"),
        "encoding": asked.encoding,
        "unused": [name for name, has in roles.items() if has == "none"],
        "missing": any(
            one.missing for one in look.columns if roles[one.name] in ("input", "label", "labels")
        ),
        **_task(look, roles),
        "reasons": {one.name: one.reason for one in look.columns if roles[one.name] == one.role},
    }


def task_of(look: Look, roles: Mapping[str, Role]) -> str:
    """Return what can be learnt of a table with these roles."""
    has = set(roles.values())
    if "labels" in has:
        return "multilabel"
    if roles_are_guessed(look, roles) or look.task in OWN_COLUMNS:
        return look.task
    read = sorted(one.modality or "text" for one in look.columns if roles[one.name] == "input")
    if "label" not in has and read == ["image", "text"]:
        return "contrastive"
    return "classification" if "label" in has else "masked_lm"


def roles_are_guessed(look: Look, roles: Mapping[str, Role]) -> bool:
    """Whether inputs and answers are those by which the task was guessed."""
    return all(
        roles[one.name] == one.role
        for one in look.columns
        if {"input", "label", "labels"} & {one.role, roles[one.name]}
    )


def _task(look: Look, roles: Mapping[str, Role]) -> dict[str, Any]:
    task = task_of(look, roles)
    return {
        "task": task,
        "task_reason": look.task_reason if task == look.task else "",
        "separator": look.separator if task == look.task else "",
        "own_columns": task in OWN_COLUMNS,
    }
