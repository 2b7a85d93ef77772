"""From restored pages to the fields of a letter: the one public function of this package.

In: the pages of one letter, scans with zones and boxes or bare text; out: `Letter`. Never raises
on account of the text; what is not printed stays null, what is doubtful is flagged.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from pipeline.document import Mark, RestoredPage
from pipeline.letter import clarity, evidence, keywords
from pipeline.letter.actors import find_actors
from pipeline.letter.body import Body, read_body
from pipeline.letter.checks import Doubts, check
from pipeline.letter.citations import Mention, find_citations
from pipeline.letter.deadlines import find_deadline
from pipeline.letter.directives import to_directives
from pipeline.letter.family import family_of, type_of
from pipeline.letter.foot import Foot, read_foot, signature_text, signer_text
from pipeline.letter.header import Letterhead, body_names, read_letterhead
from pipeline.letter.lines import PageLine, page_lines
from pipeline.letter.marks import find_marks
from pipeline.letter.paragraphs import Paragraph, join
from pipeline.letter.places import mended_body, mended_place
from pipeline.letter.recipients import Entry, read_recipients
from pipeline.letter.sections import Sections, divide
from pipeline.record import Evidence, Flag, Header, Letter, Signature

_STRAY = regex.compile(r"(?:^[^\p{L}\p{N}\s\"“(/&-]{1,2}[ ])|(?:[ ][^\p{L}\p{N}\s&/–-]{1,2}$)")
_EDGES = " .,:;*\"'“”_|~"


def read_letter(pages: Sequence[RestoredPage]) -> Letter:
    """Read the fields of the letter printed on `pages` (in order, one letter)."""
    lines = page_lines(pages)
    parts = divide(lines)
    head = read_letterhead(parts.head)
    subject_lines, subject = _subject(parts, head)
    names = body_names(head.bodies)
    marks = find_marks([m for p in pages for m in p.marks], [*parts.head, *parts.subject])
    entries = read_recipients(parts.recipients)
    body = read_body(parts.body)
    foot = read_foot(parts.foot, [m for p in pages for m in p.marks])
    header = _header(head, names, parts, subject, marks)
    mentions = _citations(parts, body, subject, header.number_symbol)
    signature = _signature(foot)
    found = _Evidence()
    found.header(head, names, subject_lines, parts)
    found.marks(marks)
    found.signature(foot)
    found.lists(entries, body, foot)
    directives = [
        d.model_copy(update={"actors": find_actors(d), "deadline": find_deadline(d.text)})
        for d in to_directives(body.points)
    ]
    letter = Letter(
        family=family_of(head, header),
        header=header,
        recipients=[e.text for e in entries],
        legal_bases=[p.printed for p in body.legal_bases],
        preamble=[p.printed for p in body.preamble],
        directives=directives,
        closing=[p.printed for p in body.closing],
        signature=signature,
        distribution=[e.text for e in foot.distribution],
        citations=[m.citation for m in mentions],
        evidence=found.all,
    )
    doubts = Doubts(head, parts.doubtful_subject, body.points, mentions, foot.signers)
    printed = [m.identifier.printed for m in mentions]
    unclear = [*found.flags, *clarity.citation_flags(printed, lines)]
    flags = check(letter, doubts)
    named = {flag.where for flag in flags}
    flags += [flag for flag in unclear if flag.where not in named]
    return letter.model_copy(update={"flags": flags})


def _subject(parts: Sections, head: Letterhead) -> tuple[list[PageLine], str | None]:
    """The trích yếu: under the title of a named type, else after "V/v" in the letterhead."""
    if parts.title is not None:
        lines = list(parts.subject)
        texts = [line.text for line in lines]
        rest = parts.title.text[parts.title_rest :].strip()
        if rest:
            lines, texts = [parts.title, *lines], [rest, *texts]
    else:
        lines, texts = head.about, [line.text for line in head.about]
    text = join([_STRAY.sub("", t) for t in texts])
    start = keywords.about_start(text)
    if start is None and lines and lines[0] in head.about:
        start = keywords.misread_about_start(text)
    text = (
        text[start or 0 :].strip(' .;*_"”“')
        if not text.endswith(("”", '"'))
        else text[start or 0 :].strip()
    )
    return lines, text or None


def _header(
    head: Letterhead,
    names: Sequence[Sequence[PageLine]],
    parts: Sections,
    subject: str | None,
    marks: dict[str, tuple[str, Mark | PageLine]],
) -> Header:
    joint = head.number is not None and head.number.type_code in ("TTLT", "NQLT", "LT")
    joined = [
        join([mended_body(line.text.strip(_EDGES)) for line in group]).strip("–—-= ")
        for group in names
    ]
    issuing = (" ".join(joined) if joint else joined[-1]) if joined else None
    parent = None if joint or len(joined) < 2 else " ".join(joined[:-1])
    number = head.number
    return Header(
        parent_body=parent,
        issuing_body=issuing,
        number_symbol=number.text if number else head.bare_number,
        number=number.number if number else head.bare_number,
        symbol=number.symbol if number else None,
        place=mended_place(head.place, " ".join(joined)) if head.place else None,
        date=head.date.iso if head.date else None,
        document_type=type_of(parts, head),
        subject=subject,
        secrecy=marks["secrecy"][0] if "secrecy" in marks else None,
        urgency=marks["urgency"][0] if "urgency" in marks else None,
    )


def _signature(foot: Foot) -> Signature:
    """The signature as printed; those of a joint letter one after another, parted by "; "."""
    if not foot.signers:
        return Signature()
    columns = [
        [signature_text(s.authority) for s in foot.signers],
        [signature_text(s.position) for s in foot.signers],
        [signer_text(s.name) for s in foot.signers],
    ]
    authority, position, signer = ("; ".join(filter(None, c)) or None for c in columns)
    return Signature(authority=authority, position=position, signer=signer)


def _citations(parts: Sections, body: Body, subject: str | None, own: str | None) -> list[Mention]:
    texts = [subject] if subject else []
    texts += [p.printed for p in [*body.legal_bases, *body.preamble]]
    texts += [p.text for node in body.points for p in node.paragraphs()]
    texts += [p.text for p in body.closing]
    texts.append(join([x.text for x in parts.rest if not keywords.opens_appendix(x.text)]))
    return find_citations(texts, own)


class _Evidence:
    """Gathers where each field was read, and which were read badly."""

    def __init__(self) -> None:
        self.all: dict[str, Evidence] = {}
        self.flags: list[Flag] = []

    def _doubt(self, flag: Flag | None) -> None:
        if flag is not None:
            self.flags.append(flag)

    def _put(self, name: str, found: Evidence | None) -> None:
        if found is not None:
            self.all[name] = found

    def header(
        self,
        head: Letterhead,
        names: Sequence[Sequence[PageLine]],
        subject: Sequence[PageLine],
        parts: Sections,
    ) -> None:
        if names:
            self._field("header.issuing_body", names[-1])
        if len(names) > 1:
            self._field("header.parent_body", [x for g in names[:-1] for x in g])
        for line in head.number_lines:
            printed = head.number.printed if head.number else head.bare_number
            self._put("header.number_symbol", evidence.of_part(line, printed))
        for line in head.date_lines:
            if head.date is not None and head.date.iso:
                self._put("header.date", evidence.of_part(line, head.date.printed))
            self._put("header.place", evidence.of_part(line, head.place))
            self._doubt(clarity.part_flag("header.place", line, head.place))
        self._field("header.subject", subject)
        if parts.title is not None:
            self._field("header.document_type", [parts.title])

    def marks(self, marks: dict[str, tuple[str, Mark | PageLine]]) -> None:
        for name, (_, source) in marks.items():
            place = (
                evidence.of_mark(source)
                if isinstance(source, Mark)
                else evidence.of_lines([source])
            )
            self._put(f"header.{name}", place)

    def signature(self, foot: Foot) -> None:
        authority = [line for s in foot.signers for line in s.authority]
        position = [line for s in foot.signers for line in s.position]
        names = [s.name for s in foot.signers if s.name is not None]
        self._field("signature.authority", authority)
        self._field("signature.position", position)
        self._field("signature.signer", names)

    def _field(self, name: str, lines: Sequence[PageLine]) -> None:
        self._put(name, evidence.of_lines(lines))
        self._doubt(clarity.field_flag(name, lines))

    def lists(self, recipients: Sequence[Entry], body: Body, foot: Foot) -> None:
        self._entries("recipients", recipients)
        self._entries("distribution", foot.distribution)
        for name, entries in (("recipients", recipients), ("distribution", foot.distribution)):
            for i, entry in enumerate(entries):
                self._doubt(clarity.entry_flag(f"{name}.{i}", entry.text, entry.lines))
        for name, found in (
            ("legal_bases", body.legal_bases),
            ("preamble", body.preamble),
            ("closing", body.closing),
        ):
            self._entries(name, found)
            for i, paragraph in enumerate(found):
                self._doubt(clarity.paragraph_flag(f"{name}.{i}", paragraph.text))
        for i, node in enumerate(body.points):
            lines = [line for p in node.paragraphs() for line in p.lines]
            self._put(f"directives.{i}", evidence.of_lines(lines))
            text = " ".join(p.text for p in node.paragraphs())
            self._doubt(clarity.paragraph_flag(f"directives.{i}", text))

    def _entries(self, name: str, entries: Sequence[Entry | Paragraph]) -> None:
        for i, entry in enumerate(entries):
            self._put(f"{name}.{i}", evidence.of_lines(entry.lines))
