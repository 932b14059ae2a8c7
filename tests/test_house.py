"""Rules of the house that no linter knows: exports, clocks, sizes, documents."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import holon_actors
from holon_actors import HolonError

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "holon_actors").rglob("*.py"))
PARTS = ("actors", "errors", "flows", "runtime")

# What the contract names at the top of the package.
CONTRACT = (
    "flow",
    "flows",
    "context",
    "current_context",
    "Flow",
    "FlowGraph",
    "Ok",
    "Err",
    "FlowInputError",
    "HolonError",
    "Actor",
    "ActorSystem",
    "ActorRef",
    "Address",
    "Request",
    "message",
    "Terminated",
    "ReceiveTimeout",
    "ChildFailed",
    "DeadLetter",
    "ActorFailed",
    "ActorStopped",
    "ActorNotFound",
    "MailboxFull",
    "AskTimeout",
    "Unbounded",
    "Bounded",
    "Priority",
    "ActorSnapshot",
    "ShutdownReport",
    "OneForOne",
    "OneForAll",
    "RestForOne",
    "Backoff",
    "Directive",
    "Supervisor",
    "Child",
    "Engine",
    "ErrorRecovery",
    "ResourceLimits",
    "RateLimit",
    "EngineOverloaded",
    "ExecutionTimeout",
    "MemoryLimitExceeded",
    "MissingExtra",
)


@pytest.mark.parametrize("name", CONTRACT)
def test_what_the_contract_names_can_be_imported(name: str) -> None:
    assert getattr(holon_actors, name) is not None
    assert name in holon_actors.__all__


def test_every_export_has_exactly_one_home() -> None:
    homes: dict[str, str] = {}
    for part, names in holon_actors._HOMES.items():
        public = importlib.import_module(part).__all__
        for name in names:
            assert name in public, f"{name} is not public in {part}"
            assert homes.setdefault(name, part) == part
    assert set(homes) | {"flows"} == set(holon_actors.__all__)


def test_the_type_checker_sees_the_same_names() -> None:
    tree = ast.parse((ROOT / "holon_actors/__init__.py").read_text())
    seen = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(holon_actors.__all__) <= seen


def test_all_errors_of_ours_are_holon_errors() -> None:
    for name in holon_actors.__all__:
        value = getattr(holon_actors, name)
        if inspect.isclass(value) and issubclass(value, BaseException):
            assert issubclass(value, HolonError), name


def test_importing_the_package_loads_no_part_of_it() -> None:
    code = (
        "import sys, holon_actors\n"
        "heavy = ('holon_actors.', 'asyncio', 'pydantic')\n"
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _calls(tree: ast.AST) -> set[str]:
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


BANNED = {
    "time.time",
    "time.monotonic",
    "time.perf_counter",
    "uuid.uuid4",
    "uuid4",
    "random.random",
    "random.choice",
    "random.shuffle",
    "random.uniform",
    "random.randint",
    "asyncio.create_task",
    "asyncio.ensure_future",
    "datetime.now",
}
SIMULATED = {"actors", "runtime", "distributed"}
# A worker process is outside any simulation: the time that it is given becomes a deadline there.
OUTSIDE = {"runtime/_worker_main.py"}


@pytest.mark.parametrize(
    "path",
    [p for p in SOURCES if p.relative_to(ROOT / "holon_actors").parts[0] in SIMULATED],
    ids=lambda p: str(p.relative_to(ROOT / "holon_actors")),
)
def test_clock_chance_and_tasks_come_from_the_system(path: Path) -> None:
    if str(path.relative_to(ROOT / "holon_actors")) not in OUTSIDE:
        assert not _calls(ast.parse(path.read_text())) & BANNED


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_functions_fit_on_a_screen(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert length <= 60, f"{node.name}: {length} lines"


# The public face is a list of names, told to the type checker, to `from ... import *` and to the
# loader: it grows with the names, and nobody has to understand it as a whole.
NO_CEILING = {"holon_actors/__init__.py"}


def test_files_stay_small_enough_to_read_in_one_go() -> None:
    transports = sorted((ROOT / "transports").rglob("*.py"))
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in (*SOURCES, *transports)
    }
    large = {path: n for path, n in lengths.items() if n > 400 and path not in NO_CEILING}
    assert large == {}


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_paths_in_the_documents_exist() -> None:
    for document in ("README.md", "ARCHITECTURE.md"):
        text = (ROOT / document).read_text()
        for link in re.findall(r"\]\((?!http)([^)#]+)\)", text):
            assert (ROOT / link).exists(), f"{document}: {link}"
    rooms = re.findall(
        r"`((?:flows|actors|runtime|viz|cli)/[\w/]+(?:\.py|/))",
        (ROOT / "ARCHITECTURE.md").read_text(),
    )
    assert rooms
    for room in rooms:
        assert (ROOT / "holon_actors" / room).exists(), room


def test_the_architecture_fits_two_pages() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) <= 110
