"""What SQLite's own full-text index would need: python -m benchmarks.search_fts5 [--records N].

The folded words of made-up letters are put into an FTS5 table and nothing else. It is asked for the
best hundred hits by its own ranking, as the first of two stages would, and for the ids of all hits,
without which nothing can be counted by year, body or type."""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
from contextlib import closing
from itertools import islice
from pathlib import Path
from random import Random
from statistics import quantiles
from time import process_time

from benchmarks.search_letters import letters
from benchmarks.search_speed import QUERIES, queries
from pipeline.search.content import content_of
from pipeline.search.folding import fold

RECORDS = 8192
KINDS = ("words", "without marks", "phrase", "hot words", "hot phrase")
_TABLE = "CREATE VIRTUAL TABLE letter USING fts5(words, content='', tokenize='ascii')"
_FOUND = "SELECT rowid FROM letter WHERE letter MATCH ?"
STAGES = {"best 100": f"{_FOUND} ORDER BY rank LIMIT 100", "all ids": _FOUND}


def fill(db: sqlite3.Connection, count: int) -> None:
    """Put the heading and text of `count` letters in, folded."""
    contents = map(content_of, letters(count))
    rows = ((n, fold(f"{c.title} {c.text}")) for n, c in enumerate(contents))
    db.execute(_TABLE)
    db.executemany("INSERT INTO letter (rowid, words) VALUES (?, ?)", rows)
    db.execute("INSERT INTO letter (letter) VALUES ('optimize')")
    db.commit()


def expression(query: str, kind: str) -> str:
    """A query of words or of one phrase in the language of FTS5."""
    folded = fold(query)
    words = [folded] if "phrase" in kind else folded.split()
    return " ".join(f'"{word}"' for word in words)


def milliseconds(db: sqlite3.Connection, kind: str, sql: str, count: int) -> list[float]:
    """CPU time of queries of one kind, each asked once."""
    times = []
    for query in islice(queries(kind, Random(7), count), QUERIES):
        asked = expression(query, kind)
        start = process_time()
        db.execute(sql, (asked,)).fetchall()
        times.append(1000 * (process_time() - start))
    return times


def main() -> None:
    """Fill an FTS5 table and time it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search_fts5")
    parser.add_argument("--records", type=int, default=RECORDS)
    count: int = parser.parse_args().records
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fts5.sqlite"
        with closing(sqlite3.connect(path)) as db:
            fill(db, count)
            print(f"{count} letters, {path.stat().st_size / count:.0f} bytes each")
            for kind in KINDS:
                for stage, sql in STAGES.items():
                    times = milliseconds(db, kind, sql, count)
                    p50, p95 = (quantiles(times, n=100, method="inclusive")[i] for i in (49, 94))
                    print(f"{kind:14} {stage:9} p50 {p50:6.1f} ms  p95 {p95:6.1f} ms")


if __name__ == "__main__":
    main()
