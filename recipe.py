"""A recipe: data + model + train + evaluate + explain + audit + report in one YAML file.

It composes the `spec.py` of each room. Reading one loads no torch and no pandas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError

from .core.spec import DataSpec, EvaluateSpec, ReportSpec, TrainSpec
from .errors import RecipeError, nearest, paragraph
from .explain.spec import ExplainSpec
from .fairness.spec import AuditSpec
from .multimodal.spec import ModelSpec, Spec
from .recipe_errors import explain, not_yaml, words


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
        except OSError as error:
            raise RecipeError(
                paragraph(str(file), f"it can't be read ({error.strerror})", "Name a recipe's file")
            ) from None
        except UnicodeDecodeError as error:
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
        raw = _read_yaml(text, where)
        if not isinstance(raw, dict):
            raise RecipeError(
                paragraph(
                    where,
                    f"found {words(raw)}, expected a mapping with the keys "
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
            raise RecipeError(explain(error, where, cls, raw)) from None
        named = {"groups": recipe.audit.groups or (), "control": recipe.audit.control}
        for key, group in ((key, group) for key, groups in named.items() for group in groups):
            if group not in recipe.data.groups:
                raise RecipeError(
                    paragraph(
                        f"{where}, key “audit.{key}”",
                        f"found “{group}”, which is not among data.groups "
                        f"({nearest(group, recipe.data.groups)})",
                        "Name it in data.groups too, or correct it",
                    )
                )
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
            source.model_copy(
                update={"path": str((folder / Path(source.path).expanduser()).resolve())}
            )
            for source in self.data.source
        ]
        placed: dict[str, Any] = {"source": sources}
        if self.data.folder is not None:
            placed["folder"] = str((folder / Path(self.data.folder).expanduser()).resolve())
        data = self.data.model_copy(update=placed)
        changed: dict[str, Any] = {}
        for key in ("name", "text_encoder"):
            name = getattr(self.model, key)
            if name and not name.startswith("bundled/") and (folder / name).is_dir():
                changed[key] = str((folder / name).resolve())
        audit = self.audit.rooted(folder)
        if self.model.chat_template is not None:
            template = folder / Path(self.model.chat_template).expanduser()
            changed["chat_template"] = str(template.resolve())
        model = self.model.model_copy(update=changed)
        return self.model_copy(update={"data": data, "model": model, "audit": audit})

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


class _Once(yaml.SafeLoader):
    """YAML in which no key stands twice; PyYAML itself forgets the first one silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen and isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key “{key.value}” stands there twice", key.start_mark
                )
            if isinstance(key, yaml.ScalarNode):
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def _read_yaml(text: str, where: str) -> Any:
    try:
        return yaml.load(text, Loader=_Once)
    # Beside YAML's own errors, PyYAML raises ValueError for a date or number that can't be.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RecipeError(not_yaml(where, error)) from None


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
    new = _read_yaml(value, f"--set {change}")
    place: Any = raw
    for key in keys[:-1]:
        spot: Any = _spot(place, key, change)
        inner = place[spot] if isinstance(place, list) else place.get(spot)
        if not isinstance(inner, dict | list):
            # `source: table.csv` and the like are short for more; setting a part spells it out.
            inner = {}
        place[spot] = inner
        place = inner
    place[_spot(place, keys[-1], change)] = new


def _spot(place: Any, key: str, change: str) -> str | int:
    """Return a key of a mapping, or the number of an item of a list."""
    if not isinstance(place, list):
        return key
    if key.isdecimal() and int(key) < len(place):
        return int(key)
    raise RecipeError(
        paragraph(
            f"--set {change}",
            f"there is a list here, and “{key}” is no number of an item (0 to {len(place) - 1})",
            "Name an item by its number, or set the whole list",
        )
    )


def _difference(one: Any, other: Any, path: str) -> str | None:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys([*one, *other]):
            found = _difference(one.get(key), other.get(key), f"{path}.{key}" if path else key)
            if found:
                return found
        return None
    return None if one == other else path
