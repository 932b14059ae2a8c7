"""The envelopes that travel in a session, and their numbers on the wire.

Each is an item of the codec, `[kind, ..., class id, payload]`. Addresses travel once and go by
number then (NAME): one that begins with a slash is the receiver's own, any other is written out.
Number 0 is nobody.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "ANSWER",
    "ASK",
    "FAILURE",
    "KILL",
    "NAME",
    "RUN",
    "SEND",
    "SPAWN",
    "STOP",
    "TELL",
    "TERMINATED",
    "UNWATCH",
    "WATCH",
]

TELL: Final = 0  # target, sender; the message
ASK: Final = 1  # target, sender, ask, seconds left or None; the message
SEND: Final = 2  # target, sender, ask; the message. Answered when the mailbox has taken it
ANSWER: Final = 3  # ask; the value
FAILURE: Final = 4  # ask; the error, see `failures`
NAME: Final = 5  # number, text
WATCH: Final = 6  # target, watch
UNWATCH: Final = 7  # watch
TERMINATED: Final = 8  # watch, reason
STOP: Final = 9  # target
KILL: Final = 10  # target
SPAWN: Final = 11  # ask; class name, arguments, keywords, name
RUN: Final = 12  # target, sender; messages of one class that were told one after another
