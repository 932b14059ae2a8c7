"""What can go wrong between actors, named for what the caller does next.

`ActorStopped`: give up on this reference. `MailboxFull`: back off and retry, or use `send`.
`AskTimeout`, `NodeUnreachable`: the outcome is unknown; retry only what is idempotent.
`RemoteError` is an exception of another node's handler. The rest are mistakes in the calling code.
"""

from __future__ import annotations

from holon_actors.errors import HolonError

__all__ = [
    "ActorError",
    "ActorLimitReached",
    "ActorNotFound",
    "ActorStopped",
    "AlreadyReplied",
    "AskDeadlock",
    "AskTimeout",
    "HandlerCancelled",
    "HandlerExited",
    "InvalidAddress",
    "MailboxFull",
    "MessageUnhandled",
    "NameTaken",
    "NodeUnreachable",
    "NotInHandler",
    "RemoteError",
    "RestartsExhausted",
    "SpawnRefused",
    "SystemNotRunning",
]


class ActorError(HolonError):
    """Base of the errors of the actor kernel."""


class ActorStopped(ActorError, RuntimeError):
    """The actor has ended, so no answer will ever come.

    `address` is the actor's, `reason` says how it ended: "stopped", "failed", "killed" or
    "shutdown".
    """

    def __init__(self, address: object, reason: str = "stopped") -> None:
        super().__init__(f"{address} has ended ({reason})")
        self.address = address
        self.reason = reason


class ActorNotFound(ActorStopped):
    """No live actor has this address."""

    def __init__(self, address: object) -> None:
        ActorError.__init__(self, f"no actor at {address}")
        self.address = address
        self.reason = "not-found"


class MailboxFull(ActorError):
    """A bounded mailbox had no room and did not take the message: back off, or use `send`."""

    def __init__(self, address: object, capacity: int, what: str = "mailbox") -> None:
        super().__init__(f"the {what} of {address} is full ({capacity} messages)")
        self.address = address
        self.capacity = capacity


class AskTimeout(ActorError, TimeoutError):
    """No answer came in time. The message may still be handled, so only retry what is idempotent.

    `doing` says what the actor was busy with when the time ran out, for the first look at a stuck
    actor.
    """

    def __init__(
        self, address: object, message_type: str, timeout_s: float, depth: int, doing: str
    ) -> None:
        super().__init__(
            f"{address} did not answer {message_type} within {timeout_s:g} s "
            f"({doing}, {depth} unread)"
        )
        self.address = address
        self.message_type = message_type
        self.timeout_s = timeout_s
        self.depth = depth
        self.doing = doing


class NodeUnreachable(ActorError, ConnectionError):
    """The actor's node cannot be reached, or was lost while the answer was awaited. What was sent
    may have been handled, so only retry what is idempotent.

    `reason` says what is known: no answer, silence, keys refused, another system at the endpoint.
    """

    def __init__(self, address: object, reason: str) -> None:
        super().__init__(f"the node of {address} cannot be reached: {reason}")
        self.address = address
        self.reason = reason


class RemoteError(ActorError):
    """The handler on another node raised an exception of a type that does not travel.

    `type_name`, `message` and `traceback_text` are what it was there; `register_error` lets an
    exception class of your own keep its type.
    """

    def __init__(self, type_name: str, message: str, traceback_text: str) -> None:
        super().__init__(f"{type_name}: {message}")
        self.type_name = type_name
        self.message = message
        self.traceback_text = traceback_text


class SpawnRefused(ActorError, PermissionError):
    """Another node does not spawn actors of this class: mark it `@remotable` there, and load it."""

    def __init__(self, cls: str, reason: str) -> None:
        super().__init__(f"{cls} was not spawned: {reason}")
        self.cls = cls
        self.reason = reason


class AskDeadlock(ActorError, RuntimeError):
    """An actor asked itself while handling a message: it could only ever wait for itself. Use
    `tell`.
    """

    def __init__(self, address: object, message_type: str) -> None:
        super().__init__(
            f"{address} asked itself {message_type}: it would wait for itself; use tell"
        )
        self.address = address
        self.message_type = message_type


class MessageUnhandled(ActorError, TypeError):
    """The actor does not know messages of this kind: ask another one, or something else.

    `address` is the actor's, `message_type` the name of the message's class.
    """

    def __init__(self, address: object, message_type: str) -> None:
        super().__init__(f"{address} does not handle {message_type}")
        self.address = address
        self.message_type = message_type


class AlreadyReplied(ActorError, RuntimeError):
    """A second answer to one message. The first one stands."""

    def __init__(self, address: object, message_type: str) -> None:
        super().__init__(f"{address} has already replied to {message_type}")
        self.address = address
        self.message_type = message_type


class HandlerCancelled(ActorError):
    """The handler ended by a cancellation that was not meant for its actor."""

    def __init__(self, address: object, message_type: str) -> None:
        super().__init__(f"a cancellation ended the handler of {message_type} in {address}")
        self.address = address
        self.message_type = message_type


class HandlerExited(ActorError):
    """A handler raised SystemExit or the like; this is what its asker and its supervisor see."""

    def __init__(self, address: object, message_type: str, error: BaseException) -> None:
        super().__init__(f"the handler of {message_type} in {address} raised {error!r}")
        self.address = address
        self.message_type = message_type


class NotInHandler(ActorError, RuntimeError):
    """`reply`, `defer_reply` or `stash` was called while no message was being handled."""

    def __init__(self, address: object, verb: str) -> None:
        super().__init__(f"{verb} in {address} needs a message that is being handled")
        self.address = address
        self.verb = verb


class NameTaken(ActorError, ValueError):
    """A living sibling has this name: choose another one, or stop that actor first."""

    def __init__(self, path: str) -> None:
        super().__init__(f"an actor lives at {path} already")
        self.path = path


class InvalidAddress(ActorError, ValueError):
    """A name or address that does not have the form `holon://system[@endpoint]/path[#uid]`."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"{text!r}: {reason}")
        self.text = text
        self.reason = reason


class ActorLimitReached(ActorError, RuntimeError):
    """The system has as many actors as it may: raise `max_actors`, or find what spawns so many."""

    def __init__(self, path: str, limit: int) -> None:
        super().__init__(f"{path} may not spawn: the system has its limit of {limit} actors")
        self.path = path
        self.limit = limit


class RestartsExhausted(ActorError):
    """A supervisor used up its restart budget for a child and gives up; `last` is the child's last
    error.
    """

    def __init__(
        self, path: str, restarts: int, window_s: float, last: BaseException | None
    ) -> None:
        super().__init__(
            f"{path} needed more than {restarts} restarts within {window_s:g} s: {last!r}"
        )
        self.path = path
        self.restarts = restarts
        self.window_s = window_s
        self.last = last


class SystemNotRunning(ActorError, RuntimeError):
    """The actor system has no running event loop yet, or has been shut down."""
