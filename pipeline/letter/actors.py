"""Who is told to carry a directive out, and by when."""

from __future__ import annotations

from pipeline.record import Directive


def find_actors(directive: Directive) -> list[str]:
    """The bodies and persons a directive tells to act, as printed."""
    return []


def find_deadline(text: str) -> str | None:
    """The first deadline a directive sets, as printed."""
    return None
