"""How a Raft group looks to a person."""

from __future__ import annotations

from typing import Any

from holon_actors.cli.reporting import visible

__all__ = ["log_rows", "member_rows", "status_text"]

_TEXT_MAX = 100


def status_text(status: dict[str, Any]) -> str:
    """One member in full, without the others."""
    facts = {
        "group": status["group"],
        "member": status["node"],
        "role": status["role"],
        "leader": status["leader"] or "nobody it knows of",
        "term": status["term"],
        "committed": status["commit_index"],
        "applied": status["applied_index"],
        "durable": status["durable_index"],
        "log": f"{status['first_index']} to {status['last_index']}",
        "snapshot": status["snapshot_index"],
        "sessions": status["sessions"],
        "waiting": status["waiting"],
        "refused messages": status["refused"],
        "stopped": status["stopped"],
    }
    shown = {name: value for name, value in facts.items() if value not in ("", 0)}
    return "\n".join(visible(f"{name:<17}{value}") for name, value in shown.items())


def member_rows(status: dict[str, Any]) -> list[dict[str, Any]]:
    """All members, as this one knows them: only the leader knows how far the others are."""
    return [
        {
            "member": each["name"],
            "address": each["address"],
            "votes": "yes" if each["voter"] else "no",
            "leads": "yes" if each["name"] == status["leader"] else "",
            "has the log to": "" if each["match"] < 0 else each["match"],
            "is sent to by": each["state"],
        }
        for each in status["members"]
    ]


def log_rows(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries of a log."""
    return [
        {
            "index": line["index"],
            "term": line["term"],
            "kind": line["kind"],
            "bytes": line["size"],
            "says": _short(line["text"]),
        }
        for line in lines
    ]


def _short(text: str) -> str:
    return text if len(text) <= _TEXT_MAX else f"{text[: _TEXT_MAX - 3]}..."
