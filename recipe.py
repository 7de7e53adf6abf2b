"""A recipe: data + model + train + evaluate + explain + audit + report in one YAML file.

It composes the `spec.py` of each room. Reading one loads no torch and no pandas.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, Field, ValidationError

from .core.spec import DataSpec, EvaluateSpec, ReportSpec, TrainSpec
from .errors import RecipeError, nearest, paragraph
from .explain.spec import ExplainSpec
from .fairness.spec import AuditSpec
from .multimodal.spec import ModelSpec, Spec


class Recipe(Spec):
    """Everything a run needs to know.

    Examples
    --------
    >>> recipe = Recipe.load("recipe.yaml")  # doctest: +SKIP
    >>> recipe.model_copy(update={"name": "second"}).save("second.yaml")  # doctest: +SKIP
    """

    name: Annotated[str, Field(min_length=1, max_length=80)] = Field(
        "run", description="Name of the run's folder."
    )
    data: DataSpec = Field(description="The tables and the role of their columns.")
    model: ModelSpec = Field(default_factory=ModelSpec, description="Which model is fine-tuned.")
    train: TrainSpec = Field(default_factory=TrainSpec, description="How it is trained.")
    evaluate: EvaluateSpec = Field(
        default_factory=EvaluateSpec, description="How predictions are measured."
    )
    explain: ExplainSpec = Field(
        default_factory=ExplainSpec, description="Which answers are explained, and how."
    )
    audit: AuditSpec = Field(default_factory=AuditSpec, description="Which groups are compared.")
    report: ReportSpec = Field(default_factory=ReportSpec, description="What is written.")

    @classmethod
    def load(cls, path: str | Path, changes: Sequence[str] = ()) -> Recipe:
        """Read a recipe from a YAML file.

        Parameters
        ----------
        path
            The file; paths in it are relative to its folder.
        changes
            ``section.key=value`` as `--set` takes them, applied before checking.

        Raises
        ------
        RecipeError
            If the file is missing, not YAML, or a key or value is at fault; the message names it.
        """
        file = Path(path)
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise RecipeError(
                paragraph(
                    str(file),
                    "there is no such recipe",
                    "Check the path, or write one with `pellucid recipe new table.csv`",
                )
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise RecipeError(
                paragraph(str(file), f"it can't be read as text ({error})", "Save it as UTF-8")
            ) from None
        return cls.parse(text, where=str(file), folder=file.resolve().parent, changes=changes)

    @classmethod
    def parse(
        cls, text: str, *, where: str = "recipe", folder: Path, changes: Sequence[str] = ()
    ) -> Recipe:
        """Read a recipe from YAML text.

        Parameters
        ----------
        text
            The YAML.
        where
            What errors call it.
        folder
            Folder to which its paths are relative.
        changes
            ``section.key=value``, applied before checking.
        """
        try:
            raw = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise RecipeError(_not_yaml(where, error)) from None
        if not isinstance(raw, dict):
            raise RecipeError(
                paragraph(
                    where,
                    f"found {type(raw).__name__}, expected a mapping with the keys "
                    + ", ".join(cls.model_fields),
                    "Write one with `pellucid recipe new table.csv`",
                )
            )
        for change in changes:
            _apply(raw, change)
        return cls.of(raw, where=where, folder=folder)

    @classmethod
    def of(
        cls, raw: Mapping[str, Any], *, where: str = "recipe", folder: Path | str = "."
    ) -> Recipe:
        """Check plain data and make a recipe of it, with absolute paths."""
        try:
            recipe = cls.model_validate(dict(raw))
        except ValidationError as error:
            raise RecipeError(_explain(error, where)) from None
        return recipe.rooted(Path(folder).resolve())

    @classmethod
    def demo(cls, kind: str = "text", changes: Sequence[str] = ()) -> Recipe:
        """Return the recipe of a demo on sample data that comes with the package.

        Parameters
        ----------
        kind
            ``text``.
        changes
            ``section.key=value``, applied before checking.
        """
        folder = Path(__file__).parent / "assets" / "recipes"
        known = sorted(path.stem for path in folder.glob("*.yaml"))
        if kind not in known:
            raise RecipeError(
                paragraph(
                    f"--kind {kind}",
                    f"there is no such demo ({nearest(kind, known)})",
                    "Choose another",
                )
            )
        return cls.load(folder / f"{kind}.yaml", changes)

    def rooted(self, folder: Path) -> Recipe:
        """Return the recipe with its paths made absolute, seen from a folder."""
        sources = [
            source.model_copy(update={"path": str((folder / source.path).resolve())})
            for source in self.data.source
        ]
        data = self.data.model_copy(update={"source": sources})
        name = self.model.name
        local = folder / name
        if not name.startswith("bundled/") and local.is_dir():
            name = str(local.resolve())
        model = self.model.model_copy(update={"name": name})
        return self.model_copy(update={"data": data, "model": model})

    def dump(self) -> str:
        """Write the recipe as YAML with every default filled in."""
        return yaml.safe_dump(
            self.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=100
        )

    def save(self, path: str | Path) -> None:
        """Write the recipe to a file, every default filled in."""
        from .core.files import write_text

        write_text(Path(path), self.dump())

    def difference(self, other: Recipe) -> str | None:
        """Name the first key in which two recipes differ, as ``section.key``; None if none."""
        return _difference(self.model_dump(mode="json"), other.model_dump(mode="json"), "")


def _apply(raw: dict[str, Any], change: str) -> None:
    """Put one ``section.key=value`` into plain data; the value is read as YAML."""
    path, sign, value = change.partition("=")
    keys = path.strip().split(".")
    if not sign or not all(keys):
        raise RecipeError(
            paragraph(
                f"--set {change}",
                "expected section.key=value",
                "Write it like --set train.epochs=1",
            )
        )
    place = raw
    for key in keys[:-1]:
        inner = place.get(key)
        if not isinstance(inner, dict):
            # `adapt: full` and the like are short for a mapping; setting a key spells it out.
            inner = {}
        place[key] = inner
        place = inner
    try:
        place[keys[-1]] = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise RecipeError(_not_yaml(f"--set {change}", error)) from None


def _difference(one: Any, other: Any, path: str) -> str | None:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys([*one, *other]):
            found = _difference(one.get(key), other.get(key), f"{path}.{key}" if path else key)
            if found:
                return found
        return None
    return None if one == other else path


def _not_yaml(where: str, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    place = f"{where}, line {mark.line + 1}" if mark is not None else where
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return paragraph(place, f"this is not YAML ({problem})", "Check indentation, colons and quotes")


def _explain(error: ValidationError, where: str) -> str:
    """Turn pydantic's first complaint into a paragraph that names the key and the way out."""
    # An unknown key is the likeliest cause of a missing one, so it is told first.
    complaints = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    first = complaints[0]
    keys = [str(part) for part in first["loc"]]
    key = ".".join(keys)
    more = len(complaints) - 1
    after = f" (and {more} more)" if more else ""
    match first["type"]:
        case "extra_forbidden":
            known = _known_keys(keys[:-1])
            return paragraph(
                f"{where}, key “{key}”",
                f"there is no such key ({nearest(keys[-1], known)}){after}",
                "Correct or remove the key",
            )
        case "missing":
            return paragraph(
                f"{where}, key “{key}”",
                f"it is missing: {_describe(keys)}{after}",
                "Add it to the recipe",
            )
        case "literal_error":
            given = first["input"]
            expected = str(first.get("ctx", {}).get("expected", ""))
            return paragraph(
                f"{where}, key “{key}”",
                f"found “{given}”, expected {expected}{after}",
                "Correct the value",
            )
    message = first["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    given = first["input"]
    found = f"found “{given}”: " if isinstance(given, str | int | float | bool) else ""
    return paragraph(f"{where}, key “{key}”", f"{found}{message}{after}", "Correct the value")


def _section(keys: Sequence[str]) -> type[BaseModel]:
    """Return the spec at a path of keys, as far as it leads through specs."""
    spec: type[BaseModel] = Recipe
    for key in keys:
        field = spec.model_fields.get(key)
        inner = _spec_in(field.annotation) if field is not None else None
        if inner is not None:
            spec = inner
    return spec


def _spec_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in (list, typing.Union, types.UnionType, Annotated):
        for part in typing.get_args(annotation):
            found = _spec_in(part)
            if found is not None:
                return found
    return None


def _known_keys(keys: Sequence[str]) -> list[str]:
    return list(_section(keys).model_fields)


def _describe(keys: Sequence[str]) -> str:
    field = _section(keys[:-1]).model_fields.get(keys[-1])
    text = (field.description or "") if field is not None else ""
    return text[:1].lower() + text[1:].rstrip(".") if text else "a value is expected"
