"""Finding letters: one protocol, a SQLite file or an OpenSearch server behind it.

`connect` opens an index; `Index` (pipeline/search/protocol.py) says what it can do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.search.protocol import Added, Facets, Hit, Index, Passage, Refusal, Results
from pipeline.search.sqlite import SqliteIndex

if TYPE_CHECKING:
    from pipeline.search.opensearch import OpenSearchIndex

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


def connect(target: str, *, rebuild: bool = False) -> SqliteIndex | OpenSearchIndex:
    """The index at `target`: the path of an SQLite file, or http(s)://host:port/NAME for one on an
    OpenSearch server. Adding records makes it where there is none; searching needs it to be there.

    With `rebuild` records go into a new index, which takes the older one's place when it is closed
    without an error; until then searches are answered by the older.

    Raises UsageError `index_address` where the address of a server has no name for the index."""
    if target.lower().startswith(("http://", "https://")):
        from pipeline.search.opensearch import OpenSearchIndex
        from pipeline.search.opensearch_server import Target

        return OpenSearchIndex(Target.parse(target), rebuild=rebuild)
    return SqliteIndex(Path(target), rebuild=rebuild)
