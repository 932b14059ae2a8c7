"""Finding flows by name: `path/to/file.py`, `path/to/file.py:name`, `package.module:name`.

Only flows bound to a public name in the module's own namespace count, and not those that it
imported from elsewhere. When there are several, one has to be named: nothing is guessed.
"""

from __future__ import annotations

import ast
import sys
from difflib import get_close_matches
from importlib import import_module
from importlib.abc import InspectLoader
from importlib.util import find_spec
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any

from holon_actors.flows.flow import Flow
from holon_actors.flows.from_file import module_name_of
from holon_actors.flows.loading_errors import (
    AmbiguousFlow,
    FlowFileNotFound,
    FlowImportError,
    FlowLoadError,
    FlowNotFound,
    FlowSyntaxError,
    NoFlows,
)


def load_flow(where: str) -> Flow[Any, Any]:
    """The one flow that `where` names; the name may be left out when there is only one.

    Raises:
        FlowLoadError: of the kind that says why it could not be had.
    """
    source, name = _split(where)
    module = _load(source)
    if name is not None:
        return _named(source, module, name)
    found = _flows_of(module)
    if not found:
        raise NoFlows(source)
    if len(set(found.values())) > 1:  # one flow may have several names
        raise AmbiguousFlow(source, tuple(found))
    return next(iter(found.values()))


def load_flows(where: str) -> dict[str, Flow[Any, Any]]:
    """Every flow of a file or module by name, in order; just the named one if `where` names one.

    Raises:
        FlowLoadError: it cannot be loaded, or there is none.
    """
    source, name = _split(where)
    if name is not None:
        return {name: _named(source, _load(source), name)}
    found = _flows_of(_load(source))
    if not found:
        raise NoFlows(source)
    return found


def _split(where: str) -> tuple[str, str | None]:
    """Source and name. A colon within a path, as in `C:\\flows.py`, is not a name's."""
    source, colon, name = where.rpartition(":")
    if not colon or "/" in name or "\\" in name or name.endswith(".py"):
        return where, None
    return source, name or None


def _load(source: str) -> ModuleType:
    is_file = source.endswith(".py") or "/" in source or "\\" in source or Path(source).is_file()
    if not is_file:
        return _import(source, source)
    path = Path(source)
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "no such file"
        raise FlowFileNotFound(source, what)
    return _import(source, module_name_of(path))


def _import(source: str, module_name: str) -> ModuleType:
    if module_name in sys.modules:
        return sys.modules[module_name]
    if module_name == source and not _exists(source):
        is_folder = source and Path(source).is_dir()
        what = "is a folder, not a file" if is_folder else "no such file or module"
        raise FlowFileNotFound(source, what)
    try:
        return import_module(module_name)
    except (Exception, SystemExit) as error:
        raise _why_not(source, module_name, error) from error


def _why_not(source: str, module_name: str, error: BaseException) -> FlowLoadError:
    """The source is not Python, or something it did at load time failed."""
    spec = find_spec(module_name)
    own = spec.origin if spec is not None else None
    if isinstance(error, SyntaxError) and error.filename in (own, None):
        return FlowSyntaxError(source, error)
    lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == own]
    return FlowImportError(source, error, lines[-1] if lines else None)


def _exists(module_name: str) -> bool:
    try:
        return find_spec(module_name) is not None
    except (ImportError, ValueError):
        return False


def _flows_of(module: ModuleType) -> dict[str, Flow[Any, Any]]:
    imported = _imported(module)
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, Flow) and not name.startswith("_") and name not in imported
    }


def _imported(module: ModuleType) -> set[str]:
    """Names bound to a flow that is another module's."""
    elsewhere = {
        name
        for name, value in vars(module).items()
        if isinstance(value, Flow) and _is_at_home_elsewhere(value, module)
    }
    return elsewhere | _names_imported_in(module)


def _is_at_home_elsewhere(value: Flow[Any, Any], module: ModuleType) -> bool:
    """Whether it is a decorated function, found under another module."""
    home = value.__dict__.get("__module__")
    if home == module.__name__ or home not in sys.modules:
        return False
    return value in vars(sys.modules[home]).values()


def _names_imported_in(module: ModuleType) -> set[str]:
    """Names that import statements bind and nothing else in the source does.

    A composition does not know its module, so only the source tells that it was imported.
    """
    loader = module.__spec__.loader if module.__spec__ else None
    try:
        source = loader.get_source(module.__name__) if isinstance(loader, InspectLoader) else None
    except (ImportError, SyntaxError, ValueError):  # it ran, and yet cannot be read as text
        return set()
    imported: set[str] = set()
    bound: set[str] = set()
    for node in ast.walk(ast.parse(source or "")):
        match node:
            case ast.ImportFrom(names=names):
                imported.update(alias.asname or alias.name for alias in names)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                bound.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                bound.add(name)
    return imported - bound


def _named(source: str, module: ModuleType, name: str) -> Flow[Any, Any]:
    value = getattr(module, name, None)
    if isinstance(value, Flow):
        return value
    names = tuple(_flows_of(module))
    close = get_close_matches(name, names, n=1)
    what = "not a flow:" if hasattr(module, name) else "no flow named"
    raise FlowNotFound(source, name, names, close[0] if close else None, what)
