"""Sheets of word pictures: the same correction over all letters, rare ones together, samples.

In: what the stock and the samples have. Out: plain values for the templates. Pages are entered by
the key of the last row before them, never by counting rows, so the last sheet of thousands is as
quick as the first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import regex

from pipeline.review.acceptance import Estimate, estimate, judged
from pipeline.review.desk import Desk
from pipeline.review.samples import Sample, Samples

TILES = 48
FIELD_TILES = 12
PAIRS = 50
RARE = 3
"""Corrections that are open in at most so many places stand on sheets together."""
_KEY = regex.compile(r"[0-9]{1,12}(-[0-9]{1,12}){1,4}")


@dataclass(frozen=True, slots=True)
class PairRow:
    """A correction over all letters: what OCR read, what it became, in how many places nobody has
    decided yet, and in how many somebody has. `doubt`: the machine changed nothing, it asks."""

    number: int
    raw: str
    text: str
    judge: str
    open: int
    decided: int

    @property
    def doubt(self) -> bool:
        """Whether the word stands as it was read."""
        return self.raw == self.text


@dataclass(frozen=True, slots=True)
class PairsPage:
    """Corrections, those open most often first; `open` places in all, `rare` of them in pairs that
    are open in few places."""

    rows: tuple[PairRow, ...]
    open: int
    pairs: int
    rare: int
    decided: int
    first: int
    only: str
    back: str | None
    on: str | None


@dataclass(frozen=True, slots=True)
class Tile:
    """A place on a sheet: where it is, what OCR read, what it reads now, the letter's name, and
    where it is decided already, whether its reading was right."""

    document_id: str
    place: str
    raw: str
    text: str
    letter: str
    right: bool | None = None

    @property
    def picture(self) -> str:
        """The address of its picture."""
        return f"/letters/{quote(self.document_id, safe='')}/words/{quote(self.place)}.jpg"

    @property
    def link(self) -> str:
        """The place on the letter's page."""
        return f"/letters/{quote(self.document_id, safe='')}#{quote(self.place)}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """Tiles to decide together. `kind` is pair, rare, decided, words or fields; `on` is where one
    goes when all is decided, `back` the list it came from."""

    kind: str
    pair: PairRow | None
    tiles: tuple[Tile, ...]
    left: int
    on: str
    back: str
    sample: Sample | None = None
    part: int = 0


_OPEN, _MOST_OPEN = "open > 0", "open DESC, id"
ONLY = {
    "": (_OPEN, _MOST_OPEN),
    "changed": (f"{_OPEN} AND raw <> text", _MOST_OPEN),
    "doubt": (f"{_OPEN} AND raw = text", _MOST_OPEN),
    "decided": ("decided > 0", "decided DESC, id"),
}
"""Parts of the list: which corrections, in which order."""


def pairs_page(desk: Desk, number: int, only: str = "") -> PairsPage:
    """Page `number` (from 1) of the corrections: of all that are open, or of a part."""
    where, order = ONLY[only]
    desk.stock.look()
    at = (number - 1) * PAIRS
    with desk.stock.connected() as db:
        rows = db.execute(
            f"SELECT {_PAIR} FROM pairs WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",
            (PAIRS + 1, at),
        ).fetchall()
        told = "total(open), count(*), total(CASE WHEN open <= ? THEN open ELSE 0 END)"
        total, count, rare = db.execute(
            f"SELECT {told} FROM pairs WHERE open > 0", (RARE,)
        ).fetchone()
        (decided,) = db.execute("SELECT total(decided) FROM pairs").fetchone()
    shown = tuple(PairRow(*row) for row in rows[:PAIRS])
    back = _link("/corrections", page=number - 1, only=only) if number > 1 else None
    on = _link("/corrections", page=number + 1, only=only) if len(rows) > PAIRS else None
    return PairsPage(shown, int(total), count, int(rare), int(decided), at + 1, only, back, on)


def pair_sheet(desk: Desk, number: int, after: str, *, decided: bool = False) -> Sheet | None:
    """A sheet of one correction, of the places behind `after`; of those that are decided, to take
    back what was wrong. None where there is no such correction."""
    desk.stock.look()
    with desk.stock.connected() as db:
        found = db.execute(f"SELECT {_PAIR} FROM pairs WHERE id = ?", (number,)).fetchone()
        if not found:
            return None
        pair = PairRow(*found)
        where = ", ".join(_ORDER)
        rows = db.execute(
            f"{_TILE} WHERE pair = ? AND decided = ? AND ({where}) > (?, ?, ?, ?)"
            f" ORDER BY {where} LIMIT ?",
            (number, decided, *_key(after, 4), TILES + 1),
        ).fetchall()
        here = f"/corrections/{number}" + ("/decided" if decided else "")
        if len(rows) > TILES:
            on = _link(here, after="-".join(map(str, rows[TILES - 1][-4:])))
        else:
            on = "/corrections" if decided else _next_pair(db, pair)
    kind = "decided" if decided else "pair"
    tiles = tuple(_tile(row) for row in rows[:TILES])
    left = pair.decided if decided else pair.open
    return Sheet(kind, pair, tiles, left, on, "/corrections")


def rare_sheet(desk: Desk, after: str) -> Sheet:
    """A sheet of different corrections, each open in few places."""
    desk.stock.look()
    with desk.stock.connected() as db:
        first = _key(after, 2)
        start = first if after and first[0] else (RARE, 0)
        pairs = db.execute(
            "SELECT open, id FROM pairs WHERE open BETWEEN 1 AND ? AND (open < ? OR id > ?)"
            " ORDER BY open DESC, id LIMIT ?",
            (start[0], *start, TILES),
        ).fetchall()
        tiles: list[Tile] = []
        last = (0, 0)
        for count, pair in pairs:
            if tiles and len(tiles) + count > TILES:
                break
            rows = db.execute(f"{_TILE} WHERE pair = ? AND decided = 0", (pair,)).fetchall()
            tiles += map(_tile, rows)
            last = (count, pair)
        more = len(pairs) == TILES or (last[1] and pairs[-1][1] != last[1])
        sql = "SELECT total(open) FROM pairs WHERE open BETWEEN 1 AND ?"
        (left,) = db.execute(sql, (RARE,)).fetchone()
    on = _link("/corrections/rare", after=f"{last[0]}-{last[1]}") if more else "/corrections"
    return Sheet("rare", None, tuple(tiles), int(left), on, "/corrections")


@dataclass(frozen=True, slots=True)
class SamplesPage:
    """The samples drawn, the last first, with what each says; how many units could be drawn."""

    samples: tuple[Estimate, ...]
    letters: int
    words: int


def samples_page(desk: Desk) -> SamplesPage:
    """The page of samples."""
    desk.stock.look()
    store = Samples(desk.root)
    found = tuple(estimate(s, store.drawn(s.number), desk.decisions) for s in store.all())
    with desk.stock.connected() as db:
        sql = "SELECT count(*), total(tokens) FROM letters WHERE status <> ''"
        letters, words = db.execute(sql).fetchone()
    return SamplesPage(found, letters, int(words))


def sample_sheet(desk: Desk, number: int, part: int) -> Sheet | None:
    """Part `part` (from 1) of a sample, in the order drawn; part 0: where it is next to be judged.
    None where there is no such sample."""
    store = Samples(desk.root)
    sample = next((s for s in store.all() if s.number == number), None)
    if sample is None:
        return None
    drawn = store.drawn(number)
    verdicts = judged(sample, drawn, desk.decisions)
    size = FIELD_TILES if sample.unit == "fields" else TILES
    if part == 0:
        waiting = next((d.rank for d in drawn if d.rank not in verdicts), 1)
        part = (waiting - 1) // size + 1
    here = drawn[(part - 1) * size : part * size]
    names = _names(desk, [d.document_id for d in here])
    tiles = tuple(
        Tile(d.document_id, d.place, "", d.shown, names.get(d.document_id, d.document_id),
             verdicts.get(d.rank))
        for d in here
    )  # fmt: skip
    more = part * size < len(drawn)
    on = _link(f"/samples/{number}", part=part + 1) if more else "/samples"
    left = len(drawn) - len(verdicts)
    return Sheet(sample.unit, None, tiles, left, on, "/samples", sample, part)


_PAIR = "id, raw, text, judge, open, decided"
_ORDER = ("letter", "page", "line", "start")
_TILE = (
    "SELECT document_id, raw, text, coalesce(number_symbol, document_id), letter, page, line, start"
    " FROM occurrences JOIN letters ON letters.id = letter"
)
Row = tuple[str, str, str, str, int, int, int, int]


def _tile(row: Row) -> Tile:
    document_id, raw, text, name, _, page, line, start = row
    return Tile(document_id, f"p{page}.l{line}.c{start}", raw, text, name)


def _key(text: str, size: int) -> tuple[int, ...]:
    """The key of a row as an address has it; before all others where it is none."""
    parts = tuple(map(int, text.split("-"))) if _KEY.fullmatch(text) else ()
    return parts if len(parts) == size else (0,) * size


def _next_pair(db: sqlite3.Connection, pair: PairRow) -> str:
    """The correction that is open most often but for this one; the rare ones when none is left."""
    sql = (
        "SELECT id FROM pairs WHERE open > ? AND (open < ? OR (open = ? AND id > ?))"
        " ORDER BY open DESC, id LIMIT 1"
    )
    found = db.execute(sql, (RARE, pair.open, pair.open, pair.number)).fetchone()
    return f"/corrections/{found[0]}" if found else "/corrections/rare"


def _names(desk: Desk, document_ids: Sequence[str]) -> dict[str, str]:
    marks = ", ".join("?" * len(document_ids))
    sql = (
        "SELECT document_id, coalesce(number_symbol, document_id) FROM letters"
        f" WHERE document_id IN ({marks})"
    )
    with desk.stock.connected() as db:
        return dict(db.execute(sql, document_ids).fetchall())


def _link(path: str, **asked: object) -> str:
    return f"{path}?{urlencode(asked)}"
