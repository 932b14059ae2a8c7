"""The import machinery behind the package: names to paths and back."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from string import ascii_letters, digits
from types import ModuleType

PACKAGE = "holon_actors.flows.from_file"
_PLAIN = frozenset(ascii_letters + digits)


def module_name_of(path: Path) -> str:
    """The module name for the file at `path`, which is made absolute."""
    text = str(path.resolve())
    coded = "".join(c if c in _PLAIN else _escaped(c) for c in text)
    return f"{PACKAGE}.{coded}"


def _escaped(character: str) -> str:
    return "".join(f"_{byte:02x}" for byte in character.encode(errors="surrogateescape"))


def path_of(module_name: str) -> Path:
    """The file that `module_name` stands for."""
    coded = module_name.removeprefix(f"{PACKAGE}.")
    first, *escaped = coded.split("_")
    raw = first.encode() + b"".join(bytes([int(e[:2], 16)]) + e[2:].encode() for e in escaped)
    return Path(raw.decode(errors="surrogateescape"))


class FileFinder:
    """Finds the modules of this package; holds no state."""

    @classmethod
    def install(cls) -> None:
        """Make the import system ask it; once."""
        if cls not in sys.meta_path:
            sys.meta_path.append(cls)

    @classmethod
    def find_spec(
        cls,
        name: str,
        _path: Sequence[str] | None = None,
        _target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """The spec of the file named by `name`; None when it is not one of ours."""
        if not name.startswith(f"{PACKAGE}._"):
            return None
        file = path_of(name)
        if not file.is_file():
            return None
        return spec_from_file_location(name, file, loader=FileLoader(name, str(file)))


class FileLoader(SourceFileLoader):
    """Runs the file with its folder importable, and leaves no bytecode beside it."""

    def exec_module(self, module: ModuleType) -> None:
        folder = str(Path(self.path).parent)
        sys.path.insert(0, folder)
        try:
            super().exec_module(module)
        finally:
            if folder in sys.path:
                sys.path.remove(folder)

    def set_data(self, *_args: object, **_options: object) -> None:
        """Writes nothing: the folder is the user's."""
