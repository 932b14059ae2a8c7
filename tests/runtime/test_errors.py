from __future__ import annotations

import pickle

import pytest

from holon_actors import runtime
from holon_actors.errors import HolonError
from holon_actors.runtime import errors

EXAMPLES: list[errors.EngineError] = [
    errors.EngineClosed("engine", "closed"),
    errors.EngineOverloaded(10, 0.5),
    errors.ExecutionTimeout("f", 1.0, "running"),
    errors.ExecutionCancelled("e"),
    errors.MemoryLimitExceeded("f", 10, 12),
    errors.CpuTimeExceeded("f", 1.0),
    errors.WorkerCrashed("f", 7, -9),
    errors.WorkerStartError("no"),
    errors.ExecutorCrashed("f", "/user/x", "no"),
    errors.WrongIsolation("f", "inline", "no"),
    errors.WrongThread("engine", "no"),
    errors.UnpicklableFlow("f", "lock", "no"),
    errors.UnpicklableInput("f", "lock", "no"),
    errors.UnpicklableResult("f", "lock", "no"),
    errors.RemoteFlowError("f", "Odd", "no", "traceback"),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_errors_survive_pickling_with_all_they_know(error: errors.EngineError) -> None:
    error.add_note("a note")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_errors_are_what_a_caller_may_expect() -> None:
    kinds = {type(error) for error in EXAMPLES}
    assert all(issubclass(kind, HolonError) for kind in kinds)
    assert issubclass(errors.ExecutionTimeout, TimeoutError)
    assert issubclass(errors.MemoryLimitExceeded, MemoryError)


def test_a_signal_is_named_even_when_it_has_only_a_number() -> None:
    assert errors.signal_name(-11) == "SIGSEGV"
    assert errors.signal_name(-50) == "signal 50"
    assert errors.signal_name(3) is None
    assert errors.signal_name(None) is None


def test_a_note_on_an_error_that_refuses_it_is_let_go() -> None:
    class Frozen(Exception):
        def __setattr__(self, name: str, value: object) -> None:
            raise AttributeError(name)

    errors.annotate(Frozen(), "a note")


def test_every_public_name_can_be_imported_and_nothing_else() -> None:
    for name in runtime.__all__:
        assert getattr(runtime, name) is not None
    assert dir(runtime) == sorted(runtime.__all__)
    with pytest.raises(AttributeError, match="nonsense"):
        runtime.nonsense  # noqa: B018  # the look-up is what fails
