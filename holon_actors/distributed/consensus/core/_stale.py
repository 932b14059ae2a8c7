"""Messages of a term that is over.

Their senders are told, whoever they are: a leader that is none any more, or a candidate that could
otherwise ask for ever (etcd issues 8243 and 8501). It is this answer that lets a member with a
later term, in which nobody was elected, come back into the group. Nothing but the term is in it:
the sender may have got to that term by itself, and must not take it for an answer to what it has
sent there.
"""

from __future__ import annotations

from holon_actors.distributed.consensus.core._state import State
from holon_actors.distributed.consensus.core.messages import (
    AppendRequest,
    Heartbeat,
    HeartbeatReply,
    Message,
    ProposalReply,
    ProposalRequest,
    ReadReply,
    ReadRequest,
    SnapshotChunk,
    VoteRequest,
)

__all__ = ["answer_stale"]

_TOLD = (AppendRequest, Heartbeat, SnapshotChunk, VoteRequest)
# These are about requests, which have numbers, and not about terms.
_HANDLED_ANYWAY = (ProposalRequest, ProposalReply, ReadRequest, ReadReply)


def answer_stale(state: State, message: Message) -> bool:
    """Tell the sender the term, if that helps. False: the message is to be handled as any other."""
    if isinstance(message, _HANDLED_ANYWAY):
        return False
    if isinstance(message, _TOLD):
        state.outbox.send(HeartbeatReply(state.node, message.sender, state.term, 0))
    return True
