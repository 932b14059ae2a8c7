"""The actor kernel: actors, their references, mailboxes, supervision, timers, groups, pools and
events.
"""

from holon_actors.actors.actor import Actor
from holon_actors.actors.address import Address
from holon_actors.actors.errors import (
    ActorError,
    ActorLimitReached,
    ActorNotFound,
    ActorStopped,
    AlreadyReplied,
    AskDeadlock,
    AskTimeout,
    HandlerCancelled,
    HandlerExited,
    InvalidAddress,
    MailboxFull,
    NameTaken,
    NotInHandler,
    RestartsExhausted,
    SystemNotRunning,
)
from holon_actors.actors.events import (
    ActorEvent,
    ActorFailed,
    ActorRestarted,
    ActorTerminated,
    BlockingHandler,
    DeadLetter,
    Events,
    EventStream,
    LateAnswer,
    MailboxHighWater,
    Subscription,
)
from holon_actors.actors.groups import GroupJoined, GroupLeft, Groups
from holon_actors.actors.mailbox import Bounded, Mailbox, Priority, Unbounded
from holon_actors.actors.message import Request, message
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.reply import DeferredReply
from holon_actors.actors.signals import ChildFailed, PipeFailed, ReceiveTimeout, Signal, Terminated
from holon_actors.actors.snapshot import ActorSnapshot
from holon_actors.actors.supervision import (
    Backoff,
    Directive,
    OneForAll,
    OneForOne,
    RestForOne,
    Strategy,
)
from holon_actors.actors.supervisor import Child, Supervisor
from holon_actors.actors.system import ActorSystem, ShutdownReport, SystemStatistics
from holon_actors.actors.timers import Timer

__all__ = [
    "Actor",
    "ActorError",
    "ActorEvent",
    "ActorFailed",
    "ActorLimitReached",
    "ActorNotFound",
    "ActorRef",
    "ActorRestarted",
    "ActorSnapshot",
    "ActorStopped",
    "ActorSystem",
    "ActorTerminated",
    "Address",
    "AlreadyReplied",
    "AskDeadlock",
    "AskTimeout",
    "Backoff",
    "BlockingHandler",
    "Bounded",
    "Child",
    "ChildFailed",
    "DeadLetter",
    "DeferredReply",
    "Directive",
    "EventStream",
    "Events",
    "GroupJoined",
    "GroupLeft",
    "Groups",
    "HandlerCancelled",
    "HandlerExited",
    "InvalidAddress",
    "LateAnswer",
    "Mailbox",
    "MailboxFull",
    "MailboxHighWater",
    "NameTaken",
    "NotInHandler",
    "OneForAll",
    "OneForOne",
    "PipeFailed",
    "Priority",
    "ReceiveTimeout",
    "Request",
    "RestForOne",
    "RestartsExhausted",
    "ShutdownReport",
    "Signal",
    "Strategy",
    "Subscription",
    "Supervisor",
    "SystemNotRunning",
    "SystemStatistics",
    "Terminated",
    "Timer",
    "Unbounded",
    "message",
]
