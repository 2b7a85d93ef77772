"""The documents a letter cites by number: type, number, date, issuer, each once.

In: paragraphs of the letter; out: citations in the order they come. "Nghị quyết 20-NQ/TW" and
"Nghị quyết số 20-NQ/TW ngày …" are one. Party letters put a comma before "ngày" (Hướng dẫn
05-HD/VPTW), state letters none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import regex

from pipeline.letter.dates import DateMention, find_date
from pipeline.letter.folding import fold
from pipeline.letter.identifiers import (
    LOOKALIKE_BARS,
    Identifier,
    find_identifiers,
    find_old_identifiers,
)
from pipeline.letter.issuers import issuer_after, issuer_before, issuer_of_list
from pipeline.letter.tables import document_types
from pipeline.record import Citation

_BEFORE = 90
_NUMBER_WORD = regex.compile(r"(?:\bs[o06e5][ ]?[:.]?[ ]?)$")
_OLD_START = regex.compile(r"\bsố[ ]+(?=\d{1,6}[ ]?[-–]?[ ]?[\p{Lu}])")
_STRAY = regex.compile(
    r"(?<=\p{Ll}[ ])[.'’`][ ](?=\p{L})|(?<=\p{Ll}[ ])-[ ](?=\p{Ll})|(?<=\bcủa[ ])-[ ]?(?=\p{L})"
)
# A number OCR read as two: only one number can stand between "số" and the slash, and the year.
_SPLIT = regex.compile(
    r"((?<=số[ ])\d{1,3}|(?<=\d/)(?:19|20)\d|(?<=\d/)[12])[ ](\d{1,4}(?=[ ]?[/-][ ]?\p{Lu}))"
    r"|((?<=số[ ])\d)[ ](\d{1,3}(?=/(?:19|20)\d\d/))"
)
_GOES_ON = regex.compile(r"[^\s\p{L}\d,.;:)\"”]?[-–/][\p{L}\d]")
# Digits read apart before the number, as in "số I 08202 2/NĐ-CP": what was taken is its end only.
_BROKEN = regex.compile(r"(?i)\bsố[ :]+(?:[\dIl|O\]()]+[ ])+$")
_NEXT_OF_LIST = regex.compile(r"[ ]?(?:,|;|và|,[ ]?và)[ ](?:số[ ])?")
_LONGEST_DATE = 80
_DATE_GAP = regex.compile(r"(?i)[ ]?,?[ ]?(?=ng)|[ ]?\((?=ng)")


@dataclass(frozen=True, slots=True)
class Mention:
    """One citation in the text. `repairs` are its numbers and dates as printed, at this and other
    places, with what they are read as, where that is not the same."""

    citation: Citation
    identifier: Identifier
    impossible_date: str | None
    unclear_date: str | None = None
    repairs: tuple[tuple[str, str], ...] = ()
    cut_short: bool = False


def find_citations(texts: Sequence[str], own: str | None) -> list[Mention]:
    """All documents cited in `texts`, each once, the letter's own number left out."""
    merged: dict[str, Mention] = {}
    for printed in texts:
        text = _SPLIT.sub(lambda m: "".join(g for g in m.groups() if g), _STRAY.sub("", printed))
        for found in _mentions(text):
            mention = _as_printed(found, printed)
            key = mention.citation.number_symbol
            if key == own or (own and mention.cut_short and own.startswith(key)):
                continue
            merged[key] = _merge(merged[key], mention) if key in merged else mention
    return _without_misread(list(merged.values()))


def _as_printed(mention: Mention, text: str) -> Mention:
    """`mention` with a repair noted where its number stands in the text as two."""
    printed, meant = mention.identifier.printed, mention.citation.number_symbol
    if printed in text or any(m == meant for _, m in mention.repairs):
        return mention
    apart = regex.search(r"\s*".join(map(regex.escape, printed.replace(" ", ""))), text)
    return replace(mention, repairs=((apart[0] if apart else printed, meant), *mention.repairs))


def _without_misread(found: list[Mention]) -> list[Mention]:
    """Leave out a number of unknown code where the letter cites it elsewhere with a known one."""
    alike: dict[str | None, list[Mention]] = defaultdict(list)
    for mention in found:
        alike[mention.identifier.number].append(mention)
    kept: list[Mention] = []
    for mention in found:
        here = mention.identifier
        rivals = alike[here.number]
        if any(_is_cut_off(mention, other) for other in rivals):
            continue
        other = next((m for m in rivals if _is_same_but_code(here, m.identifier)), None)
        if other is None or here.type_code is None or _is_known(here):
            kept.append(mention)
    return kept


def _is_cut_off(one: Mention, other: Mention) -> bool:
    """Is `one` the number of `other` with its end lost ("21/2022/QĐ-TT", "38/TT")? Nothing else
    that is told of it may differ."""
    a, b = one.citation, other.citation
    lost = len(a.number_symbol) < len(b.number_symbol) and b.number_symbol.startswith(
        a.number_symbol
    )
    same_day = a.date is None or b.date is None or a.date == b.date
    same_body = a.issuer is None or b.issuer is None or a.issuer == b.issuer
    return lost and same_day and same_body and a.document_type in (None, b.document_type)


def _is_known(identifier: Identifier) -> bool:
    return any(t.code == identifier.type_code for t in document_types())


def _is_same_but_code(one: Identifier, other: Identifier) -> bool:
    """The same number and body, and a known code of the same length."""
    if one.form != "party" or one.form != other.form or not _is_known(other):
        return False
    same = one.number == other.number and one.parts[1:] == other.parts[1:]
    codes = one.type_code or "", other.type_code or ""
    return same and codes[0] != codes[1] and len(codes[0]) == len(codes[1])


def _merge(first: Mention, second: Mention) -> Mention:
    a, b = first.citation, second.citation
    citation = a.model_copy(
        update={
            "document_type": a.document_type or b.document_type,
            "date": a.date or b.date,
            "issuer": a.issuer or b.issuer,
        }
    )
    repairs = tuple(dict.fromkeys((*first.repairs, *second.repairs)))
    return replace(first, citation=citation, repairs=repairs)


def _mentions(text: str) -> Iterator[Mention]:
    found = list(find_identifiers(text))
    for match in _OLD_START.finditer(text):
        old = find_old_identifiers(text, match.end())
        if old is not None and not any(f.start < old.end and old.start < f.end for f in found):
            found.append(old)
    found.sort(key=lambda i: i.start)
    previous: Mention | None = None
    for i, identifier in enumerate(found):
        until = found[i + 1].start if i + 1 < len(found) else len(text)
        since = previous.identifier.end if previous else 0
        mention = _mention(text, identifier, since, until)
        previous = _of_its_list(text, mention, previous)
        yield previous


def _of_its_list(text: str, mention: Mention, before: Mention | None) -> Mention:
    """A number that only "và số" parts from the one before it is of the same type."""
    if before is None or mention.citation.document_type is not None:
        return mention
    date = _date_after(text, before.identifier.end)
    end = date.end if date else before.identifier.end
    if not _NEXT_OF_LIST.fullmatch(text, end, mention.identifier.start):
        return mention
    kind = before.citation.document_type
    return replace(mention, citation=mention.citation.model_copy(update={"document_type": kind}))


def _mention(text: str, identifier: Identifier, since: int, until: int) -> Mention:
    before = text[max(since, identifier.start - _BEFORE) : identifier.start]
    law = _OF_ASSEMBLY.search(identifier.symbol) is not None
    kind = _type_before(before, law=law) or _type_of_code(identifier)
    date = _date_after(text, identifier.end)
    end = date.end if date else identifier.end
    issuer = (
        issuer_after(text, end, until)
        or issuer_before(before)
        or issuer_of_list(text[max(0, identifier.start - 600) : identifier.start])
    )
    assert identifier.text is not None
    citation = Citation(
        document_type=kind,
        number_symbol=identifier.text,
        date=date.iso if date else None,
        issuer=issuer,
    )
    impossible = date.printed if date and date.impossible else None
    unclear = date.printed if date and date.iso is None and not date.impossible else None
    printed = text[identifier.start : identifier.end]
    repairs = []
    if identifier.repaired or any(c in LOOKALIKE_BARS for c in printed):
        repairs.append((printed, identifier.text))
    if date is not None and date.clean is not None:
        repairs.append((date.printed, date.clean))
    broken = _BROKEN.search(text[max(0, identifier.start - _BEFORE) : identifier.start])
    cut_short = broken is not None or _GOES_ON.match(text, identifier.end) is not None
    return Mention(citation, identifier, impossible, unclear, tuple(repairs), cut_short=cut_short)


def _date_after(text: str, end: int) -> DateMention | None:
    """The date that follows a citation's number, if one does."""
    gap = _DATE_GAP.match(text, end)
    if gap is None:
        return None
    # Folding takes time, and texts are long: what is needed of it is no longer than a line.
    found = find_date(text[gap.end() : gap.end() + _LONGEST_DATE], anchored=True)
    if found is None:
        return None
    return replace(found, start=found.start + gap.end(), end=found.end + gap.end())


@cache
def _type_pattern() -> regex.Pattern[str]:
    names = sorted({fold(t.name) for t in document_types()}, key=len, reverse=True)
    names = [n for n in names if n not in ("lenh", "phu luc")]
    return regex.compile(rf"\b(?:{'|'.join(map(regex.escape, names))})\b")


@cache
def _names_by_fold() -> dict[str, str]:
    return {fold(t.name): t.name for t in document_types()}


# The National Assembly's numbers, whose documents are named by titles with commas in them.
_OF_ASSEMBLY = regex.compile(r"(?:^|/)(?:UBTV)?QH\d{1,2}$")


def _type_before(before: str, *, law: bool) -> str | None:
    """The type named right before a number: "Công văn số", "Luật Lâm nghiệp số"; with `law` the
    title of a law between them may hold commas."""
    folded = fold(before)
    numbered = _NUMBER_WORD.search(folded)
    head = folded[: numbered.start()] if numbered else folded
    matches = list(_type_pattern().finditer(head))
    if not matches:
        return None
    last = matches[-1]
    between = head[last.end() :].strip()
    name = _names_by_fold()[last[0]]
    if not between:
        return name
    if (
        name in ("Luật", "Bộ luật", "Pháp lệnh")
        and numbered
        and not regex.search(r"[;.:]" if law else r"[,;.:]", between)
    ):
        return name
    return None


def _type_of_code(identifier: Identifier) -> str | None:
    """The type a symbol's code means, where only one type has that code."""
    if identifier.type_code is None:
        return None
    families = ("party", "both") if identifier.form == "party" else ("state", "both")
    names = {
        t.name for t in document_types() if t.code == identifier.type_code and t.family in families
    }
    return names.pop() if len(names) == 1 else None
