"""Checks across the fields of a letter; each that fails is a flag for a person to look at.

In: the letter as read and what the readers doubted; out: flags (docs/letter.md lists the codes).
Nothing is changed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from pipeline.letter import across, keywords, spelling
from pipeline.letter.citations import Mention
from pipeline.letter.directives import Node
from pipeline.letter.folding import fold, starts_lower
from pipeline.letter.header import Letterhead, is_unfinished
from pipeline.letter.identifiers import Identifier, party_codes, without_lookalikes
from pipeline.letter.in_force import rule_since
from pipeline.letter.lines import PageLine
from pipeline.letter.markers import CAPITALS, LETTERS, OPTIONAL_LETTERS, Marker, is_first_article
from pipeline.letter.mending import Signer
from pipeline.letter.places import is_known_place, with_q
from pipeline.letter.tables import authorities, document_types
from pipeline.record import Flag, Letter, Signature

_MANDATORY = (
    ("date", "missing_date", "no date was read in the letterhead"),
    ("issuing_body", "missing_issuing_body", "no issuing body was read"),
    ("document_type", "missing_document_type", "the type of document was not read"),
    ("subject", "missing_subject", "no trích yếu was read"),
)
_LONGEST_SUBJECT = 400
# The trích yếu of a state letter begins in small letters only where a verb or "về" opens it.
_OPENS_LOW = regex.compile(
    r"(?:ve|ban hanh|cong bo|phe duyet|quy dinh|tang cuong|trien khai|thuc hien|to chuc|sua doi|"
    r"thanh lap|kien toan|bo nhiem|dieu dong|giao|ket qua|ket luan|tinh hinh|tong ket|so ket|cua|"
    r"huong dan|phan cong|cho|cap|thu hoi|bai bo|thong qua|ap dung|dieu chinh|bo sung|"
    r"khen thuong)\b"
)
# Words of the body in it: it ran on, or is none of it.
_RAN_ON = regex.compile(r"(?<=[\p{L}\d.;] |- )Căn cứ\b|^(?:Theo|Nay|Căn cứ|Xét)[ ]|\./")
_EARLIEST = "1945-01-01"


@dataclass(frozen=True, slots=True)
class Doubts:
    """What the readers saw that the fields alone do not show."""

    head: Letterhead
    doubtful_subject: bool
    subject_as_printed: str
    points: Sequence[Node]
    mentions: Sequence[Mention]
    signers: Sequence[Signer]


def check(letter: Letter, doubts: Doubts) -> list[Flag]:
    """The flags of a letter, in the order of its fields."""
    return [
        *_missing(letter, doubts),
        *_names_mended(letter, doubts),
        *_number(letter, doubts),
        *_date(letter, doubts),
        *_subject(letter, doubts),
        *_first_article(letter),
        *_numbering(doubts.points),
        *_signature(letter, doubts),
        *across.checks(letter),
        *spelling.checks(letter),
        *_citations(doubts.mentions),
    ]


def _missing(letter: Letter, doubts: Doubts) -> Iterator[Flag]:
    """Fields an archive must have (Thông tư 05/2025/TT-BNV, EAD_doc) that are null."""
    number = doubts.head.number
    if letter.header.number_symbol is None:
        if number is not None and number.illegible:
            yield _flag("number_illegible", "the number cannot be read", "header.number_symbol")
        elif number is not None:
            yield _flag("missing_number", "the number was left blank", "header.number_symbol")
        else:
            yield _flag("missing_number", "no number was read", "header.number_symbol")
    for name, code, message in _MANDATORY:
        if getattr(letter.header, name) is None and not (name == "date" and doubts.head.date):
            yield _flag(code, message, f"header.{name}")
    if letter.header.parent_body is None and _has_superior(letter):
        message = "a department without the body above it"
        yield _flag("missing_parent_body", message, "header.parent_body")
    unsigned = letter.signature.position is None and not _needs_no_position(letter.signature)
    if unsigned and (doubts.signers or letter.distribution):
        yield _flag("missing_position", "no position was read", "signature.position")
    if letter.signature.signer is None:
        yield _flag("missing_signer", "no signer was read", "signature.signer")


_BELOW = regex.compile(
    r"^(?:so|phong|chi cuc|trung tam|benh vien|truong (?:mam non|tieu hoc|thcs|thpt|trung hoc)|"
    r"tram|hat) "
)

_WHOSE = regex.compile(r"\b(?:TỈNH|THÀNH PHỐ|TP\.?|HUYỆN|QUẬN)[ ]+\p{Lu}")


def _has_superior(letter: Letter) -> bool:
    """Is the issuing body one whose superior stands above it, and does its own name not say whose
    it is (Nghị định 30/2020/NĐ-CP, Phụ lục I, II.2)?"""
    issuing = letter.header.issuing_body or ""
    below = letter.family == "state" and _BELOW.match(fold(issuing)) is not None
    named = f" {(letter.header.place or '-').upper()}" in f" {issuing}"
    return below and not named and not _WHOSE.search(issuing)


def _names_mended(letter: Letter, doubts: Doubts) -> Iterator[Flag]:
    """Names in the letterhead that are not what was read, not whole, or not known."""
    issuing = letter.header.issuing_body
    if issuing and letter.header.parent_body is None and is_unfinished(issuing):
        message = f"the name goes on after {issuing!r}"
        yield _flag("field_doubtful", message, "header.issuing_body")
    bodies = " ".join(line.text for line in doubts.head.bodies)
    for name in ("parent_body", "issuing_body"):
        value = getattr(letter.header, name)
        if value is not None and any(word not in bodies for word in value.split()):
            yield _flag("body_repaired", f"marks were put back: {value!r}", f"header.{name}")
    if "bodies" in doubts.head.doubtful:
        for name in ("parent_body", "issuing_body"):
            yield _flag(
                "field_doubtful", "a line of the names above is not clear", f"header.{name}"
            )
    elif issuing and not keywords.opens_body(issuing) and not keywords.is_position(issuing):
        message = f"no body's name that is known begins as {issuing!r}"
        yield _flag("field_doubtful", message, "header.issuing_body")
        if letter.header.parent_body is None:  # two names may have been taken for one
            yield _flag("field_doubtful", message, "header.parent_body")
    place = letter.header.place
    if place is not None and place != doubts.head.place:
        yield _flag("place_repaired", f"{doubts.head.place!r} was read", "header.place")
    elif (
        place is not None
        and not is_known_place(place)
        and f" {place.upper()} " not in f" {bodies} "
    ):
        yield _flag("place_doubtful", f"no such place is known: {place!r}", "header.place")


def _number(letter: Letter, doubts: Doubts) -> Iterator[Flag]:
    """The number's form against family and type (Hướng dẫn 36-HD/VPTW, 1.3; Nghị định
    30/2020/NĐ-CP, Phụ lục III)."""
    number = doubts.head.number
    if number is None:
        if doubts.head.bare_number is not None:
            yield _flag("number_incomplete", "the number has no symbol", "header.number_symbol")
        return
    where = "header.number_symbol"
    if "number" in doubts.head.doubtful:
        yield _flag("number_doubtful", "a hand may have written the number", where)
    if odd := _odd_number(letter, number, doubts.head.number_lines):
        yield _flag("number_doubtful", odd, where)
    if number.repaired:
        yield _flag("number_repaired", f"{number.printed!r} was read as {number.text!r}", where)
    crossed = {letter.family, number.form} == {"party", "state"}
    if number.form != "old" and crossed and _is_by_rule(letter):
        message = f"a {number.form} number on a {letter.family} letter"
        yield _flag("number_form", message, where)
    kind = letter.header.document_type
    if number.type_code and kind and kind not in _names(number.type_code):
        message = f"the code {number.type_code} is not that of a {kind}"
        yield _flag("number_type", message, where)
        if kind == "Công văn":  # of a letter without a title: the title's line may be lost
            yield _flag("number_type", message, "header.document_type")


def _odd_number(letter: Letter, number: Identifier, lines: Sequence[PageLine]) -> str | None:
    """What of the number no letter bears: a capital after its figures, a figure in its symbol, no
    mark or no code between figures and body where the rules have one, more of it cut off."""
    if number.number is not None and number.number[-1:].isupper():
        return f"a capital ends the figures of {number.text!r}"
    if number.number is not None and not number.number.strip("0"):
        return f"no letter has the number {number.number!r}"
    if any(_FIGURE_IN_SYMBOL.search(p) for p in number.parts):
        return f"a figure stands in the symbol of {number.text!r}"
    told = letter.family == "party" and " " in (number.text or "")  # `number_of_day` says it
    if _is_by_rule(letter) and number.form == "old" and letter.family != "other" and not told:
        return f"{number.text!r} has no form of its day"
    if _lacks_code(letter, number):
        return f"no type of document has the code of {number.text!r}"
    for line in lines:
        after = line.text[line.text.find(number.printed) + len(number.printed) :]
        if number.printed in line.text and _REST_OF_SYMBOL.match(after):
            return f"more than {number.printed!r} is printed"
    return None


_FIGURE_IN_SYMBOL = regex.compile(r"^(?!.*(?:QH|UBTVQH|BCĐ|HĐ|TTLT)\d).*\p{L}\d|^\d\p{L}")
_REST_OF_SYMBOL = regex.compile(r"[-–/.]?\p{L}|[ ][-–/]?\p{Lu}{1,5}(?:[-–/]\p{Lu}|$)|[-–/]")


def _lacks_code(letter: Letter, number: Identifier) -> bool:
    """Does a titled letter of a kind that has a code bear a symbol of two parts without one?"""
    kind = letter.header.document_type
    coded = (
        kind is not None
        and kind != "Công văn"
        and any(t.name == kind and t.code for t in document_types())
    )
    return coded and number.type_code is None and number.form != "old" and len(number.parts) == 2


def _is_by_rule(letter: Letter) -> bool:
    """Is the letter of a day on which its family's rule parted slash and full stop, hyphen and
    slash (Quy định 31-QĐ/TW, 1997; Thông tư liên tịch 55/2005)? Older letters mix them."""
    date = letter.header.date
    if date is None or letter.family == "other":
        return True
    return date >= rule_since(f"{letter.family} forms")


def _names(code: str) -> set[str]:
    return {t.name for t in document_types() if t.code == code}


def _date(letter: Letter, doubts: Doubts) -> Iterator[Flag]:
    date, where = doubts.head.date, "header.date"
    if date is None:
        return
    if date.impossible:
        yield _flag("impossible_date", f"no such day: {date.printed!r}", where)
    elif date.iso is None:
        yield _flag("date_incomplete", f"not all of the date can be read: {date.printed!r}", where)
    elif date.iso < _EARLIEST:
        yield _flag("date_implausible", f"before September 1945: {date.iso}", where)
    if "date" in doubts.head.doubtful:
        yield _flag("date_doubtful", "a part of the date is not clear", where)
    if date.repaired:
        yield _flag("date_repaired", f"{date.printed!r} was read as {date.iso}", where)
    if date.iso is None:
        return
    for i, citation in enumerate(letter.citations):
        if citation.date is not None and citation.date > date.iso:
            message = f"dated {date.iso}, but cites {citation.number_symbol} of {citation.date}"
            yield _flag("date_before_citation", message, f"citations.{i}")


def _subject(letter: Letter, doubts: Doubts) -> Iterator[Flag]:
    if letter.header.document_type == "Công văn" and not doubts.head.about_marked:
        message = 'the "V/v" before the trích yếu is not clear'
        yield _flag("subject_start_doubtful", message, "header.subject")
    subject = letter.header.subject or ""
    if (meant := with_q(subject)) != subject:
        message = f"{subject!r} was read as {meant!r}"
        yield _flag("subject_repaired", message, "header.subject")
    titled = letter.header.document_type != "Công văn" and letter.family != "party"
    if titled and starts_lower(doubts.subject_as_printed) and not _OPENS_LOW.match(fold(subject)):
        message = "the trích yếu begins in the middle of a sentence"
        yield _flag("subject_start_doubtful", message, "header.subject")
    ran_on = _RAN_ON.search(subject) is not None
    if doubts.doubtful_subject or ran_on or len(subject) > _LONGEST_SUBJECT:
        yield _flag("subject_end_doubtful", "the end of the trích yếu is a guess", "header.subject")
    for mention in doubts.mentions:
        printed = mention.identifier.printed
        if printed in subject and printed != mention.identifier.text:
            yield _flag("field_doubtful", f"{printed!r} is not clear", "header.subject")


def _first_article(letter: Letter) -> Iterator[Flag]:
    """ "Điều 1." put back from what a stamp left of it."""
    first = letter.directives[0].marker if letter.directives else None
    if any(is_first_article(text, first) for text in letter.preamble):
        yield _flag("marker_repaired", "a mark was read as 'Điều 1.'", "directives.0")


def _numbering(points: Sequence[Node], where: str = "directives") -> Iterator[Flag]:
    """Gaps and repetitions in the numbering of the points, and marks that had to be mended."""
    before: Marker | None = None
    for i, node in enumerate(points):
        here = f"{where}.{i}"
        marker = node.marker
        if marker.repaired:
            yield _flag("marker_repaired", f"a mark was read as {marker.label!r}", here)
        expected_start = before is None or before.kind != marker.kind
        if marker.is_numbered and not _follows(None if expected_start else before, marker):
            after = f"follows {before.label!r}" if before and not expected_start else "comes first"
            yield _flag("numbering_gap", f"{marker.label!r} {after}", here)
        before = marker
        yield from _numbering([c for c in node.children if isinstance(c, Node)], f"{here}.items")


def _follows(before: Marker | None, marker: Marker) -> bool:
    last = before.value if before is not None else 0
    if marker.kind in ("letter", "capital"):
        series = LETTERS if marker.kind == "letter" else CAPITALS.lower()
        skipped = series[last : marker.value - 1]
        return marker.value > last and all(c in OPTIONAL_LETTERS for c in skipped)
    return marker.value == last + 1


def _signature(letter: Letter, doubts: Doubts) -> Iterator[Flag]:
    """Party letters write T/M, state letters TM. (Hướng dẫn 36-HD/VPTW, 1.7; Nghị định
    30/2020/NĐ-CP, Phụ lục I)."""
    found = {doubt for s in doubts.signers for doubt in s.doubts}
    yield from _incomplete(letter)
    for part in ("authority", "position", "signer"):
        where = f"signature.{part}"
        if f"{part}_repaired" in found:
            yield _flag(f"{part}_repaired", f"the {part} is mended from the word lists", where)
        elif part in found:
            yield _flag(f"{part}_doubtful", f"the {part} is not clear", where)
    if len(doubts.signers) > 1:
        count = len(doubts.signers)
        yield _flag("several_signers", f"{count} signatures stand together", "signature.signer")
    authority = letter.signature.authority or ""
    if lost := keywords.slashed(authority, party=letter.family == "party" and _is_by_rule(letter)):
        message = f"{lost[0]!r} was read as {lost[1]!r}"
        yield _flag("authority_repaired", message, "signature.authority")
    stopped = f"{authority.split(' ')[0].rstrip('.')}."
    form = next(
        (f for f in authorities() if (authority if "/" in f[0] else stopped).startswith(f[0])), None
    )
    crossed = form is not None and {letter.family, form[1]} == {"party", "state"}
    if form is not None and crossed and _is_by_rule(letter):
        message = f"{form[0]} on a {letter.family} letter"
        yield _flag("authority_form", message, "signature.authority")


def _incomplete(letter: Letter) -> Iterator[Flag]:
    """Of a signature without its position or name a part was lost; what was read of the rest may
    be a part, too."""
    signature = letter.signature
    begun = signature != Signature() or letter.distribution
    if signature.signer and _needs_no_position(signature):
        return
    if not begun or (signature.position and signature.signer):
        return
    message = "the signature is not whole; its other parts may be lost or cut, too"
    if signature.position is None:
        yield _flag("authority_doubtful", message, "signature.authority")
    elif signature.signer is None:
        yield _flag("position_doubtful", message, "signature.position")


def _needs_no_position(signature: Signature) -> bool:
    """Members of the Bộ Chính trị and the Ban Bí thư sign for it by their name alone."""
    authority = fold(signature.authority or "")
    return authority.endswith((" bo chinh tri", " ban bi thu"))


def _citations(mentions: Sequence[Mention]) -> Iterator[Flag]:
    for i, mention in enumerate(mentions):
        where = f"citations.{i}"
        for printed, meant in mention.repairs:
            if without_lookalikes(printed) != meant:
                message = f"{printed!r} was read as {meant!r}"
                yield _flag("citation_repaired", message, where)
        if mention.cut_short:
            message = f"more than {mention.identifier.text!r} is printed"
            yield _flag("citation_doubtful", message, where)
        code = mention.identifier.type_code
        if mention.identifier.form == "party" and code not in party_codes():
            message = f"no type of document has the code {code!r}"
            yield _flag("citation_doubtful", message, where)
        if mention.unclear_date:
            message = f"its date is not clear: {mention.unclear_date!r}"
            yield _flag("citation_doubtful", message, where)
        if mention.impossible_date:
            yield _flag("impossible_date", f"no such day: {mention.impossible_date!r}", where)


def _flag(code: str, message: str, where: str) -> Flag:
    return Flag(code=code, message=message, where=where)
