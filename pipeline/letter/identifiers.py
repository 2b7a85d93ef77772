"""The numbers letters bear: Party `1046-CV/TU`, state `2450/VPCP-KGVX`, `15/2021/QĐ-UBND`.

Party letters write number-type/body (Hướng dẫn 36-HD/VPTW, 1.3), state letters number/type-body or
number/body-unit (Nghị định 30/2020/NĐ-CP, Phụ lục III). The hyphen and the slash are never swapped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import regex
from rapidfuzz.distance import Levenshtein

from pipeline.letter.folding import upper_share
from pipeline.letter.tables import bodies, document_types

_U = "A-ZĐĂÂÊÔƠƯ"
_PART = rf"[{_U}][{_U}a-z0-9&.]{{0,14}}+"
_STOP = r"(?![\p{L}\d])"
_NUMBER = (
    r"(?:(?<![^\s([\"“”:;,])|(?<=\s\.))"
    r"(?P<num>\d{1,3}\.\d{1,3}(?=/20\d\d/)|\d{1,6}[a-zA-Z]?|(?=[OolI\d]*\d)[OolI\d]{2,6})"
)
_SLASH = r"[ ]?[/⁄∕]{1,2}[ ]?"
_DASH = r"[ ]?[-–—−‑][ ]?"
_JOINT = r"[ ]?[-–—−‑+][ ]?"

_PARTY = regex.compile(
    rf"{_NUMBER}{_DASH}(?P<type>[{_U}][{_U}a-zố]{{0,4}}+){_SLASH}"
    rf"(?P<org>{_PART}(?:[-–]{_PART}){{0,3}}){_STOP}"
)
_PARTY_RUN_TOGETHER = regex.compile(
    rf"{_NUMBER}{_DASH}(?P<type>[{_U}]{{2}})[Il|](?P<org>TW|TU|HU|ĐU){_STOP}"
)
_STATE = regex.compile(
    rf"{_NUMBER}{_SLASH}(?:(?P<year>(?:19|20)\d\d){_SLASH})?"
    rf"(?P<sym>(?:TTLT/)?{_PART}(?:{_JOINT}{_PART}){{0,9}}){_STOP}"
)
_NO_SLASH = regex.compile(
    rf"(?<=\bsố[ ])(?P<num>\d{{1,5}})(?P<sym>(?P<body>[{_U}]{{2,9}}+|CTr|TTr)-{_PART}){_STOP}"
)
_OLD = regex.compile(
    rf"{_NUMBER}(?P<sep>[ ]?[-–][ ]?|[ ]?/[ ]?|[ ]|)"
    rf"(?P<sym>[{_U}][{_U}a-z0-9]{{1,9}}+"
    rf"(?:[ ]?[-–/.][ ]?[{_U}][{_U}a-z0-9]{{0,9}}+){{0,3}}){_STOP}"
)
_UNREAD = regex.compile(
    rf"^(?P<num>[^\p{{L}}/-]{{0,12}}|[^/]{{0,8}}?|[\d/|. ]{{1,8}}?)[ ]?(?P<sep>[-–/⁄])[ ,.]{{0,2}}"
    rf"(?:(?P<year>(?:19|20)\d\d){_SLASH})?(?P<sym>{_PART}(?:[ ]?[-–/][ ]?{_PART}){{0,5}}){_STOP}"
)
# No point or comma stands between the slash and the symbol: a speck of the paper or of a pen.
_SPECK = regex.compile(r"^[ :.]*\d{1,5}[a-z]?[ ]?[/⁄](?P<speck>[ ]?[,.'’][ ]?)(?=\p{Lu})")
_LOOKALIKE_DIGITS = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1"})
LOOKALIKE_BARS = "ÐƉð"
"""Letters that look like Đ and đ: put right without a flag, for on paper they are the same."""
_SAME_LETTERS = str.maketrans({"Ð": "Đ", "Ɖ": "Đ", "ð": "đ"})


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number with its symbol. `text` is the whole in its clean form, `printed` as on the page;
    `form` is party, state or old; `number` is None where it was left blank; `repaired` where the
    clean form mends what was read, `illegible` where something that is no number stands in its
    place. `start` and `end` are places in the text searched."""

    text: str | None
    printed: str
    number: str | None
    symbol: str
    type_code: str | None
    form: str
    start: int
    end: int
    repaired: bool = False
    illegible: bool = False

    @property
    def is_mended(self) -> bool:
        """Is the clean form not what stands there, or is a Đ of it a look-alike?"""
        return self.repaired or any(c in LOOKALIKE_BARS for c in self.printed)

    @property
    def parts(self) -> tuple[str, ...]:
        """The abbreviations of the symbol, without a year."""
        return tuple(p for p in regex.split(r"[-/+]", self.symbol) if not p.isdigit())


def find_identifiers(text: str) -> Iterator[Identifier]:
    """Every identifier in running text, from left to right, none within another."""
    printed, text = text, text.translate(_SAME_LETTERS)
    taken: list[Identifier] = []
    for match in _PARTY.finditer(text):
        if found := _party(match):
            taken.append(found)
    for match in _PARTY_RUN_TOGETHER.finditer(text):
        if found := _party(match, run_together=True):
            taken.append(found)
    for match in _STATE.finditer(text):
        if not any(t.start < match.end() and match.start() < t.end for t in taken) and (
            found := _state(match)
        ):
            taken.append(found)
    for match in _NO_SLASH.finditer(text):
        if match["body"] in bodies() or match["body"] in _codes("state"):
            taken.append(_without_slash(match))
    return iter(_as_printed(i, printed) for i in sorted(taken, key=lambda i: i.start))


def _as_printed(found: Identifier, text: str) -> Identifier:
    """With `printed` as it stands in `text`, look-alike letters and all."""
    return replace(found, printed=text[found.start : found.end])


def without_lookalikes(text: str) -> str:
    """`text` with Đ and đ for the letters that look like them."""
    return text.translate(_SAME_LETTERS)


def read_number_line(text: str) -> Identifier | None:
    """The identifier of a letterhead's line, given what follows "Số".

    Its number is None where it was left blank, or where what stands there is no number (a hand
    wrote it, a stamp covers it): then nothing is guessed. Older forms ("77-TTg", "1117 TC/QLCS")
    count here, and only here."""
    printed, text = text, text.translate(_SAME_LETTERS)
    if speck := _SPECK.match(text):
        whole = read_number_line(text[: speck.start("speck")] + text[speck.end("speck") :])
        if whole is None or whole.number is None:
            return whole
        end = whole.end + len(speck["speck"])
        return replace(whole, printed=printed[whole.start : end], end=end, repaired=True)
    first = next(find_identifiers(text), None)
    if first is None or text[: first.start].strip(" .:…_,;*"):
        match = _OLD.search(text)
        if match is not None and not text[: match.start()].strip(" .:…_,;*"):
            first = _old(match)
        else:
            match = _UNREAD.match(text)
            first = _unread(match) if match else None
    return _as_printed(first, printed) if first else None


_SYMBOL_AT_END = regex.compile(rf"(?<=[\s/⁄])(?P<sym>{_PART}-{_PART}(?:-{_PART})?)$")


def read_symbol_at_end(text: str) -> Identifier | None:
    """The symbol that ends a line whose number cannot be read; only one of known abbreviations."""
    match = _SYMBOL_AT_END.search(text.translate(_SAME_LETTERS))
    if match is None:
        return None
    parts = match["sym"].split("-")
    known = _codes("state") | frozenset(bodies())
    if parts[0] not in known or (len(parts) > 1 and parts[1] not in known):
        return None
    return Identifier(
        text=None,
        printed=match["sym"],
        number=None,
        symbol=match["sym"],
        type_code=parts[0] if parts[0] in _codes("state") else None,
        form="state",
        start=match.start(),
        end=match.end(),
        illegible=True,
    )


def find_old_identifiers(text: str, start: int) -> Identifier | None:
    """An older identifier ("217-HĐBT", "45 TT/LN") that begins exactly at `start`."""
    match = _OLD.match(text.translate(_SAME_LETTERS), start)
    if match is None or upper_share(match["sym"]) < 0.6:
        return None
    code = regex.split(r"[-/.]", match["sym"])[0]
    typed = "/" in match["sym"] and code in _codes("state") | _codes("party")
    return _old(match) if match["sep"].strip() == "-" or typed else None


def _party(match: regex.Match[str], *, run_together: bool = False) -> Identifier | None:
    number, mended = _digits(match["num"])
    kind, org = match["type"], _trim(match["org"])
    clean_kind = _known_code(kind, org)
    if clean_kind is None:
        return None
    clean_org = _with_bar(org)
    symbol = f"{clean_kind}/{clean_org}"
    return Identifier(
        text=f"{number}-{symbol}",
        printed=match[0],
        number=number,
        symbol=symbol,
        type_code=clean_kind,
        form="party",
        start=match.start(),
        end=match.start("org") + len(org),
        repaired=mended or run_together or (clean_kind, clean_org) != (kind, org),
    )


def _state(match: regex.Match[str]) -> Identifier | None:
    number, mended = _digits(match["num"])
    printed = _trim(match["sym"])
    parts = [p.strip() for p in regex.split(r"[-–—−‑+]", _hyphened(printed))]
    if any(upper_share(p) < 0.5 for p in parts) or (len(parts) == 1 and len(parts[0]) < 2):
        return None
    clean = [_with_bar(p) for p in parts]
    joint = "+" if "+" in printed else "-"
    symbol = joint.join(clean)
    code = clean[0] if clean[0] in _codes("state") and len(clean) > 1 else None
    if match["year"]:
        symbol = f"{match['year']}/{symbol}"
    return Identifier(
        text=f"{number}/{symbol}",
        printed=match[0],
        number=number,
        symbol=symbol,
        type_code=code,
        form="state",
        start=match.start(),
        end=match.start("sym") + len(printed),
        repaired=mended or clean != parts or _hyphened(printed) != printed,
    )


def _hyphened(symbol: str) -> str:
    """A symbol whose hyphen was read as a full stop: between a known code and a known body."""
    code, stop, body = symbol.partition(".")
    known = code in _codes("state") and body in bodies()
    return f"{code}-{body}" if stop and known else symbol


def _without_slash(match: regex.Match[str]) -> Identifier:
    """A number run into the abbreviation of a known body or type: a slash was lost (the hyphen
    behind it tells that it is no Party number)."""
    symbol = _trim(match["sym"])
    code = match["body"] if match["body"] in _codes("state") else None
    return Identifier(
        text=f"{match['num']}/{symbol}",
        printed=match[0],
        number=match["num"],
        symbol=symbol,
        type_code=code,
        form="state",
        start=match.start(),
        end=match.start("sym") + len(symbol),
        repaired=True,
    )


def _old(match: regex.Match[str]) -> Identifier | None:
    number, mended = _digits(match["num"])
    symbol = regex.sub(r"\s*([-/.])\s*", r"\1", _trim(match["sym"]).replace("–", "-"))
    if upper_share(symbol) < 0.5:
        return None
    first = regex.split(r"[-/.]", symbol)[0]
    known = _codes("state") | _codes("party")
    if not match["sep"] and (first not in known or len(first) == len(symbol)):
        return None  # "12CT/TU" was usual, "12ABC" is none
    separator = match["sep"].strip().replace("–", "-") or match["sep"]
    return Identifier(
        text=f"{number}{separator}{symbol}",
        printed=match[0],
        number=number,
        symbol=symbol,
        type_code=first if first in known else None,
        form="old",
        start=match.start(),
        end=match.start("sym") + len(_trim(match["sym"])),
        repaired=mended,
    )


def _unread(match: regex.Match[str]) -> Identifier | None:
    symbol = regex.sub(r"\s*([-/])\s*", r"\1", _trim(match["sym"]).replace("–", "-"))
    if upper_share(symbol) < 0.5:
        return None
    form = "party" if match["sep"] in "-–" else "state"
    first = regex.split(r"[-/]", symbol)[0]
    if match["year"]:
        symbol = f"{match['year']}/{symbol}"
    return Identifier(
        text=None,
        printed=match[0],
        number=None,
        symbol=symbol,
        type_code=first if first in _codes(form) else None,
        form=form,
        start=match.start(),
        end=match.end(),
        illegible=any(c.isprintable() and c not in " .:…_,;*-–/" for c in match["num"]),
    )


def _trim(symbol: str) -> str:
    return symbol.rstrip(".-&")


def _digits(number: str) -> tuple[str, bool]:
    """A number read with letters that look like digits, mended; whether it was."""
    if number[:-1].isdigit() and number[-1:] not in "OolI":
        return number, False
    clean = number.translate(_LOOKALIKE_DIGITS)
    return clean, clean != number


@cache
def _codes(family: str) -> frozenset[str]:
    return frozenset(t.code for t in document_types() if t.code and t.family in (family, "both"))


@cache
def party_codes() -> frozenset[str]:
    """Codes of types in Party numbers, with two that older and local letters write."""
    return _codes("party") | {"QyĐ", "QĐi"}


@cache
def _known_code(kind: str, org: str) -> str | None:
    """The Party type code meant by `kind`: itself, or the only code one letter away where the
    body is a well-known Party body ("KIL/TW")."""
    known = party_codes()
    if kind in known:
        return kind
    barred = {c for c in known if c.replace("Đ", "D") == kind.replace("Đ", "D")}
    if len(barred) == 1:
        return barred.pop()
    if org in ("TW", "TU", "HU", "QU", "ĐU"):
        near = {c for c in known if len(c) == 2 and Levenshtein.distance(c, kind) == 1}
        inserted = {c for c in near if len(kind) == 3}
        if len(inserted) == 1:
            return inserted.pop()
    return kind if org in bodies() and bodies()[org].family == "party" else None


@cache
def _with_bar(part: str) -> str:
    """`part` with the bars of its Đ as its only known spelling has them ("HDND": HĐND)."""
    known = _codes("state") | _codes("party") | frozenset(bodies())
    if part in known:
        return part
    plain = regex.sub(r"[ĐđD]{2,}", "D", part).replace("Đ", "D")
    same = {k for k in known if k.replace("Đ", "D") == plain}
    return same.pop() if len(same) == 1 else part
