"""What may be asked of `/system/admin`, and what it answers.

Every answer is one of these or a list of them, so that whoever attaches needs no class of the
program itself. Text in place of values, ages in place of dates: nothing here reads a calendar.
Times are in seconds. A request that cannot be met is answered with `Refused`, not with an error.
"""

from __future__ import annotations

from dataclasses import field
from typing import Any

from holon_actors.actors.message import message

__all__ = [
    "ActorDetail",
    "ActorPage",
    "ActorRow",
    "Asked",
    "Deliver",
    "Done",
    "Event",
    "EventPage",
    "GetEvents",
    "GetFacts",
    "GetIdentity",
    "GetStacks",
    "Identity",
    "Inspect",
    "ListActors",
    "LoopBlocked",
    "NamedStack",
    "ReadTrace",
    "Refused",
    "Stack",
    "StackFrame",
    "Stacks",
    "StartTrace",
    "StopActor",
    "StopTrace",
    "TraceBatch",
    "TraceRecord",
    "TraceStarted",
]


# --- who ---


@message(name="holon.admin.GetIdentity")
class GetIdentity:
    """Answered with `Identity`."""


@message(name="holon.admin.Identity")
class Identity:
    """Which system this is."""

    system: str
    endpoint: str | None
    pid: int
    version: str
    python: str
    uptime_s: float
    actors: int


@message(name="holon.admin.Refused")
class Refused:
    """A request was not met.

    `kind` is "not-found" (no such actor), "rejected" (the request itself is wrong), "timeout",
    "stopped" (it ended meanwhile), "failed" (its handler raised) or "busy" (too many requests).
    `error` is the name of the error's class.
    """

    kind: str
    error: str
    text: str


@message(name="holon.admin.Done")
class Done:
    """A request was met, and there is nothing more to say."""


# --- actors ---


@message(name="holon.admin.ListActors")
class ListActors:
    """The actors at and under `path`; answered with `ActorPage`.

    `sort` is "path" (parents before children), "depth" (most unread messages first), "age" (longest
    unread first), "busy" (longest at one message first), "processed" or "restarts". `levels` is how
    far below `path` to look; None is all the way.
    """

    path: str = "/"
    sort: str = "path"
    offset: int = 0
    limit: int = 1_000
    levels: int | None = None


@message(name="holon.admin.ActorRow")
class ActorRow:
    """One actor: what `ActorSnapshot` says of it, its class, and how many children it has."""

    path: str
    kind: str
    state: str
    mailbox_depth: int
    processed: int
    restarts: int
    current_message: str | None
    current_age: float | None
    oldest_age: float | None
    children: int


@message(name="holon.admin.ActorPage")
class ActorPage:
    """Some rows of `total`."""

    rows: list[ActorRow]
    total: int


@message(name="holon.admin.StackFrame")
class StackFrame:
    """One call: where, and the line of code as far as it can be read."""

    file: str
    line: int
    function: str
    code: str


@message(name="holon.admin.Stack")
class Stack:
    """What some code is at, outermost call first. `where` is "task", "thread", "loop" or "process"
    (one of its own); `waits_for` says what its last call waits for, when that is known.
    """

    where: str
    frames: list[StackFrame] = field(default_factory=list)
    waits_for: str = ""


@message(name="holon.admin.Inspect")
class Inspect:
    """One actor in full; answered with `ActorDetail`."""

    path: str


@message(name="holon.admin.ActorDetail")
class ActorDetail:
    """One actor in full. `stack` is None unless it is at a message or a hook; `pid` is the process
    of an actor that has one of its own.
    """

    row: ActorRow
    address: str
    class_name: str
    mailbox: str
    dispatcher: str
    supervision: str
    stashed: int
    timers: int
    watchers: int
    watching: list[str]
    groups: list[str]
    last_failure: str
    stack: Stack | None
    pid: int | None = None


@message(name="holon.admin.Deliver")
class Deliver:
    """Tell or ask the actor at `path`; answered with `Asked` or `Refused`.

    `text` is JSON: an object with "type" (a message class) and its fields, or a plain value.
    `timeout_s` is how long to wait for the answer, or for room in the mailbox.
    """

    path: str
    text: str
    ask: bool
    timeout_s: float = 5.0


@message(name="holon.admin.Asked")
class Asked:
    """The answer of an ask in plain values; None for a tell."""

    value: Any


@message(name="holon.admin.StopActor")
class StopActor:
    """End an actor, and wait for its end at most `timeout_s`; answered with `Done` or `Refused`."""

    path: str
    kill: bool = False
    timeout_s: float = 5.0


# --- live ---


@message(name="holon.admin.StartTrace")
class StartTrace:
    """Follow the messages of the actors at and under `path`; answered with `TraceStarted`.

    It ends by itself when nobody reads it any more.
    """

    path: str


@message(name="holon.admin.TraceStarted")
class TraceStarted:
    """The trace's number, and how many actors are followed for now."""

    trace: int
    actors: int


@message(name="holon.admin.ReadTrace")
class ReadTrace:
    """What has come since the last read; answered with `TraceBatch`."""

    trace: int


@message(name="holon.admin.StopTrace")
class StopTrace:
    """End a trace; answered with `Done`."""

    trace: int


@message(name="holon.admin.TraceRecord")
class TraceRecord:
    """One message. `verb` is "tell", "ask" or "signal"; `outcome` is "handled", "answered ...",
    "failed ...", "sent" (by a followed actor) or "dead-letter ...". `age_s` is how long ago that
    was, `took_s` how long the handler took.
    """

    age_s: float
    sender: str
    recipient: str
    verb: str
    message: str
    outcome: str
    took_s: float | None = None


@message(name="holon.admin.TraceBatch")
class TraceBatch:
    """`dropped` counts the records that there was no room or time for. `actors` is how many are
    followed now.
    """

    records: list[TraceRecord]
    dropped: int
    actors: int


@message(name="holon.admin.GetEvents")
class GetEvents:
    """Recent events numbered above `after`; answered with `EventPage`."""

    after: int = 0


@message(name="holon.admin.Event")
class Event:
    """One thing that has happened in the system."""

    number: int
    age_s: float
    kind: str
    path: str
    text: str


@message(name="holon.admin.EventPage")
class EventPage:
    """Events, oldest first; `dropped` counts those that came too thick to keep."""

    events: list[Event]
    dropped: int


# --- the whole node ---


@message(name="holon.admin.GetFacts")
class GetFacts:
    """Settings, versions, counts, links and members; answered with a dictionary."""


@message(name="holon.admin.NamedStack")
class NamedStack:
    """The stack of one task or thread."""

    name: str
    stack: Stack


@message(name="holon.admin.GetStacks")
class GetStacks:
    """The stacks of all tasks and threads; answered with `Stacks`."""


@message(name="holon.admin.Stacks")
class Stacks:
    """`tasks_left_out` is how many tasks there were beyond those that are shown."""

    tasks: list[NamedStack]
    threads: list[NamedStack]
    tasks_left_out: int = 0


@message(name="holon.admin.LoopBlocked")
class LoopBlocked:
    """The event loop does not answer, so this was seen from outside of it, by another thread.

    `path` is the actor whose handler has the loop ("" when no actor has), `message` its message.
    """

    path: str
    message: str
    seconds: float
    stack: Stack
    answer: Any = None
