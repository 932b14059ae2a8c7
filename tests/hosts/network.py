"""Hosts out of network namespaces: three on one bridge, which has a namespace as well, so that
deleting the namespaces deletes it all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid

NAMES = ("a", "b", "c")
HUB = "hub"  # the bridge's own host: what runs there reaches all others
PORT = 7400
_NET = "10.213.7"
_DEAF = """
table inet deaf_to_{number} {{
    chain incoming {{ type filter hook input priority 0; ip saddr {net}.{number} drop; }}
}}
"""
_CUT = """
table inet cut {
    chain incoming { type filter hook input priority 0; policy drop; iifname "lo" accept; }
    chain outgoing { type filter hook output priority 0; policy drop; oifname "lo" accept; }
}
"""


def missing() -> str | None:
    """What it takes to have hosts, and is not here."""
    if os.geteuid() != 0:
        return "network namespaces take root"
    programs = [program for program in ("ip", "nft") if shutil.which(program) is None]
    return f"not installed: {', '.join(programs)}" if programs else None


def refused() -> str | None:
    """Why this machine does not let root make namespaces, if so."""
    probe = f"holon-{uuid.uuid4().hex[:8]}-probe"
    made = subprocess.run(
        ["ip", "netns", "add", probe],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        return made.stderr.strip()
    _run("ip", "netns", "del", probe)
    return None


class Network:
    """Three hosts and the bridge between them. `close` removes whatever there is."""

    def __init__(self) -> None:
        self._prefix = f"holon-{uuid.uuid4().hex[:8]}"
        self._made: list[str] = []

    def host(self, name: str) -> str:
        """The namespace of a host."""
        return f"{self._prefix}-{name}"

    def command(self, name: str) -> tuple[str, ...]:
        """In front of a command, it runs it on a host."""
        return ("ip", "netns", "exec", self.host(name))

    def endpoint(self, name: str) -> str:
        """Where the node on a host listens."""
        return f"{_NET}.{NAMES.index(name) + 1}:{PORT}"

    def build(self) -> None:
        hub = self._namespace(HUB)
        _run("ip", "-n", hub, "link", "add", "bridge", "type", "bridge")
        _run("ip", "-n", hub, "address", "add", f"{_NET}.254/24", "dev", "bridge")
        for device in ("bridge", "lo"):
            _run("ip", "-n", hub, "link", "set", device, "up")
        for number, name in enumerate(NAMES, 1):
            host, port = self._namespace(name), f"port{number}"
            peer = ("type", "veth", "peer", "name", "eth0", "netns", host)
            _run("ip", "-n", hub, "link", "add", port, *peer)
            _run("ip", "-n", hub, "link", "set", port, "master", "bridge", "up")
            _run("ip", "-n", host, "address", "add", f"{_NET}.{number}/24", "dev", "eth0")
            for device in ("eth0", "lo"):
                _run("ip", "-n", host, "link", "set", device, "up")

    def _namespace(self, name: str) -> str:
        host = self.host(name)
        _run("ip", "netns", "add", host)
        self._made.append(host)
        return host

    def cut(self, name: str) -> None:
        """Nothing reaches this host, and nothing leaves it."""
        _run(*self.command(name), "nft", "-f", "-", stdin=_CUT)

    def deafen(self, name: str, other: str) -> None:
        """Nothing from `other` reaches this host; what this one says reaches `other`."""
        deaf = _DEAF.format(net=_NET, number=NAMES.index(other) + 1)
        _run(*self.command(name), "nft", "-f", "-", stdin=deaf)

    def heal(self, name: str) -> None:
        """This host is neither cut off nor deaf any more."""
        _run(*self.command(name), "nft", "flush", "ruleset")

    def close(self) -> None:
        while self._made:
            _run("ip", "netns", "del", self._made.pop())


def _run(*command: str, stdin: str = "") -> None:
    subprocess.run(command, input=stdin, text=True, check=True, capture_output=True)
