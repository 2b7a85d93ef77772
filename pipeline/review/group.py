"""Many decisions at once, over many letters: what a sheet of words sends.

In: places of any letters with the reading that was shown. Out: what was kept, what could not be.
Each is a decision like any other, a row of its own; one that cannot be kept stops none of the
others, since they have nothing to do with each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.errors import DocumentError
from pipeline.record import Record
from pipeline.review.apply import reviewed
from pipeline.review.decisions import (
    Decision,
    Verdict,
    What,
    last_of_each_place,
    parse_word_place,
)
from pipeline.review.desk import LONGEST_WORD, Desk, RefusedError, one_line
from pipeline.review.fields import editable, is_acceptable
from pipeline.review.view import letter_units
from pipeline.review.writing import read_machine


@dataclass(frozen=True, slots=True)
class AskedTogether:
    """A decision of a sheet. `shown` is the reading the person saw: where the letter reads
    otherwise by now, nothing is kept. `after` only where the verdict is `change`."""

    document_id: str
    place: str
    verdict: Verdict
    shown: str
    after: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A decision that was not kept; `why` is a key of dictionaries/review.tsv, filled with who was
    faster and what they decided."""

    document_id: str
    place: str
    why: str
    who: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class DecidedTogether:
    """What became of a sheet: the rows kept, what was refused, the number of the last decision."""

    kept: tuple[Decision, ...]
    refused: tuple[Refused, ...]
    seen: int


def decide_together(desk: Desk, asked: Sequence[AskedTogether], seen: int) -> DecidedTogether:
    """Keep the decisions in one transaction and let the records follow; `seen` is the number of the
    last decision that the person's page knew of."""
    made: list[Decision] = []
    refused: list[Refused] = []
    by_letter: dict[str, list[AskedTogether]] = {}
    for one in asked:
        by_letter.setdefault(one.document_id, []).append(one)
    for document_id, here in by_letter.items():
        for outcome in _of_letter(desk, document_id, here):
            (made if isinstance(outcome, Decision) else refused).append(outcome)  # type: ignore[arg-type]
    kept, faster = desk.decisions.append_each(made, seen=seen)
    refused += [Refused(d.document_id, d.place, "conflict", d.who, d.after) for d in faster]
    _tell_stock(desk, kept)
    desk.follower.add(d.document_id for d in kept)
    return DecidedTogether(tuple(kept), tuple(refused), desk.decisions.last())


def _tell_stock(desk: Desk, kept: Sequence[Decision]) -> None:
    for is_open in (False, True):
        words = [
            (d.document_id, *parse_word_place(d.place))
            for d in kept
            if d.of_word and (d.verdict == "withdraw") == is_open
        ]
        desk.stock.mark(words, decided=not is_open)


def _of_letter(
    desk: Desk, document_id: str, asked: Sequence[AskedTogether]
) -> Iterator[Decision | Refused]:
    try:
        readings = Readings.of(desk, document_id)
    except DocumentError:
        yield from (Refused(document_id, one.place, "not_found") for one in asked)
        return
    for one in asked:
        try:
            yield readings.decision(one, desk.who)
        except RefusedError as refusal:
            yield Refused(document_id, one.place, str(refusal))


@dataclass(frozen=True, slots=True)
class Readings:
    """What the words and fields of a letter read: as OCR did, as the machine says, and now."""

    raw: dict[str, str]
    machine: dict[str, str]
    now: dict[str, str]

    @classmethod
    def of(cls, desk: Desk, document_id: str) -> Readings:
        """Those of one letter. Raises DocumentError where there is none of that id."""
        machine = read_machine(desk.folder(document_id))
        decisions = desk.decisions.of_letter(document_id)
        units = letter_units(machine)
        raw = {place: unit.raw for place, unit in units.items()}
        first = {place: unit.text for place, unit in units.items()} | _fields(machine)
        now = dict(first)
        if decisions:
            now |= _fields(reviewed(machine, decisions).record)
            for d in last_of_each_place(decisions):
                if d.of_word and raw.get(d.place) == d.raw:
                    now[d.place] = d.after
        return cls(raw, first, now)

    def decision(self, asked: AskedTogether, who: str) -> Decision:
        """What is asked as a decision. Raises RefusedError where it cannot be one."""
        place, verdict = asked.place, asked.verdict
        if place not in self.now:
            raise RefusedError("no_such_place")
        now, is_word = self.now[place], place in self.raw
        if asked.shown != now:
            raise RefusedError("reads_otherwise")
        after = {
            "confirm": now,
            "reject": self.raw.get(place, ""),
            "change": one_line(asked.after, LONGEST_WORD),
            "withdraw": self.machine[place],
        }[verdict]
        if verdict == "reject" and after == now:
            raise RefusedError("reads_same")
        if not is_word and verdict in ("reject", "change") and not is_acceptable(place, after):
            raise RefusedError("bad_date" if place == "header.date" else "not_editable")
        what: What = "group" if is_word else "field"
        return Decision(
            asked.document_id, what, place, self.raw.get(place, ""), now, after, verdict, who
        )  # fmt: skip


def _fields(record: Record) -> dict[str, str]:
    return {name: value or "" for name, value in editable(record).items()}
