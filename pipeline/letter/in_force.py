"""Which bodies stood on a day: names and abbreviations that were not yet, or no longer, in use.

In: a body's name or a number's abbreviations, and the letter's own date; out: the span that
excludes it (`dictionaries/bodies_in_force.tsv`). A date read wrong by a year shows here, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import regex

from pipeline.letter.folding import fold
from pipeline.letter.tables import rows

_FIRST_DAY = "1976-07-02"  # before: provinces of the same names that were others
_CITIES = ("ha noi", "hai phong", "da nang", "ho chi minh", "can tho", "hue")
"""Cities run by the centre (Nghị quyết 202/2025/QH15); the others ended with the districts."""
_DISTRICTS_END = "2025-06-30"
_OF_CITY = regex.compile(
    r"^(?:thanh uy|(?:uy ban nhan dan|ubnd|hoi dong nhan dan|hdnd) thanh pho)"
    r" (?:thanh pho )?(?P<name>[a-z ]+)$"
)
_SEPARATORS = regex.compile(r"[,–-]+")


@dataclass(frozen=True, slots=True)
class Span:
    """The days (ISO, "" where open) on which what is `name`d stood, and what followed it."""

    name: str
    first: str
    last: str
    successor: str

    def excludes(self, day: str) -> bool:
        """Does `day` lie outside?"""
        return bool((self.last and day > self.last) or (self.first and day < self.first))


@cache
def _spans(kind: str) -> dict[str, tuple[Span, ...]]:
    """Spans by folded name, the longest names first; abbreviations as written."""
    found: dict[str, list[Span]] = {}
    for row in rows("bodies_in_force.tsv"):
        if row[0] == kind:
            key = row[1] if kind == "symbol" else _plain(row[1])
            found.setdefault(key, []).append(Span(row[1], row[2], row[3], row[4]))
    return {k: tuple(found[k]) for k in sorted(found, key=len, reverse=True)}


def _plain(text: str) -> str:
    return " ".join(_SEPARATORS.sub(" ", fold(text)).split())


def rule_since(name: str) -> str:
    """The first day (ISO) of the rule `name`; KeyError where there is no such row."""
    return _spans("rule")[_plain(name)][0].first


def body_outside(body: str, day: str) -> Span | None:
    """The span of `body`, where `day` is not in it; None where it is, or nothing is known."""
    name = _plain(body)
    for words, spans in _spans("body").items():
        if f"{name} ".startswith(f"{words} "):
            return _outside(spans, day)
    city = _OF_CITY.match(name)
    if city is not None and not city["name"].startswith(_CITIES) and day > _DISTRICTS_END:
        return Span(body, "", _DISTRICTS_END, "")
    return None


def province_outside(body: str, day: str) -> Span | None:
    """The same for the province named in a body's name ("UBND TỈNH HÀ GIANG")."""
    if day < _FIRST_DAY:
        return None
    name = f"{_plain(body)} "
    for province, spans in _spans("province").items():
        if regex.search(rf"(?:\btinh|^tinh uy|^tinh doan) {province} ", name):
            return _outside(spans, day)
    return None


def symbol_outside(parts: Iterable[str], day: str) -> Span | None:
    """The same for the abbreviations of a number's symbol."""
    for part in parts:
        if spans := _spans("symbol").get(part):
            return _outside(spans, day)
    return None


def _outside(spans: tuple[Span, ...], day: str) -> Span | None:
    """The nearest of `spans`, where `day` is in none."""
    if any(not span.excludes(day) for span in spans):
        return None
    return spans[0]
