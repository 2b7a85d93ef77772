"""A sample letter: what is printed (a TOML file of `letters/`), how it is set, and its truth."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import regex
from pydantic import BaseModel, ConfigDict

from benchmarks.page_simulator import letter_layout as layout
from benchmarks.page_simulator.typeset import Block, Gap, PageStyle, TypesetPage, typeset


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SampleItem(_Part):
    """A point below a directive."""

    marker: str
    text: str


class SampleDirective(_Part):
    """A numbered directive or an Điều; `text` is its own paragraphs, without its points."""

    marker: str
    text: list[str]
    items: list[SampleItem] = []
    actors: list[str] = []
    deadline: str | None = None

    @property
    def full_text(self) -> str:
        """As truth files have it: all paragraphs, and the points with their markers."""
        points = [f"{item.marker} {item.text}" for item in self.items]
        return "\n".join([*self.text, *points])


class SampleCitation(_Part):
    """A document cited by number, at its first mention."""

    document_type: str
    number_symbol: str
    date: datetime.date | None = None
    issuer: str | None = None


class SampleLetter(_Part):
    """A letter. `issuer`, `parent`, `subject`, `authority`, `position` are printed lines;
    `recipient_ends` and `distribution_ends` are what ends each line of a list and its last."""

    family: Literal["party", "state"]
    parent: list[str] = []
    issuer: list[str]
    number: str
    number_symbol: str
    place: str
    date: datetime.date
    document_type: str
    subject: list[str]
    secrecy: str | None = None
    urgency: str | None = None
    addressed: str = "Kính gửi:"
    recipients: list[str] = []
    recipient_ends: tuple[str, str] = (";", ".")
    decider: str | None = None
    legal_bases: list[str] = []
    resolves: str | None = None
    preamble: list[str] = []
    directives: list[SampleDirective] = []
    closing: list[str] = []
    authority: list[str] = []
    position: list[str]
    signer: str
    distribution: list[str]
    distribution_ends: tuple[str, str] = (";", ".")
    citations: list[SampleCitation] = []

    @property
    def is_cong_van(self) -> bool:
        """A công văn has no title: its trích yếu stands under the number."""
        return self.document_type == "Công văn"

    def blocks(self) -> list[Block]:
        """The letter as blocks to typeset."""
        return [*self._head(), *self._body(), Gap(8), self._foot()]

    def _head(self) -> Iterator[Block]:
        yield layout.letterhead(
            self.family,
            self.issuer,
            self.number,
            f"{self.place}, {_in_words(self.date)}",
            parent=self.parent,
            subject=self.subject if self.is_cong_van else (),
            stamp=self.urgency is not None or self.secrecy is not None,
        )
        if not self.is_cong_van:
            yield from layout.title(self.family, self.document_type.upper(), self.subject)
        if self.recipients:
            names = _ended(self.recipients, self.recipient_ends)
            italic = self.family == "party"
            yield from layout.addressees(self.addressed, names, italic=italic)

    def _body(self) -> Iterator[Block]:
        if self.decider is not None:
            yield layout.centred(self.decider)
        yield from (layout.body(text, italic=True) for text in self.legal_bases)
        if self.resolves is not None:
            yield layout.centred(self.resolves)
        yield from map(layout.body, self.preamble)
        for directive in self.directives:
            yield from _directive_blocks(directive)
        yield from map(layout.body, self.closing)

    def _foot(self) -> Block:
        names = _ended(self.distribution, self.distribution_ends)
        return layout.foot(self.family, names, self.authority, self.position, self.signer)

    def pages(self, style: PageStyle) -> list[TypesetPage]:
        """The letter as printed."""
        return typeset(self.blocks(), style)

    def truth(self, pages: int) -> dict[str, object]:
        """What `letter.json` says of the letter printed on that many pages."""
        number, _, symbol = self.number_symbol.partition("-" if self.family == "party" else "/")
        return {
            "header": {
                "parent_body": _printed(self.parent),
                "issuing_body": _printed(self.issuer),
                "number_symbol": self.number_symbol,
                "number": number,
                "symbol": symbol,
                "place": self.place,
                "date": self.date.isoformat(),
                "document_type": self.document_type,
                "subject": regex.sub(r"^V/v\s+", "", " ".join(self.subject)),
                "secrecy": self.secrecy,
                "urgency": self.urgency,
            },
            "recipients": self.recipients,
            "legal_bases": self.legal_bases,
            "preamble": self.preamble,
            "directives": [_directive_truth(directive) for directive in self.directives],
            "closing": self.closing,
            "signature": {
                "authority": _printed(self.authority),
                "position": _printed(self.position),
                "signer": self.signer,
            },
            "distribution": self.distribution,
            "citations": [citation.model_dump(mode="json") for citation in self.citations],
            "pages": pages,
        }


def read_letter(path: Path) -> SampleLetter:
    """The letter of a TOML file. Raises OSError, tomllib.TOMLDecodeError,
    pydantic.ValidationError."""
    return SampleLetter.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


def _directive_blocks(directive: SampleDirective) -> Iterator[Block]:
    first, *others = directive.text
    if directive.marker.startswith("Điều"):
        yield layout.body(first, lead=directive.marker)
    else:
        yield layout.body(f"{directive.marker} {first}")
    yield from map(layout.body, others)
    yield from (layout.body(f"{item.marker} {item.text}") for item in directive.items)


def _directive_truth(directive: SampleDirective) -> dict[str, object]:
    return {
        "marker": directive.marker,
        "text": directive.full_text,
        "items": [item.model_dump() for item in directive.items],
        "actors": directive.actors,
        "deadline": directive.deadline,
    }


def _in_words(day: datetime.date) -> str:
    """As printed: days below 10 and the months 1 and 2 with a nought (NĐ 30/2020, HD 36)."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def _ended(names: Sequence[str], ends: tuple[str, str]) -> list[str]:
    """Names with what ends each but the last, and the last."""
    return [name + ends[index == len(names) - 1] for index, name in enumerate(names)]


def _printed(lines: Sequence[str]) -> str | None:
    """Printed lines as one text; None where nothing is printed."""
    return " ".join(lines) or None
