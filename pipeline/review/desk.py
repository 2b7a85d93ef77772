"""What the pages do: read letters, keep decisions, let the records follow.

In: requests already checked for shape. Out: views and decisions. Knows nothing of the web.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import DocumentError
from pipeline.messages import Language
from pipeline.review.decisions import LETTER, Decision, Decisions, Verdict
from pipeline.review.fields import editable, is_acceptable
from pipeline.review.follower import Follower, behind
from pipeline.review.letters import Letters
from pipeline.review.pictures import Pictures
from pipeline.review.snippets import Snippets
from pipeline.review.stock import Stock
from pipeline.review.units import Unit
from pipeline.review.view import LetterView, letter_units, letter_view
from pipeline.review.writing import read_machine

LONGEST_WORD = 400
LONGEST_FIELD = 4000


class RefusedError(Exception):
    """What was asked for cannot be decided: `args[0]` is a key of dictionaries/review.tsv."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A decision as a page sends it: `after` only where the verdict is `change`."""

    place: str
    verdict: Verdict
    after: str = ""


class Desk:
    """The letters of a folder and the decisions about them; `who` decides."""

    def __init__(self, root: Path, who: str, originals: Path | None = None) -> None:
        self.root = root
        self.who = who
        self.decisions = Decisions(root)
        self.stock = Stock(root, self.decisions)
        self.letters = Letters(self.stock)
        self.follower = Follower(root, self.decisions, self.stock)
        self.pictures = Pictures(root, originals)
        self.snippets = Snippets(self.pictures)

    def follow(self) -> None:
        """Bring the stock up to date, then let every record follow that does not yet."""
        self.stock.refresh()
        self.follower.add(behind(self.decisions, self.stock))

    def view(self, document_id: str, language: Language = "en") -> LetterView:
        """A letter. Raises DocumentError where there is none of that id."""
        folder = self.folder(document_id)
        return letter_view(folder, self.decisions.of_letter(document_id), language)

    def decide(self, document_id: str, asked: Sequence[Asked], seen: int) -> LetterView:
        """Keep decisions about a letter, let its record follow, and give it as it is then.

        Raises ConflictError where another person was faster, RefusedError, DocumentError."""
        folder = self.folder(document_id)
        machine = read_machine(folder)
        units = letter_units(machine)
        now = self.view(document_id)
        words = {word.place: word.text for word in now.words()}
        fields = {f.name: f.value for f in now.fields}
        first = {name: value or "" for name, value in editable(machine).items()}
        made = []
        for one in asked:
            if one.place in units:
                made.append(self._word(document_id, one, units[one.place], words[one.place]))
            elif one.place in fields:
                machine_value = first.get(one.place, "")
                made.append(self._field(document_id, one, fields[one.place], machine_value))
            elif one.place == LETTER and one.verdict in ("confirm", "withdraw"):
                made.append(self._made(document_id, "letter", LETTER, "", "", "", one.verdict))
            else:
                raise RefusedError("no_such_place")
        self.decisions.append(made, seen=seen)
        self.follower.write(document_id)
        return self.view(document_id)

    def picture(self, document_id: str, page: int) -> bytes:
        """A page's picture, JPEG. Raises DocumentError where it cannot be had."""
        return self.pictures.page(read_machine(self.folder(document_id)), page)

    def folder(self, document_id: str) -> Path:
        """The letter's folder: a name in the root, never a way out of it."""
        folder = self.root / document_id
        plain = document_id == Path(document_id).name and not document_id.startswith(".")
        if not plain or "\0" in document_id or not (folder / "record.json").is_file():
            raise DocumentError("file_missing", path=document_id.replace("\0", ""))
        return folder

    def _word(self, document_id: str, asked: Asked, unit: Unit, now: str) -> Decision:
        after = {
            "confirm": now,
            "reject": unit.raw,
            "change": one_line(asked.after, LONGEST_WORD),
            "withdraw": unit.text,
        }[asked.verdict]
        return self._made(document_id, "word", asked.place, unit.raw, now, after, asked.verdict)

    def _field(self, document_id: str, asked: Asked, now: str, machine: str) -> Decision:
        after = {
            "confirm": now,
            "reject": "",
            "change": one_line(asked.after, LONGEST_FIELD),
            "withdraw": machine,
        }[asked.verdict]
        writes = asked.verdict in ("reject", "change")
        if writes and not is_acceptable(asked.place, after):
            is_date = asked.place == "header.date"
            raise RefusedError("bad_date" if is_date else "not_editable")
        return self._made(document_id, "field", asked.place, "", now, after, asked.verdict)

    def _made(self, document_id: str, what: str, place: str, *told: str) -> Decision:
        raw, before, after, verdict = told
        return Decision(document_id, what, place, raw, before, after, verdict, self.who)  # type: ignore[arg-type]


def one_line(text: str, longest: int) -> str:
    """`text` as it may stand in a line: NFC, spaces single, no control characters.

    Raises RefusedError where it is too long or no text."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise RefusedError("bad_text") from error
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    if len(plain) > longest:
        raise RefusedError("too_long")
    if any(unicodedata.category(c) in ("Cc", "Cf", "Co", "Cn") for c in plain):
        raise RefusedError("bad_text")
    return plain
