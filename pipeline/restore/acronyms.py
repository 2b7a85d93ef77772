"""Abbreviations of documents and bodies that OCR misreads, in symbols and in running text.

In: a line. Out: the spans to replace, each with the abbreviation. Only what is no abbreviation
itself is replaced, and only by the one that it may be; the lists are `document_types.tsv`,
`bodies.tsv` and `abbreviations.tsv`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Final

import regex

from pipeline.restore.fix import Fix

_SYMBOL = regex.compile(
    r"(?<![\p{L}\d])\d{0,5}[a-z]?\s?[-–/]\s?(?:(?:19|20)\d\d\s?/\s?)?(?P<symbol>['’‘]?\p{Lu}[\p{Lu}\p{Ll}&'’‘/-]*[\p{Lu}\p{Ll}])"
)
_NUMBERED = regex.compile(r"\d+[a-z]?[-–/]\S+$")
_PART = regex.compile(r"['’‘]?[\p{L}&]+")
_ACRONYM = regex.compile(
    r"(?<![\p{L}\d&'’/-])(?:\p{Lu}|1(?=\p{Lu}))(?:&?[\p{Lu}\d]){1,7}(?![\p{L}\d&/-])"
)
_RUN_TYPE = regex.compile(r"(?<!\p{L})KIL(?=/T[WU])")
_RUN_TOGETHER = regex.compile("(NQ|KL|CT|QD)I(T[WU])")
_REPORT: Final = "TTr"
_ALIKE: Final = (
    *(("Đ", "D"), ("U", "D"), ("U", "Ư"), ("H", "II"), ("N", "Ñ"), ("T", "1"), ("1", "I")),
    *(("L", "U"), ("Q", "Ọ"), ("Q", "O"), ("G", "Œ")),
)
"""Capitals and the digit 1, and what a Vietnamese model reads for them."""


def without_marks(text: str) -> Iterator[Fix]:
    """Abbreviations as an English model reads them, which has no Đ."""
    known = _as_read_without_marks()
    for match in _RUN_TYPE.finditer(text):
        yield Fix(match.start(), match.end(), "KL")
    for match in _SYMBOL.finditer(text):
        start = match.start("symbol")
        for part in _PART.finditer(match["symbol"]):
            read = part.group().lstrip("'’‘")
            bare = _without_bar(read)
            if run := _RUN_TOGETHER.fullmatch(bare):
                both = f"{known.get(run[1], run[1])}/{run[2]}"
                yield Fix(start + part.start(), start + part.end(), both)
            after = known.get(bare)
            if bare.startswith(_REPORT) and (office := known.get(bare.removeprefix(_REPORT))):
                after = _REPORT + office  # TTrSGDĐT, without a stroke
            if after and after != part.group():
                yield Fix(start + part.start(), start + part.end(), after)
    if mostly_capitals(text):
        return
    for match in _ACRONYM.finditer(text):
        after = known.get(match.group())
        if after and after != match.group() and len(after) > 2:
            yield Fix(match.start(), match.end(), after)


def alike(text: str) -> Iterator[Fix]:
    """Abbreviations with one letter read as one that looks alike, or with a mark that it has not:
    `HDND`, `UBÑD`, `KH/TỦ`."""
    misread = _looking_alike()
    for match in _SYMBOL.finditer(text):
        start, numbered = match.start("symbol"), _NUMBERED.match(match.group())
        for part in _PART.finditer(match["symbol"]):
            read = part.group()
            after = misread.get(read) or (_as_code(read) if numbered else None)
            if after and after != read:
                yield Fix(start + part.start(), start + part.end(), after)
    for match in _ACRONYM.finditer(text):
        if after := misread.get(match.group()):
            yield Fix(match.start(), match.end(), after)


def _as_code(read: str) -> str | None:
    """The abbreviation in a symbol that was read with a tone, which no symbol has."""
    bare = _without_tone(read)
    return bare if read.isupper() and read not in codes() and bare in codes() else None


@cache
def codes() -> frozenset[str]:
    """The abbreviations of all lists."""
    names = ("document_types.tsv", "bodies.tsv", "abbreviations.tsv")
    return frozenset(row[0].strip() for name in names for row in rows(name))


def rows(name: str) -> list[list[str]]:
    """The rows of a table of `dictionaries/`, without comments and empty lines."""
    resource = files("dictionaries") / name
    lines = resource.read_text(encoding="utf-8").splitlines() if resource.is_file() else []
    return [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]


@cache
def _as_read_without_marks() -> dict[str, str]:
    """Each abbreviation as an English model prints it (Đ as D) to the abbreviation, where only one
    prints so."""
    found = [(_without_bar(code), code) for code in codes()]
    known = {bare for bare, _ in found}
    for code in codes():  # Đ is read as B or P too, Q as O: where no other code is spelt so
        if "Đ" in code and len(code) > 2:
            misread = (code.replace("Đ", letter) for letter in "BP")
            found += [(read, code) for read in misread if read not in known]
    found += [("OD", "QĐ"), ("ND", "NĐ")]
    return _unique(found)


@cache
def _looking_alike() -> dict[str, str]:
    """What the abbreviations that nothing else looks like are read as with one letter misread."""
    alone = [row[0] for row in rows("abbreviations.tsv") if row[2:] == ["only"]]
    return _unique(
        (read, code)
        for code in alone
        for letter, seen in _ALIKE
        for at, printed in enumerate(code)
        if printed == letter
        for read in [code[:at] + seen + code[at + 1 :]]
        if read not in codes()
    )


def _unique(found: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What was read to the abbreviation, where there is one."""
    several: dict[str, set[str]] = {}
    for read, code in found:
        several.setdefault(read, set()).add(code)
    return {read: next(iter(codes)) for read, codes in several.items() if len(codes) == 1}


def _without_bar(code: str) -> str:
    return code.replace("Đ", "D").replace("đ", "d").replace("Ư", "U").replace("ố", "o")


def _without_tone(read: str) -> str:
    """Capitals without any mark but the bar of Đ and the horn of Ư."""
    return "".join(
        c if c in "ĐƯ" else unicodedata.normalize("NFD", c)[0] if c.isupper() else c for c in read
    )


def mostly_capitals(text: str) -> bool:
    """Whether a line has more capitals than small letters."""
    return sum(c.isupper() for c in text) > sum(c.islower() for c in text)
