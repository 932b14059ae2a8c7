"""What goes at once, and what waits for the disk."""

from __future__ import annotations

from holon_actors.distributed.consensus.core._outbox import Outbox
from holon_actors.distributed.consensus.core.effects import (
    ChunkToSend,
    ChunkToStore,
    Effects,
    ReadAt,
    Refused,
    RefusedMessage,
)
from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.core.messages import TimeoutNow
from tests.distributed.consensus.core.kit import voters

META = SnapshotMeta(1, 1, voters("a"), 4)


def note(number: int) -> TimeoutNow:
    return TimeoutNow("a", "b", number)


def effects(outbox: Outbox, number: int = 0, stored: int = 0) -> Effects:
    return outbox.effects(None, number, stored, (), None, None)


def test_all_that_was_put_in_comes_out_once() -> None:
    outbox = Outbox()
    outbox.send(note(1))
    outbox.answer(ReadAt(1, 2))
    outbox.send_chunk(ChunkToSend("b", 1, META, 0, 4))
    outbox.store_chunk(ChunkToStore(META, 0, b"data"))
    outbox.restore(META)
    outbox.refuse(note(2), "reason")
    assert outbox.used
    assert effects(outbox) == Effects(
        messages=(note(1),),
        answers=(ReadAt(1, 2),),
        chunks=(ChunkToSend("b", 1, META, 0, 4),),
        to_store=ChunkToStore(META, 0, b"data"),
        restore=META,
        refused=(RefusedMessage(note(2), "reason"),),
    )
    assert not outbox.used
    assert effects(outbox) == Effects()


def test_each_thing_alone_makes_it_used() -> None:
    for put in (
        lambda outbox: outbox.send(note(1)),
        lambda outbox: outbox.promise(note(1)),
        lambda outbox: outbox.answer(Refused(1, "reason")),
        lambda outbox: outbox.send_chunk(ChunkToSend("b", 1, META, 0, 4)),
        lambda outbox: outbox.store_chunk(ChunkToStore(META, 0, b"data")),
        lambda outbox: outbox.restore(META),
        lambda outbox: outbox.refuse(note(2), "reason"),
    ):
        outbox = Outbox()
        assert not outbox.used
        put(outbox)
        assert outbox.used


def test_a_promise_waits_for_the_record_of_its_step_and_all_before() -> None:
    outbox = Outbox()
    outbox.promise(note(1))
    assert effects(outbox, number=2, stored=0).messages == ()
    outbox.promise(note(2))
    assert effects(outbox, number=3, stored=0).messages == ()
    outbox.release(1)
    assert not outbox.used
    outbox.release(2)
    assert outbox.used
    assert effects(outbox, number=3, stored=2).messages == (note(1),)
    outbox.release(3)
    assert effects(outbox, number=3, stored=3).messages == (note(2),)


def test_promises_of_a_term_that_is_over_are_not_made_any_more() -> None:
    """However slow the disk is, they do not pile up."""
    outbox = Outbox()
    outbox.promise(note(1))
    effects(outbox, number=1, stored=0)
    outbox.promise(note(2))
    outbox.forget()
    outbox.release(1)
    assert effects(outbox, number=1, stored=1).messages == ()


def test_a_promise_goes_at_once_when_everything_is_durable() -> None:
    outbox = Outbox()
    outbox.promise(note(1))
    assert effects(outbox, number=3, stored=3).messages == (note(1),)
    assert effects(outbox, number=3, stored=3).messages == ()
