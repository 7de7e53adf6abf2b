"""Whether the Hugging Face hub can be reached, found out in seconds.

The hub's own client asks for each file again and again before it gives up, which takes close to a
minute without a network. Asked once beforehand, a model that was downloaded before loads at once,
and one that was not is refused at once.
"""

from __future__ import annotations

from pathlib import Path

PATIENCE = 5.0
"""Seconds to wait for the hub."""


def answers() -> bool:
    """Whether the hub answers, in whatever way; ``HF_HUB_OFFLINE`` and ``HF_ENDPOINT`` hold."""
    from huggingface_hub import constants, get_session

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        get_session().head(constants.ENDPOINT, timeout=PATIENCE)
    except Exception:  # whatever stands between here and the hub, it can't be reached
        return False
    return True


def downloaded(name: str) -> Path | None:
    """Return the folder of a model that was downloaded before, None where there is none.

    A loader that is given the folder asks the hub for nothing; given the name, transformers asks
    for files that the model never had, even where it is told to stay with what is here.
    """
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(name, "config.json")
    except HFValidationError:
        return None
    return Path(found).parent if isinstance(found, str) else None


def unreachable(error: BaseException) -> bool:
    """Whether an error, or what caused it, is about the network."""
    seen: BaseException | None = error
    while seen is not None:
        name = type(seen).__name__
        if isinstance(seen, ConnectionError | TimeoutError) or any(
            part in name
            for part in ("Connect", "Offline", "Timeout", "LocalEntryNotFound", "Proxy")
        ):
            return True
        if "connect" in str(seen).lower() or "offline" in str(seen).lower():
            return True
        seen = seen.__cause__ or seen.__context__
    return False
