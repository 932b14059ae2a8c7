"""The kernel's promises, as conditions on a ledger. Each raises AssertionError with the reason."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict

from holon_actors import ActorStopped, AskDeadlock, AskTimeout, MailboxFull
from tests.promises.ledger import Boom, Ledger, Sent

_TOLERANCE_S = 1e-6


def check_all(ledger: Ledger) -> None:
    """Every promise that a run of one system can show."""
    one_at_a_time(ledger)
    order_per_pair(ledger)
    asks_end(ledger)
    nothing_vanishes(ledger)
    watchers_are_told(ledger)


def one_at_a_time(ledger: Ledger) -> None:
    """One message at a time, signals ahead of messages, ends told once and only to watchers."""
    assert not ledger.faults, "; ".join(ledger.faults[:3])


def order_per_pair(ledger: Ledger) -> None:
    """What one sender sends to one receiver is handled in that order, whatever the verbs."""
    latest: dict[tuple[str, str], int] = defaultdict(int)
    for number, key in ledger.begun:
        note = ledger.sent[number].note
        if note.fate == "open" or not ledger.members[key].keeps_order:
            continue  # taken while the others are put aside
        pair = note.sender, key
        assert note.place > latest[pair], (
            f"order: {key} took place {note.place} from {note.sender} after {latest[pair]}"
        )
        latest[pair] = note.place


def asks_end(ledger: Ledger) -> None:
    """Every ask ends, in time, in one of the promised ways, and with its own answer."""
    for sent in ledger.sent.values():
        if sent.verb != "ask":
            continue
        about = f"ask {sent.note.number} of {sent.receiver}"
        assert sent.ended_at is not None, f"{about} never ended"
        took_s = sent.ended_at - sent.began_at
        assert took_s <= sent.limit_s + _TOLERANCE_S, f"{about} took {took_s} s"
        assert is_promised(sent), f"{about} ended with {sent.outcome!r}"
        if isinstance(sent.outcome, AskTimeout):
            ended_at = ledger.members[sent.receiver].ended_at
            is_late = ended_at is not None and ended_at < sent.ended_at
            assert not is_late, f"{about} timed out, though its actor had ended"


def is_promised(sent: Sent) -> bool:
    outcome = sent.outcome
    if isinstance(outcome, Boom):
        return outcome.number == sent.note.number
    if isinstance(outcome, BaseException):
        promised = ActorStopped | MailboxFull | AskTimeout | AskDeadlock | asyncio.CancelledError
        return isinstance(outcome, promised)
    return bool(outcome == sent.note.number)


def nothing_vanishes(ledger: Ledger) -> None:
    """What is told is handled, or fails its handler, or is a dead letter: one of them, once."""
    begun = Counter(number for number, _ in ledger.begun)
    for number, sent in ledger.sent.items():
        fates = begun[number] + len(ledger.buried[number])
        if not begun[number]:
            fates += ledger.failed[number]  # refused by a stash that is full
        about = f"note {number} ({sent.verb} to {sent.receiver})"
        assert fates <= 1, f"{about} has {fates} fates"
        assert fates == 1 or _sender_knows(sent), f"{about} is lost"


def _sender_knows(sent: Sent) -> bool:
    return sent.verb != "tell" and isinstance(sent.outcome, BaseException)


def watchers_are_told(ledger: Ledger) -> None:
    """Whoever watches and lives has been told of every end."""
    for watcher, target in sorted(ledger.watched):
        if ledger.members[watcher].ended_index is None:
            ended = ledger.members[target].ended_index is not None
            assert not ended, f"{watcher} was never told of the end of {target}"


def leaves_first(ledger: Ledger) -> None:
    """No actor ends before its children."""
    places = {key: place for place, key in enumerate(ledger.ends)}
    for key, member in ledger.members.items():
        parent = member.parent
        if parent is not None and parent in places:
            assert key in places, f"{key} outlives its parent {parent}"
            assert places[key] < places[parent], f"{parent} ended before its child {key}"
