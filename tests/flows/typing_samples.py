"""Samples for `test_typing`.

A comment T gives the type that is revealed, a comment E the code of the error there must be.
"""

from __future__ import annotations

from typing import reveal_type

from holon_actors import flows
from holon_actors.flows import Flow, flow


@flow
def inc(x: int) -> int:
    return x + 1


@flow
def show(x: int) -> str:
    return str(x)


@flow(name="slug", tags=("text",), pure=True)
def slug(title: str) -> str:
    return "-".join(title.lower().split())


@flow
def add(x: int, y: int) -> int:
    return x + y


@flow
def scaled(x: int, factor: int = 2) -> float:
    return x * factor / 1.0


@flow
def now() -> float:
    return 0.0


@flow
async def fetch(x: int) -> str:
    return str(x)


@flow
async def join(a: str, b: str) -> str:
    return a + b


@flow
def pair(number: int, text: str) -> str:
    return text * number


def plain(x: int) -> bytes:
    return bytes(x)


async def slow_plain(x: int) -> bytes:
    return bytes(x)


# Direct calls keep the function's own signature.
reveal_type(add(5, 3))  # T: int
reveal_type(add(x=5, y=3))  # T: int
reveal_type(scaled(1))  # T: float
reveal_type(scaled(1, factor=3))  # T: float
reveal_type(now())  # T: float
reveal_type(slug(title="a"))  # T: str
reveal_type(fetch.apply)  # T: def (value: Any) -> Coroutine[Any, Any, str]
add("5", 3)  # E: arg-type
add(5)  # E: call-arg
add(5, z=3)  # E: call-arg
slug(5)  # E: arg-type
flow(plain, nam="x")  # E: call-overload

# Flows know their input and output.
as_base: Flow[int, int] = inc
of_str: Flow[str, int] = inc  # E: assignment
to_str: Flow[int, str] = inc  # E: assignment

# Types go through `|` and pipe, and a mismatch is an error.
reveal_type(inc | show)  # T: SyncFunction[[x: int], int, str]
reveal_type((inc | show)(1))  # T: str
reveal_type((add | inc)(5, 3))  # T: int
reveal_type(inc | fetch)  # T: AsyncFunction[[x: int], int, str]
reveal_type(fetch | slug)  # T: AsyncFunction[[x: int], int, str]
reveal_type(inc | plain)  # T: SyncFunction[[x: int], int, bytes]
reveal_type(inc | slow_plain)  # T: AsyncFunction[[x: int], int, bytes]
reveal_type(inc | (lambda x: x * 2.0))  # T: SyncFunction[[x: int], int, float]
reveal_type(inc.pipe(show))  # T: SyncFunction[[x: int], int, str]
reveal_type(flows.pipe(inc, show))  # T: SyncFunction[[x: int], int, str]
reveal_type(flows.pipe(inc, inc, show, slug))  # T: SyncFunction[[x: int], int, str]
reveal_type(flows.compose(flows.map(inc), flows.map(show)))  # T: SyncFlow[Iterable[int], list[str]]
reveal_type(flows.pipe(inc, fetch))  # T: Flow[int, str]
reveal_type(flows.pipe(plain, len))  # T: Flow[int, int]
inc | slug  # E: operator
fetch | inc  # E: operator
show | add  # E: operator
flows.pipe(inc, slug)  # E: misc
flows.pipe(show, slug, inc)  # E: misc
flows.pipe(fetch, inc)  # E: misc
inc.pipe(slug)  # E: arg-type
(inc | show)("a")  # E: arg-type

# Branches.
reveal_type(flows.parallel([inc, inc]))  # T: SyncFlow[int, list[int]]
reveal_type(flows.parallel((inc, show)))  # T: SyncFlow[int, list[int | str]]
reveal_type(flows.parallel(a=inc, b=inc))  # T: SyncFlow[int, dict[str, int]]
reveal_type(flows.parallel([fetch, fetch]))  # T: AsyncFlow[int, list[str]]
reveal_type(flows.race([show, show]))  # T: SyncFlow[int, str]
reveal_type(flows.parallel([inc, show]))  # T: SyncFlow[int, list[object]]
reveal_type(flows.parallel(a=inc, b=show))  # T: SyncFlow[int, dict[str, object]]
reveal_type(flows.parallel([inc, fetch]))  # T: Flow[int, list[object]]
reveal_type(flows.parallel((inc, show)) | len)  # T: SyncFlow[int, int]
fanned = inc | flows.parallel((inc, show)) | flows.merge(pair)
reveal_type(fanned)  # T: SyncFunction[[x: int], int, str]
flows.parallel([inc, slug])  # E: arg-type
fan_out: Flow[str, list[int]] = flows.parallel([inc, inc])  # E: list-item

# Items.
reveal_type(flows.map(inc))  # T: SyncFlow[Iterable[int], list[int]]
reveal_type(flows.map(fetch, concurrency=2))  # T: AsyncFlow[Iterable[int], list[str]]
reveal_type(flows.map(plain))  # T: SyncFlow[Iterable[int], list[bytes]]
reveal_type(inc.map())  # T: SyncFlow[Iterable[int], list[int]]
reveal_type(flows.reduce(add, 0))  # T: SyncFlow[Iterable[int], int]
inc | flows.map(inc)  # E: operator


def is_even(x: int) -> bool:
    return x % 2 == 0


async def is_known(x: int) -> bool:
    return x > 0


reveal_type(flows.filter(is_even))  # T: SyncFlow[Iterable[int], list[int]]
reveal_type(flows.filter(is_known))  # T: AsyncFlow[Iterable[int], list[int]]
reveal_type(flows.map(inc) | flows.filter(is_even))  # T: SyncFlow[Iterable[int], list[int]]
reveal_type(flows.validate(is_even, "must be even"))  # T: SyncFlow[int, int]
reveal_type(flows.tap(show))  # T: SyncFlow[int, int]
reveal_type(inc | flows.tap(print) | show)  # T: SyncFunction[[x: int], int, str]
flows.map(show) | flows.filter(is_even)  # E: operator

# Wrappers keep the flow's type, down to its direct call.
reveal_type(flows.retry(inc, 3))  # T: SyncFunction[[x: int], int, int]
reveal_type(add.retry(3)(5, 3))  # T: int
reveal_type(fetch.timeout(1.0))  # T: AsyncFunction[[x: int], int, str]
reveal_type(inc.memoize(ttl=1.0) | show)  # T: SyncFunction[[x: int], int, str]
reveal_type(flows.memoize(plain))  # T: SyncFlow[int, bytes]
reveal_type(flows.result(show))  # T: SyncFlow[int, Ok[str] | Err]
reveal_type(fetch.result())  # T: AsyncFlow[int, Ok[str] | Err]
reveal_type(flows.maybe(show))  # T: SyncFlow[int | None, str | None]
reveal_type(flows.fallback(inc, show))  # T: SyncFlow[int, int | str]
reveal_type(flows.throttle(inc, 1.0))  # T: AsyncFlow[int, int]
reveal_type(flows.batch(flows.map(inc), 10, 0.1))  # T: AsyncFlow[int, int]
reveal_type(flows.when(is_even, show, inc))  # T: SyncFlow[int, str | int]
reveal_type(flows.when(is_known, show, inc))  # T: AsyncFlow[int, str | int]
reveal_type(flows.when(is_even, inc))  # T: SyncFlow[int, int]
reveal_type(flows.repeat(inc, 3))  # T: SyncFunction[[x: int], int, int]
reveal_type(flows.loop(inc, is_even))  # T: SyncFlow[int, int]
reveal_type(flows.constant("a"))  # T: SyncFlow[object, str]
flows.retry(inc) | slug  # E: operator
