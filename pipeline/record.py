"""The record that leaves the program: `record.json`, schema `congvan/record/1`.

Every field is present in the JSON; what is not printed on the page is null or an empty list.
`docs/record.schema.json` is generated from these models (`python -m pipeline.record`).
"""

from __future__ import annotations

import json
import sys
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

BoxList = tuple[int, int, int, int]
SCHEMA: Literal["congvan/record/1"] = "congvan/record/1"


class Part(BaseModel):
    """Base of all parts of a record."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceInfo(Part):
    """The file as it was found; it is never changed. `first_page` and `last_page` are those of
    the letter among the file's `pages`, counted from 1."""

    path: str
    sha256: str
    bytes: int
    media_type: str
    pages: int
    signed: bool = False
    first_page: int | None = Field(None, description="null in records made before it was told")
    last_page: int | None = None


class Header(Part):
    """What the letterhead and the title say, as printed."""

    parent_body: str | None = None
    issuing_body: str | None = None
    number_symbol: str | None = Field(None, description="e.g. 1046-CV/TU, 15/2021/QĐ-UBND")
    number: str | None = None
    symbol: str | None = None
    place: str | None = None
    date: str | None = Field(None, description="ISO 8601, e.g. 2019-09-18")
    document_type: str | None = None
    subject: str | None = Field(None, description="trích yếu, without V/v or Về việc")
    secrecy: str | None = None
    urgency: str | None = None


class Item(Part):
    """A point below a directive; nested points stand in `items`."""

    marker: str | None = None
    text: str
    items: list[Item] = []


class Directive(Part):
    """One numbered directive, or one Điều of a decision. `text` leaves out the marker and holds
    all paragraphs of the directive, joined by a newline."""

    marker: str | None = None
    text: str
    items: list[Item] = []
    actors: list[str] = []
    deadline: str | None = Field(None, description="by when, as printed")
    due: str | None = Field(None, description="the last day of the deadline, ISO 8601")


class Signature(Part):
    """Signing authority (TM., T/M, KT. …), position and name, as printed."""

    authority: str | None = None
    position: str | None = None
    signer: str | None = None


class Citation(Part):
    """A document the letter cites by number."""

    document_type: str | None = None
    number_symbol: str
    date: str | None = None
    issuer: str | None = None


class Heading(Part):
    """A heading of a Phần, Chương or Mục: it stands above the directive of index `before` (from 0;
    the number of directives where none follows)."""

    marker: str
    text: str = ""
    before: int


class Appendix(Part):
    """What is attached after the signature. `marker` as printed ("Phụ lục I"), `reference` what it
    says of the letter it belongs to ("(Kèm theo Quyết định số …)"); `text` is all the rest, a
    paragraph a line."""

    marker: str | None = None
    title: str | None = None
    reference: str | None = None
    text: str = ""


class Copy(Part):
    """The block of a later copy (Nghị định 30/2020/NĐ-CP, Điều 25; Hướng dẫn 36-HD/VPTW, mục 3):
    its kind (Sao y, Sao lục, Trích sao), and who made it, when. `text` is all that is printed."""

    kind: str
    header: Header = Header()
    signature: Signature = Signature()
    distribution: list[str] = []
    text: str = ""


PassageKind = Literal[
    "letterhead", "circulation", "enacting", "foot", "stamp", "running_head", "page_number", "rule",
    "footnote", "other",
]  # fmt: skip


class Passage(Part):
    """Printed text that belongs to no field: Quốc hiệu, "QUYẾT ĐỊNH:", rules, running heads …"""

    kind: PassageKind
    text: str


class Place(Part):
    """Where printed text went: lines `line` to `last_line` of a page's `text` (from 1) stand in the
    field `where`. Only a part of the one line where `start` (from 0) or `end` is given."""

    where: str
    page: int
    line: int
    last_line: int
    start: int = 0
    end: int | None = None


class MarkInfo(Part):
    """Something on the page that is not its text: seal, stamp, electronic signature …"""

    kind: str
    page: int
    box: BoxList | None = None
    text: str | None = None
    confidence: float = 0.0


class Page(Part):
    """One page: `raw_text` as OCR read it, in reading order; `text` after corrections. Both have
    the same number of lines. `number` is the page of the file, from 1, also where the letter
    begins later in it."""

    number: int
    width: int = 0
    height: int = 0
    dpi: int = 0
    rotation: int = Field(0, description="degrees clockwise by which the page was set upright")
    skew: float = Field(0.0, description="degrees by which it was straightened after that")
    confidence: float = 0.0
    raw_text: str = ""
    text: str = ""


class CorrectionInfo(Part):
    """One change to the raw text: line `line` (from 1) of page `page`, character `start` on."""

    page: int
    line: int
    start: int
    box: BoxList | None = None
    before: str
    after: str
    score: float
    margin: float
    source: str
    where: str | None = Field(None, description="the field a repair mends, e.g. header.place")


class Evidence(Part):
    """Where on the page a field was read, and how surely."""

    page: int
    box: BoxList | None = None
    confidence: float


class Flag(Part):
    """Something a person should look at."""

    code: str
    message: str
    where: str
    page: int | None = None
    box: BoxList | None = None
    message_vi: str | None = None
    line: int | None = Field(None, description="of a doubtful word: its line, from 1")
    start: int | None = Field(None, description="its first character in the raw line, from 0")
    readings: list[str] = Field([], description="what else it may read, likeliest first")


class Step(Part):
    """One processing step, with tool, version, settings and time."""

    step: str
    tool: str
    version: str
    settings: dict[str, str | int | float | bool | None] = {}
    seconds: float = 0.0


Status = Literal["done", "needs_review", "partial", "failed"]
Family = Literal["party", "state", "other"]


class Letter(Part):
    """What the letter stage reads out of the text: header … citations. `corrections` are of the
    text as the stage received it; `places` hold once they are applied."""

    family: Family = "other"
    header: Header = Header()
    recipients: list[str] = []
    legal_bases: list[str] = []
    preamble: list[str] = []
    directives: list[Directive] = []
    closing: list[str] = []
    signature: Signature = Signature()
    distribution: list[str] = []
    citations: list[Citation] = []
    evidence: dict[str, Evidence] = {}
    flags: list[Flag] = []
    organisation: str | None = Field(
        None, description="the mass organisation that issued it, e.g. Công đoàn Việt Nam"
    )
    headings: list[Heading] = []
    appendices: list[Appendix] = []
    copies: list[Copy] = []
    passages: list[Passage] = []
    places: list[Place] = []
    corrections: list[CorrectionInfo] = []


class Record(Part):
    """A letter as data."""

    schema_: Literal["congvan/record/1"] = Field(SCHEMA, alias="schema")
    document_id: str
    status: Status
    family: Family
    source: SourceInfo
    header: Header = Header()
    recipients: list[str] = []
    legal_bases: list[str] = []
    preamble: list[str] = []
    directives: list[Directive] = []
    closing: list[str] = []
    signature: Signature = Signature()
    distribution: list[str] = []
    citations: list[Citation] = []
    marks: list[MarkInfo] = []
    pages: list[Page] = []
    corrections: list[CorrectionInfo] = []
    evidence: dict[str, Evidence] = {}
    flags: list[Flag] = []
    processing: list[Step] = []
    organisation: str | None = Field(
        None, description="the mass organisation that issued it, e.g. Công đoàn Việt Nam"
    )
    headings: list[Heading] = []
    appendices: list[Appendix] = []
    copies: list[Copy] = []
    passages: list[Passage] = []
    places: list[Place] = []

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    def to_json(self) -> str:
        """The record as it stands in `record.json`: UTF-8, two-space indent, final newline."""
        data = self.model_dump(mode="json", by_alias=True)
        return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the record."""
    schema = Record.model_json_schema(by_alias=True, mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        **schema,
    }


def schema_text() -> str:
    """The schema as it stands in docs/record.schema.json."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
