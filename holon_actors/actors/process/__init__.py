"""Actors in operating system processes of their own: `dispatcher="process"`.

An actor's mailbox, place in the tree, watchers and supervision stay in the system that spawned it;
only its instance lives elsewhere. One message at a time goes to the process and is acknowledged
when it is handled, so that the death of the process, of whatever kind, costs that one message. A
restart is a new process behind the same address.

The two processes talk over a socket pair, not over ZeroMQ: it has no name that others could use,
nothing to be found or cleared away, ends with either of them, and is half as far for a message.

What does not cross over: an actor that a process actor spawns lives in its process, ends with it,
and is reached from elsewhere by way of it. `self.system` is that process's own system: its events,
groups and `lookup` know only what is there, while its dead letters are told to the system that has
spawned the actor. Whatever the actor tells itself, timers and pipes included, goes through its
mailbox and is copied. A message that is stashed beyond a bounded mailbox's capacity is refused when
its handler ends, and not by `stash`.

Bottom up: `pipe` (bytes between the two processes), `exchange` (what actors of both say to each
other), `starter` and `_zygote` (how processes begin and end), `child` (one process, seen from the
system), `stand_in` and `cell` (the actor, in its system), `host` and `_main` (the actor, in its
process).
"""

from holon_actors.actors.process.errors import ProcessDied, ProcessStartError, UnpicklableActor

__all__ = ["ProcessDied", "ProcessStartError", "UnpicklableActor"]
