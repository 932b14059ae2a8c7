"""Who may talk to a node: CURVE keys.

Each node has a secret key, and a folder with the public keys of its peers, each in a file named for
the peer's system. The folder is both: whom this node believes to be who they say when it dials
them, and who may call it. It is read again when it changes; who is taken out of it is cut off.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from holon_transports.keys import KeyFolder, KeyPair, read_key_pair

__all__ = ["Curve"]


@dataclass(frozen=True)
class Curve:
    """Encrypted links with peers that are known by their keys.

    `key` is this node's own `NAME.key_secret`, `authorized` the folder with the `<system name>.key`
    of each peer. Both are read when this is built: raises `KeyFileError`, a `ConfigError`.
    """

    key: str | os.PathLike[str]
    authorized: str | os.PathLike[str]

    def __post_init__(self) -> None:
        self.key_pair()
        self.folder()

    def key_pair(self) -> KeyPair:
        """This node's keys, read anew. Raises `KeyFileError`."""
        return read_key_pair(self.key)

    def folder(self) -> KeyFolder:
        """The peers' keys, read anew. Raises `KeyFileError`."""
        return KeyFolder(self.authorized)
