"""Time zones as they travel: a fixed offset, or the name of a zone of the time zone database."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from typing import Any

from holon_transports.errors import CodecError

__all__ = ["lift_zone", "lower_zone"]

# What a key of the database looks like: no way out of its folder.
_KEY = re.compile(r"[A-Za-z0-9_+\-]{1,64}(/[A-Za-z0-9_+\-]{1,64}){0,2}", re.ASCII)


def lower_zone(zone: dt.tzinfo | None) -> Any:
    """None, an offset in microseconds (with a name, if it has one), or the key of a zone."""
    if zone is None:
        return None
    if type(zone) is dt.timezone:
        offset, *name = zone.__getinitargs__()  # type: ignore[attr-defined]
        microseconds = offset // dt.timedelta(microseconds=1)
        return [microseconds, *name] if name else microseconds
    if type(zone) is zoneinfo.ZoneInfo and zone.key is not None:
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
        if not _KEY.fullmatch(zone):
            raise ValueError(f"{zone[:64]!r} is not a time zone")
        try:
            return zoneinfo.ZoneInfo(zone)
        except (zoneinfo.ZoneInfoNotFoundError, OSError) as error:
            raise ValueError(f"the time zone {zone!r} is not known here") from error
    if zone == 0:
        return dt.UTC
    offset, *name = zone if type(zone) is list else [zone]
    return dt.timezone(dt.timedelta(microseconds=offset), *name)
