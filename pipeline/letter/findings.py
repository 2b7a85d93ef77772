"""Where each field was read, how surely, and which lines went into it.

In: field by field the lines it stands on; out: evidence, flags for what was read badly, and the
account of where every line went.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.document import Mark
from pipeline.letter import clarity, evidence, keywords
from pipeline.letter.account import Account
from pipeline.letter.after import After
from pipeline.letter.body import Body
from pipeline.letter.entries import mended_entry
from pipeline.letter.foot import Foot
from pipeline.letter.header import Letterhead
from pipeline.letter.header_fields import is_joint
from pipeline.letter.lines import PageLine, cut
from pipeline.letter.paragraphs import Paragraph
from pipeline.letter.recipients import Entry
from pipeline.letter.sections import Sections
from pipeline.record import Evidence, Flag


class Findings:
    """Gathers evidence, flags and places, field by field."""

    def __init__(self, lines: Sequence[PageLine]) -> None:
        self.account = Account(lines)
        self.evidence: dict[str, Evidence] = {}
        self.flags: list[Flag] = []

    def _doubt(self, flag: Flag | None) -> None:
        if flag is not None:
            self.flags.append(flag)

    def _put(self, name: str, found: Evidence | None) -> None:
        if found is not None:
            self.evidence[name] = found

    def header(
        self,
        head: Letterhead,
        names: Sequence[Sequence[PageLine]],
        subject: Sequence[PageLine],
        parts: Sections,
    ) -> None:
        """Bodies, number, place, date, trích yếu and type."""
        above = names[:-1] if not is_joint(head) else []
        if names:
            issuing = [x for group in names[len(above) :] for x in group]
            self._field("header.issuing_body", issuing)
        if above:
            self._field("header.parent_body", [x for g in above for x in g])
        self.account.take("header.number_symbol", head.number_lines)
        for line in head.number_lines:
            printed = head.number.printed if head.number else head.bare_number
            self._put("header.number_symbol", evidence.of_part(line, printed))
        for line in head.date_lines:
            self._date_line(head, line)
            if head.date is not None and head.date.iso:
                self._put("header.date", evidence.of_part(line, head.date.printed))
            self._put("header.place", evidence.of_part(line, head.place))
            self._doubt(clarity.part_flag("header.place", line, head.place))
        if parts.title is not None:
            self.account.take("header.document_type", cut(parts.title, parts.title_rest)[:1])
        self._field("header.subject", subject)
        if parts.title is not None:
            self._field("header.document_type", [parts.title])

    def _date_line(self, head: Letterhead, line: PageLine) -> None:
        """A line of place and date stands in both fields, parted where the date begins."""
        start = head.date.start if head.date is not None and head.place is not None else 0
        pieces = cut(line, start)
        if len(pieces) == 2:
            self.account.take("header.place", pieces[:1])
        self.account.take("header.date", pieces[-1:])

    def marks(self, marks: dict[str, tuple[str, Mark | PageLine]]) -> None:
        """Secrecy and urgency."""
        for name, (_, source) in marks.items():
            place = (
                evidence.of_mark(source)
                if isinstance(source, Mark)
                else evidence.of_lines([source])
            )
            self._put(f"header.{name}", place)
            if isinstance(source, PageLine):
                self.account.take(f"header.{name}", [source])

    def signature(self, foot: Foot) -> None:
        """Authority, position and names of all who sign."""
        authority = [line for s in foot.signers for line in s.authority]
        position = [line for s in foot.signers for line in s.position]
        names = [s.name for s in foot.signers if s.name is not None]
        self._field("signature.authority", authority)
        self._field("signature.position", position)
        self._field("signature.signer", names)

    def _field(self, name: str, lines: Sequence[PageLine]) -> None:
        self._put(name, evidence.of_lines(lines))
        self._doubt(clarity.field_flag(name, lines))
        self.account.take(name, lines)

    def lists(self, recipients: Sequence[Entry], body: Body, foot: Foot) -> None:
        """The entries of all lists, and the points."""
        self._entries("recipients", recipients)
        self._entries("distribution", foot.distribution)
        for name, entries in (("recipients", recipients), ("distribution", foot.distribution)):
            for i, entry in enumerate(entries):
                self._doubt(clarity.entry_flag(f"{name}.{i}", entry.text, entry.lines))
                if (meant := mended_entry(entry.text)) != entry.text:
                    message = f"{entry.text!r} was read as {meant!r}"
                    where = f"{name}.{i}"
                    self._doubt(Flag(code="entry_repaired", message=message, where=where))
        for name, found in (
            ("legal_bases", body.legal_bases),
            ("preamble", body.preamble),
            ("closing", body.closing),
        ):
            self._entries(name, found)
            for i, paragraph in enumerate(found):
                self._doubt(clarity.paragraph_flag(f"{name}.{i}", paragraph.text))
                if name == "legal_bases" and (end := keywords.cut_basis(paragraph.text)):
                    message = f"{paragraph.text[:end].strip()!r} was read as 'Căn cứ'"
                    where = f"{name}.{i}"
                    self._doubt(Flag(code="basis_repaired", message=message, where=where))
        for i, node in enumerate(body.points):
            lines = [line for p in node.paragraphs() for line in p.lines]
            self._put(f"directives.{i}", evidence.of_lines(lines))
            self.account.take(f"directives.{i}", lines)
            text = " ".join(p.text for p in node.paragraphs())
            self._doubt(clarity.paragraph_flag(f"directives.{i}", text))

    def _entries(self, name: str, entries: Sequence[Entry | Paragraph]) -> None:
        for i, entry in enumerate(entries):
            self._put(f"{name}.{i}", evidence.of_lines(entry.lines))
        self.account.take_entries(name, [entry.lines for entry in entries])

    def rest(self, lines: Sequence[PageLine], parts: Sections, body: Body, after: After) -> None:
        """Headings, what follows the foot, and last all that no field holds."""
        for i, title in enumerate(body.titles):
            self.account.take(f"headings.{i}", [x for p in title.paragraphs for x in p.lines])
        for i, (_, own) in enumerate(after.appendices):
            self.account.take(f"appendices.{i}", own)
        for i, (_, own) in enumerate(after.copies):
            self.account.take(f"copies.{i}", own)
        self.account.take("recipients", parts.recipients)
        labels = [x for x in parts.foot if keywords.distribution_start(x.text) is not None]
        self.account.take("distribution", labels)
        self.account.take_passages("letterhead", [*parts.head, *after.headings])
        self.account.take_passages("foot", parts.foot)
        for kind, furniture in parts.furniture:
            self.account.take_passages(kind, furniture)
        self.account.take_passages("other", lines)
