"""Actors of other nodes: links between systems, and references that reach through them.

Bottom up: `packets` (bytes), `session` (order, loss and silence between two nodes), `conversation`
(the envelopes that travel in a session), `link` (one peer, session after session), `node` (the
shell around them) and `remote_ref` (what users hold).
"""
