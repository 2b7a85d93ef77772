"""From restored pages to the fields of a letter: the one public function of this package.

In: the pages of one letter, scans with zones and boxes or bare text; out: `Letter`. Never raises
on account of the text; what is not printed stays null, what is doubtful is flagged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import regex

from pipeline.document import Correction, Mark, RestoredPage
from pipeline.letter import clarity, keywords
from pipeline.letter.actors import find_actors
from pipeline.letter.after import After, read_after
from pipeline.letter.body import Body, read_body
from pipeline.letter.by_hand import by_hand
from pipeline.letter.checks import Doubts, check
from pipeline.letter.citations import Mention, find_citations
from pipeline.letter.deadlines import due_date, find_deadline
from pipeline.letter.directives import numbered, to_directives
from pipeline.letter.entries import mended_entry
from pipeline.letter.family import family_of, organisation_of, type_of
from pipeline.letter.findings import Findings
from pipeline.letter.flags import told
from pipeline.letter.foot import Foot, read_foot, signature_of
from pipeline.letter.header import Letterhead, body_names, read_letterhead
from pipeline.letter.header_fields import header_fields, is_joint
from pipeline.letter.in_force import rule_since
from pipeline.letter.lines import PageLine, page_lines
from pipeline.letter.markers import is_first_article
from pipeline.letter.marks import find_marks
from pipeline.letter.paragraphs import join
from pipeline.letter.places import mended_body, with_q
from pipeline.letter.recipients import Entry, read_recipients
from pipeline.letter.repairs import Repairs, chained
from pipeline.letter.sections import Sections, divide
from pipeline.record import CorrectionInfo, Directive, Flag, Header, Letter
from pipeline.restore.corrections import amended

_BEFORE_ABOUT = regex.compile(r"^\p{Ll}{1,4}[ ](?=Về việc\b)")  # a piece of a stamp
_STRAY = regex.compile(r"(?:^[^\p{L}\p{N}\s\"“(/&-]{1,2}[ ])|(?:[ ][^\p{L}\p{N}\s&/–-]{1,2}$)")


def read_letter(pages: Sequence[RestoredPage]) -> Letter:
    """Read the fields of the letter printed on `pages` (in order, one letter).

    What a field is mended from is mended in the text too, and the text read again, so that all
    fields say the same; the flags of the repairs stay."""
    letter, repairs = _read(pages)
    done, now = repairs, pages
    for _ in range(_PASSES):
        if not repairs:
            break
        now = amended(now, repairs)
        again, repairs = _read(now)
        letter = again.model_copy(update={"flags": _kept_flags(letter, again)})
        done = chained(pages, done, repairs)
    corrections = [CorrectionInfo(**asdict(c)) for c in done]
    unlike = {(f.code, f.where, f.message): f for f in letter.flags}
    flags = told(unlike.values(), letter.evidence, letter.places)
    return letter.model_copy(update={"corrections": corrections, "flags": flags})


_PASSES = 3


def _kept_flags(before: Letter, after: Letter) -> list[Flag]:
    """The flags of a letter read again, with those of the repairs made before."""
    numbers = [c.number_symbol for c in after.citations]
    kept: list[Flag] = []
    for flag in before.flags:
        name, _, index = flag.where.partition(".")
        if not flag.code.endswith("_repaired"):
            continue
        if name == "citations":
            number = before.citations[int(index)].number_symbol
            where = f"citations.{numbers.index(number)}" if number in numbers else name
            flag = flag.model_copy(update={"where": where})
        kept.append(flag)
    mended = {flag.where for flag in kept}
    return [*kept, *(f for f in after.flags if f.code not in _SAID or f.where not in mended)]


_SAID = ("field_doubtful", "position_doubtful", "authority_doubtful")
"""Doubts that a repair of the same field tells of more exactly."""


def _read(pages: Sequence[RestoredPage]) -> tuple[Letter, list[Correction]]:
    """The letter, and the repairs that its fields need and the text does not have yet."""
    lines = page_lines(pages)
    stamps = [m for p in pages for m in p.marks]
    parts = divide(lines, stamps)
    read = _Reading(
        parts,
        read_letterhead(parts.head),
        find_marks(stamps, [*parts.head, *parts.subject]),
        read_recipients(parts.recipients),
        read_body(parts.body),
        read_foot(parts.foot, stamps),
        read_after(parts.rest),
    )
    found = _findings(read, lines)
    header = _header(read)
    mentions = _citations(read, header)
    written = by_hand(pages, read.head, header, lines)
    letter = _letter(read, header, mentions).model_copy(
        update={
            "evidence": {**found.evidence, **written.evidence},
            "passages": found.account.passages,
            "places": found.account.places(),
        }
    )
    lines_of_subject = _subject(parts, read.head)[0]
    doubts = Doubts(
        head=read.head,
        doubtful_subject=parts.doubtful_subject,
        subject_as_printed=lines_of_subject[0].text if lines_of_subject else "",
        points=read.body.points,
        mentions=mentions,
        signers=read.foot.signers,
    )
    flags = [*written.supersede(check(letter, doubts)), *written.flags]
    named = {flag.where for flag in flags}
    printed = [m.identifier.printed for m in mentions]
    unclear = [*found.flags, *clarity.citation_flags(printed, lines)]
    flags += [flag for flag in unclear if flag.where not in named]
    repairs = _repairs(read, header, mentions, Repairs(pages), lines)
    return letter.model_copy(update={"flags": flags}), repairs


@dataclass(frozen=True, slots=True)
class _Reading:
    """What each part of the letter says."""

    parts: Sections
    head: Letterhead
    marks: dict[str, tuple[str, Mark | PageLine]]
    recipients: list[Entry]
    body: Body
    foot: Foot
    after: After

    @property
    def names(self) -> list[list[PageLine]]:
        """The lines of the letterhead's bodies."""
        return body_names(self.head.bodies)


def _findings(read: _Reading, lines: Sequence[PageLine]) -> Findings:
    found = Findings(lines)
    found.marks(read.marks)
    found.header(read.head, read.names, _subject(read.parts, read.head)[0], read.parts)
    found.signature(read.foot)
    found.lists(read.recipients, read.body, read.foot)
    found.rest(lines, read.parts, read.body, read.after)
    return found


def _repairs(
    read: _Reading,
    header: Header,
    mentions: Sequence[Mention],
    repairs: Repairs,
    lines: Sequence[PageLine],
) -> list[Correction]:
    """What was mended in the fields, as corrections of the text."""
    above = [] if is_joint(read.head) else read.names[:-1]
    for group in read.names:
        name = "parent_body" if group in above else "issuing_body"
        for line in group:
            repairs.add(f"header.{name}", [line], line.text, mended_body(line.text))
    for line in _subject(read.parts, read.head)[0]:
        repairs.add("header.subject", [line], line.text, with_q(line.text))
    head = read.head
    if head.place and header.place:
        repairs.add("header.place", head.date_lines, head.place, header.place)
    if head.date is not None and head.date.clean is not None:
        repairs.add("header.date", head.date_lines, head.date.printed, head.date.clean)
    if head.number is not None and head.number.text and head.number.is_mended:
        repairs.add(
            "header.number_symbol", head.number_lines, head.number.printed, head.number.text
        )
    for signer in read.foot.signers:
        for part, line, text in signer.mended:
            repairs.add(f"signature.{part}", [line], line.text, text)
        slashes = header.date is None or header.date >= rule_since("party forms")
        party = slashes and family_of(head, header) == "party"
        for line in signer.authority:
            if lost := keywords.slashed(line.text, party=party):
                repairs.add("signature.authority", [line], *lost)
    lists = {"recipients": read.recipients, "distribution": read.foot.distribution}
    for name, entries in lists.items():
        for i, entry in enumerate(entries):
            if (meant := mended_entry(entry.text)) != entry.text:
                repairs.add(f"{name}.{i}", entry.lines, entry.text, meant)
    for i, basis in enumerate(read.body.legal_bases):
        if end := keywords.cut_basis(basis.text):
            cut_off = basis.text[:end].strip()
            repairs.add(f"legal_bases.{i}", [basis.lines[0]], cut_off, "Căn cứ")
    first_read = read.body.points[0].marker.label if read.body.points else None
    for left in read.body.preamble:
        if is_first_article(left.text, first_read):
            repairs.add("directives.0", [left.lines[0]], left.text, "Điều 1.")
    for where, node in numbered(read.body.points):
        first = node.first.lines[0]
        if node.marker.repaired:
            mark = first.text[: node.marker.end].strip()
            repairs.add(where, [first], mark, node.marker.label)
    for i, mention in enumerate(mentions):
        for printed, meant in mention.repairs:
            repairs.add(f"citations.{i}", lines, printed, meant, every=True)
    return repairs.all


def _letter(read: _Reading, header: Header, mentions: Sequence[Mention]) -> Letter:
    return Letter(
        family=family_of(read.head, header),
        organisation=organisation_of(read.head, header),
        header=header,
        recipients=[mended_entry(e.text) for e in read.recipients],
        legal_bases=[p.printed for p in read.body.legal_bases],
        preamble=[p.printed for p in read.body.preamble],
        directives=[_charged(d, header.date) for d in to_directives(read.body.points)],
        closing=[p.printed for p in read.body.closing],
        signature=signature_of(read.foot),
        distribution=[mended_entry(e.text) for e in read.foot.distribution],
        citations=[m.citation for m in mentions],
        headings=[title.heading() for title in read.body.titles],
        appendices=[appendix for appendix, _ in read.after.appendices],
        copies=[copy for copy, _ in read.after.copies],
    )


def _charged(directive: Directive, issued: str | None) -> Directive:
    """A directive with who is to carry it out, and by when."""
    deadline = find_deadline(directive.text, issued)
    return directive.model_copy(
        update={
            "actors": find_actors(directive),
            "deadline": deadline,
            "due": due_date(deadline, issued),
        }
    )


def _header(read: _Reading) -> Header:
    marks = {name: words for name, (words, _) in read.marks.items()}
    return header_fields(read.head, read.names).model_copy(
        update={
            "document_type": type_of(read.parts, read.head),
            "subject": _subject(read.parts, read.head)[1],
            "secrecy": marks.get("secrecy"),
            "urgency": marks.get("urgency"),
        }
    )


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
    text = _BEFORE_ABOUT.sub("", join([_STRAY.sub("", t) for t in texts]))
    start = keywords.about_start(text)
    if start is None and lines and lines[0] in head.about:
        start = keywords.misread_about_start(text)
    text = (
        text[start or 0 :].strip(' .;*_"”“')
        if not text.endswith(("”", '"'))
        else text[start or 0 :].strip()
    )
    return lines, text or None


def _citations(read: _Reading, header: Header) -> list[Mention]:
    body, parts = read.body, read.parts
    texts = [header.subject] if header.subject else []
    texts += [p.printed for p in [*body.legal_bases, *body.preamble]]
    texts += [p.text for title in body.titles for p in title.paragraphs]
    texts += [p.text for node in body.points for p in node.paragraphs()]
    texts += [p.text for p in body.closing]
    texts.append(join([x.text for x in parts.rest if not keywords.opens_appendix(x.text)]))
    return find_citations(texts, header.number_symbol)
