"""Decides who may connect: libzmq asks here about every key (ZeroMQ RFC 27, ZAP)."""

from __future__ import annotations

import zmq
from zmq.utils import z85

from holon_transports.keys import KeyFolder
from holon_transports.zeromq._driver import Driver
from holon_transports.zeromq._shell import Shell

__all__ = ["ZAP_DOMAIN", "Gatekeeper"]

ZAP_DOMAIN = b"holon"
_ENDPOINT = "inproc://zeromq.zap.01"
_VERSION = b"1.0"
_QUESTION_FRAMES = 9  # two of the envelope, then version, id, domain, address, identity, ...


class Gatekeeper:
    """Answers the questions of one ZeroMQ context from a folder of keys."""

    def __init__(self, shell: Shell, folder: KeyFolder) -> None:
        self._shell = shell
        self._folder = folder
        # A ROUTER and not a REP: several connections ask at once, and some go before the answer.
        self._socket = shell.context.socket(zmq.ROUTER)
        self._socket.bind(_ENDPOINT)
        self._driver = Driver(shell.loop, shell.run_in, self._socket, self._take, lambda: False)

    def close(self) -> None:
        self._driver.close(0)

    def _take(self) -> int:
        try:
            question = self._socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return 0
        if len(question) == _QUESTION_FRAMES:
            caller, empty, _version, number, _domain, address, _identity, kind, key = question
            user = self._user(kind, key, address.decode("ascii", "replace"))
            status, text = (b"200", b"OK") if user else (b"400", b"key not authorised")
            answer = [caller, empty, _VERSION, number, status, text, user.encode(), b""]
            self._socket.send_multipart(answer, zmq.NOBLOCK)
            self._driver.sent()
        return sum(map(len, question))

    def _user(self, kind: bytes, key: bytes, address: str) -> str:
        """The name that belongs to a key; empty if it is not authorised."""
        if kind != b"CURVE":
            return ""
        self._folder.refresh()
        public = z85.encode(key)
        user = self._folder.name_of(public)
        if user is None:
            self._shell.notices.warn(
                "denied",
                f"refused a connection from {address}: no file in {self._folder.path} has its "
                f"key {public.decode()}",
            )
        return user or ""
