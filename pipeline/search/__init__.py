"""Finding letters: one protocol, a SQLite file behind it.

`connect` opens an index; `Index` (pipeline/search/protocol.py) says what it can do."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import UsageError
from pipeline.search.protocol import Added, Facets, Hit, Index, Passage, Refusal, Results
from pipeline.search.sqlite import SqliteIndex

__all__ = [
    "Added",
    "Facets",
    "Hit",
    "Index",
    "Passage",
    "Refusal",
    "Results",
    "SqliteIndex",
    "connect",
]


def connect(target: str) -> SqliteIndex:
    """The index at `target`, the path of an SQLite file. Adding records makes the file where there
    is none; searching needs it to be there.

    Raises UsageError `index_remote` for the address of a server."""
    if target.lower().startswith(("http://", "https://")):
        raise UsageError("index_remote", target=target)
    return SqliteIndex(Path(target))
