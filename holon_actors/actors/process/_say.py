"""What the two processes say to each other, as numbers on the pipe.

Each is an item of the codec, `[kind, ..., class id, payload]`. Actors are named by their addresses,
written out; None is nobody. The first group goes both ways, between actors; the others are about
the one actor that lives in the process.
"""

from __future__ import annotations

from typing import Final

# Between actors, in both directions.
TELL: Final = 0  # target, sender; the message
ASK: Final = 1  # target, sender, number, seconds or None; the message
SEND: Final = 2  # target, sender, number; the message. Answered when the mailbox has taken it
ANSWER: Final = 3  # number; the value
FAILURE: Final = 4  # number; the error, pickled
STOP: Final = 5  # target
KILL: Final = 6  # target
WATCH: Final = 7  # target, watch; or 0 for the actor itself
UNWATCH: Final = 8  # watch; or 0 and target
ENDED: Final = 9  # watch, reason

# To the process, about its actor. Before all others comes what it is built from, pickled.
START: Final = 21  # the error that a restart is for, pickled, or None
HANDLE: Final = 22  # number, sender, whether it is an ask; the message. DONE follows, and ANSWER
NOTICE: Final = 23  # number, target, reason: Terminated, to be handled as a message is
RESUME: Final = 24  # go on with the instance as it is
RETIRE: Final = 25  # the error; make way for a new instance
FINISH: Final = 26  # end the actor, in an orderly way
CANCEL: Final = 27  # end the actor, and what it is at
LOAD_NUMPY: Final = 28  # what comes next has a value of it

# From the process, about its actor.
READY: Final = 40  # it was built and has started
DONE: Final = 41  # number; None, or the error of its handler, pickled
STASH: Final = 44  # number
UNSTASH: Final = 45
FAILED: Final = 46  # the error of something else than a message, pickled; whether it was built
STOPPING: Final = 47  # it has begun to end by itself
GONE: Final = 48  # it has ended; the error of its last hook, pickled, or None
DEAD_LETTER: Final = 49  # sender, recipient, reason; the message
