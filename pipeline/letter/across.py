"""Checks of one field against another: who may sign for which body, which body stood when.

In: the letter as read; out: flags. Only what the rules exclude is flagged: an archive holds letters
of every office, and a check that is often wrong is soon not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import regex
from rapidfuzz.distance import Levenshtein

from pipeline.letter import keywords
from pipeline.letter.folding import fold
from pipeline.letter.in_force import (
    Span,
    body_outside,
    province_outside,
    rule_since,
    symbol_outside,
)
from pipeline.letter.places import is_known_place
from pipeline.letter.tables import Body, bodies, document_types, rows
from pipeline.record import Flag, Header, Letter
from pipeline.restore.orthography import canonical


def checks(letter: Letter) -> Iterator[Flag]:
    """The flags of fields that contradict each other."""
    yield from _signer_of_body(letter)
    yield from _deputy_alone(letter)
    yield from _body_of_number(letter)
    yield from _body_of_day(letter)
    yield from _symbol_of_day(letter)
    yield from _party_form_of_day(letter)
    yield from _year_of_number(letter)
    yield from _province_of_body(letter)


def _signer_of_body(letter: Letter) -> Iterator[Flag]:
    """A position that only another kind of body has ("GIÁM ĐỐC" of a people's committee)."""
    body, position = letter.header.issuing_body, letter.signature.position
    if body is None or position is None or not keywords.is_position(position) or ";" in position:
        return
    authority = fold(letter.signature.authority or "")
    if authority.startswith(("tl", "t/l", "tuq", "t/u")):
        return  # another office signs by order
    office, body_words = fold(position), fold(body)
    for row in rows("signers.tsv"):
        if body_words.startswith(fold(row[0])):
            allowed = [fold(p) for p in row[1].split("; ")]
            if not any(regex.search(rf"\b{p}\b", office) for p in allowed):
                message = f"{position!r} does not sign for {body!r}"
                yield Flag(code="authority_body", message=message, where="signature.position")
            return


def _deputy_alone(letter: Letter) -> Iterator[Flag]:
    """A deputy of a state body that a head leads signs for that head (KT.; Nghị định
    30/2020/NĐ-CP, Phụ lục I, 7a): without it a line was lost. Standing committees and councils act
    together, and their deputies sign for all."""
    position, authority = letter.signature.position or "", letter.signature.authority
    deputy = fold(position).startswith(("pho ", "thu truong")) and ";" not in position
    together = authority is not None and not regex.search(r"uy ban nhan dan|ubnd", fold(authority))
    if letter.family != "state" or not deputy or together:
        return
    if not regex.search(r"(?:^|\s)K[ ]?[./]?[ ]?T", authority or ""):
        message = f"{position!r} signs for nobody; a line may be lost"
        yield Flag(code="authority_doubtful", message=message, where="signature.authority")


_OF_MANY = frozenset(("CT", "TT", "BCĐ", "BQL", "CA", "TTr", "ĐH", "CB", "ĐB", "CAT", "CATP", "TW",
                      "TƯ", "QH", "CCB", "BTC", "BCT", "TCT", "BTP", "BNN"))  # fmt: skip
"""Abbreviations that more than one body has (BTC is Bộ Tài chính, and a Ban Tổ chức)."""


def _body_of_number(letter: Letter) -> Iterator[Flag]:
    """A number with the abbreviation of another body than the letterhead names ("…/QĐ-SNV" below
    "UBND TỈNH …"): a line of names was lost, or the number is ill read."""
    header = letter.header
    found = _abbreviation(header.symbol or "")
    if found is None and (meant := _cut_short(header)):
        message = f"{header.symbol!r} may be that of {meant!r}"
        yield Flag(code="number_body", message=message, where="header.number_symbol")
    if found is None or header.issuing_body is None or found.abbreviation in _OF_MANY:
        return
    issuing = fold(header.issuing_body)
    named = f"{issuing} {fold(header.parent_body or '')}"
    initials = "".join(w[0] for w in issuing.split() if w[0].isalpha() and w != "va")
    known = any(_without_spaces(fold(n)) in _without_spaces(named) for n in found.name.split(", "))
    short = fold(found.abbreviation)
    if known or short in named.split() or short in initials or "&" in issuing:
        return
    message = f"{found.abbreviation!r} in the number is not {header.issuing_body!r}"
    for name in ("parent_body", "issuing_body", "number_symbol"):
        yield Flag(code="number_body", message=message, where=f"header.{name}")


def _parts(symbol: str) -> list[str]:
    """The abbreviations in a symbol, without years."""
    return [part for part in regex.split(r"[-/+]", symbol) if not part.isdigit()]


def _abbreviation(symbol: str) -> Body | None:
    """The body that a symbol names, where it is a known one: after the code of the type, or first
    in the symbol of a công văn. None for joint letters."""
    parts = _parts(symbol)
    codes = {t.code for t in document_types() if t.code}
    if not parts or parts[0] in ("TTLT", "NQLT", "TTLB"):
        return None
    at = 1 if len(parts) > 1 and parts[0] in codes else 0
    return bodies().get(parts[at])


def _cut_short(header: Header) -> str | None:
    """The abbreviation of the issuing body that the symbol has but for one letter ("QĐ-UBD")."""
    parts = _parts(header.symbol or "")
    issuing = fold(header.issuing_body or "")
    own = [
        b.abbreviation
        for b in bodies().values()
        if len(b.abbreviation) > 2 and any(issuing.startswith(fold(n)) for n in b.name.split(", "))
    ]
    if issuing.startswith("ubnd"):
        own.append("UBND")
    near = [a for a in own for p in parts if Levenshtein.distance(a, p) == 1]
    return near[0] if near and not set(own) & set(parts) else None


def _without_spaces(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


def _body_of_day(letter: Letter) -> Iterator[Flag]:
    """A body that was no longer, or not yet, on the letter's day: one of them is ill read."""
    date = letter.header.date
    if date is None:
        return
    for field in ("issuing_body", "parent_body"):
        body = getattr(letter.header, field)
        found = (body_outside(body, date) or province_outside(body, date)) if body else None
        if found is not None:
            message = f"{body!r} on {date}: {_told(found, date)}"
            code = "body_abolished" if found.last and date > found.last else "body_not_yet"
            yield Flag(code=code, message=message, where=f"header.{field}")


def _symbol_of_day(letter: Letter) -> Iterator[Flag]:
    """An abbreviation in the number of a body that did not stand on the letter's day."""
    symbol, date = letter.header.symbol, letter.header.date
    if symbol is None or date is None:
        return
    found = symbol_outside(regex.split(r"[-/+]", symbol), date)
    if found is not None:
        stood = _told(replace(found, successor=""), date)
        message = f"{found.name!r} ({found.successor}) on {date}: {stood}"
        yield Flag(code="number_of_day", message=message, where="header.number_symbol")
    match = regex.match(r"^(?:19|20)\d\d/", symbol)
    since = rule_since("year in numbers")
    if match and date < since:
        message = f"numbers with a year came with {since}, the letter is of {date}"
        yield Flag(code="number_of_day", message=message, where="header.number_symbol")


def _told(span: Span, day: str) -> str:
    if span.last and day > span.last:
        then = f", then {span.successor}" if span.successor else ""
        return f"until {span.last}{then}"
    return f"from {span.first} on"


def _party_form_of_day(letter: Letter) -> Iterator[Flag]:
    """A Party number without its hyphen ("12 CT/TU"), which the rule of 2004 prescribes."""
    number, date = letter.header.number_symbol, letter.header.date
    spaced = number is not None and regex.match(r"^\d+ \p{Lu}", number) is not None
    since = rule_since("hyphen in party numbers")
    if letter.family == "party" and spaced and date is not None and date >= since:
        message = f"{number!r} has no hyphen, as Party numbers have since {since}"
        yield Flag(code="number_of_day", message=message, where="header.number_symbol")


def _year_of_number(letter: Letter) -> Iterator[Flag]:
    """The year in a number is that of the date ("15/2021/QĐ-UBND" is of 2021)."""
    number, date = letter.header.number_symbol, letter.header.date
    match = regex.match(r"^\d+[a-z]?/((?:19|20)\d\d)/", number or "")
    if match and date and match[1] != date[:4]:
        message = f"the number {number!r} is of {match[1]}, the letter of {date}"
        yield Flag(code="number_year", message=message, where="header.number_symbol")


_OF_PROVINCE = regex.compile(
    r"\b(?:TỈNH|THÀNH)[ ](?:(?:UỶ|ỦY|ĐOÀN|PHỐ)[ ])?(?!(?:UỶ|ỦY|ĐOÀN|PHỐ)\b)"
    r"(?P<name>\p{Lu}[\p{Lu}'’ -]+?)(?:$|[,;(])"
)


def _province_of_body(letter: Letter) -> Iterator[Flag]:
    """A province or city in a body's name that nobody knows and nothing else of the letter names:
    a letter of it was lost ("UBND TỈNH ÌNH ĐỊNH")."""
    header = letter.header
    others = [*letter.recipients, *letter.distribution, *letter.preamble, *letter.legal_bases]
    others += [header.place or "", header.subject or "", *(d.text for d in letter.directives)]
    bodies_named = [header.parent_body, header.issuing_body]
    for name, body in zip(("parent_body", "issuing_body"), bodies_named, strict=True):
        match = _OF_PROVINCE.search(body or "")
        if match is None or is_known_place(match["name"]):
            continue
        meant = regex.compile(rf"\b{regex.escape(canonical(match['name'].casefold()))}\b")
        texts = [*others, *(b for b in bodies_named if b and b != body)]
        if not any(meant.search(canonical(text.casefold())) for text in texts):
            message = f"no such place is known: {match['name']!r}"
            yield Flag(code="field_doubtful", message=message, where=f"header.{name}")
