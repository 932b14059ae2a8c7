"""Time zones as they travel: a fixed offset, or the name of a zone of the time zone database.

A name that came is looked for before `zoneinfo` sees it: what that does not find among the system's
files it tries to import, part by part.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from holon_transports.errors import CodecError

__all__ = ["lift_zone", "lower_zone"]

# What a key of the database looks like: no way out of its folder.
_KEY = re.compile(r"[A-Za-z0-9_+\-]{1,64}(/[A-Za-z0-9_+\-]{1,64}){0,3}", re.ASCII)

_ZONES_KEPT = 128


def lower_zone(zone: dt.tzinfo | None) -> Any:
    """None, an offset in microseconds (with a name, if it has one), or the key of a zone."""
    if zone is None:
        return None
    if type(zone) is dt.timezone:
        offset, *name = zone.__getinitargs__()  # type: ignore[attr-defined]
        microseconds = offset // dt.timedelta(microseconds=1)
        return [microseconds, *name] if name else microseconds
    if type(zone) is zoneinfo.ZoneInfo and _KEY.fullmatch(zone.key or ""):
        return zone.key
    raise CodecError(
        f"a time zone of {type(zone).__module__}.{type(zone).__qualname__}: use zoneinfo.ZoneInfo"
        " or datetime.timezone"
    )


def lift_zone(zone: Any) -> dt.tzinfo | None:
    """The zone that came. Raises `ValueError` or `TypeError` for what is none."""
    if zone is None:
        return None
    if type(zone) is str:
        return _named(zone)
    if zone == 0:
        return dt.UTC
    offset, *name = zone if type(zone) is list else [zone]
    return dt.timezone(dt.timedelta(microseconds=offset), *name)


@lru_cache(_ZONES_KEPT)
def _named(key: str) -> zoneinfo.ZoneInfo:
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key[:64]!r} is not a time zone")
    if not (any(Path(root, key).is_file() for root in zoneinfo.TZPATH) or key in _packaged()):
        raise ValueError(f"the time zone {key!r} is not known here")
    try:
        return zoneinfo.ZoneInfo(key)
    except (zoneinfo.ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"the time zone {key!r} is not known here") from error


@lru_cache(1)
def _packaged() -> frozenset[str]:
    """The names that the tzdata package has, for systems without a database of their own."""
    try:
        return frozenset((resources.files("tzdata") / "zones").read_text("ascii").split())
    except (ModuleNotFoundError, OSError):
        return frozenset()
