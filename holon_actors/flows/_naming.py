"""Things that pickle by name: what can be imported is sent as where to import it from."""

from __future__ import annotations

import sys
from typing import Any

# Modules that are another file in every process.
_NOT_SHARED = frozenset({None, "__main__", "__mp_main__"})


def importable(module_name: str, qualified: str) -> Any:
    """What is bound to a dotted name in a module, importing it when necessary."""
    if module_name not in sys.modules:
        __import__(module_name)
    found: Any = sys.modules[module_name]
    for name in qualified.split("."):
        found = getattr(found, name)
    return found


def find_importable(module_name: str | None, qualified: str | None) -> Any:
    """What another process would import under that name; None when it could not."""
    if module_name in _NOT_SHARED or qualified is None or "<" in qualified:
        return None
    assert module_name is not None
    try:
        return importable(module_name, qualified)
    except (ImportError, AttributeError):
        return None


def undecorated(module_name: str, qualified: str) -> Any:
    """The function below the decorator: a flow's name is bound to the flow, not to it."""
    return importable(module_name, qualified).__wrapped__
