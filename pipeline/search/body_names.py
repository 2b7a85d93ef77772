"""Bodies under their other names: abbreviations, and names before and after the mergers of 2025.

The names stand in dictionaries/body_names.tsv; all are compared folded. Each name leads to those on
a line with it, not further: who asks for Hải Dương also gets Hải Phòng, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from pipeline.letter.tables import rows
from pipeline.search.folding import fold

LONGEST_NAME = 10
"""Words of a name, at most."""
_PLACE_AFTER = frozenset(["tinh", "pho", "tp", "uy", "dan", "ubnd", "hdnd", "so"])
"""Words after which the name of a province stands in the name of a body."""
_PROVINCE_OR_CITY = (
    *((" tinh ", " thanh pho "), (" thanh pho ", " tinh ")),
    *((" tinh uy ", " thanh uy "), (" thanh uy ", " tinh uy ")),
)
_MOST = 40
_SHORT = 3
"""An abbreviation of so few letters counts only in capitals: tu is also a word."""


@dataclass(frozen=True, slots=True)
class _Names:
    """Other names by folded name: of bodies, and of provinces; `short` are abbreviations,
    `firsts` the first words of all."""

    bodies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    places: dict[str, tuple[str, ...]] = field(default_factory=dict)
    short: set[str] = field(default_factory=set)
    firsts: set[str] = field(default_factory=set)


def begins_name(word: str) -> bool:
    """Whether a folded word is the first of any name."""
    return word in _names().firsts


def other_names(words: Sequence[str], before: Sequence[str], *, capital: bool) -> tuple[str, ...]:
    """Other names of the body that has these folded words for its name, none where they are no
    body's name. `before` are words just before them."""
    name = " ".join(words)
    if len(name.replace(" ", "")) <= _SHORT and not capital:
        return ()
    places = _names().places.get(name, ()) if _PLACE_AFTER.intersection(before) else ()
    return tuple(dict.fromkeys((*_names().bodies.get(name, ()), *places)))


def other_bodies(folded: str) -> tuple[str, ...]:
    """A folded name of a body, or a part of it, with up to two names inside it changed for others.
    What was made an abbreviation is not written out again: TU is Tỉnh uỷ and Thành uỷ, two
    bodies."""
    once = tuple(_changed(folded))
    twice = (
        name
        for other, short in once[:_MOST]
        for name, _ in _changed(other)
        if not short or f" {short} " in f" {name} "
    )
    found = dict.fromkeys((*(name for name, _ in once), *twice))
    found.pop(folded, None)
    return tuple(found)[:_MOST]


def _changed(folded: str) -> Iterator[tuple[str, str]]:
    """The name with one name inside it changed, and that where it is an abbreviation, else nothing;
    a province may have been a city before."""
    words = folded.split()
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + LONGEST_NAME) + 1):
            part = " ".join(words[start:end])
            before, after = f" {' '.join(words[:start])} ", " ".join(words[end:])
            for other in _names().bodies.get(part, ()):
                yield f"{before}{other} {after}".strip(), other if other in _names().short else ""
            for other in _names().places.get(part, ()):
                yield f"{before}{other} {after}".strip(), ""
                for one, two in _PROVINCE_OR_CITY:
                    if before.endswith(one):
                        yield f"{before.removesuffix(one)}{two}{other} {after}".strip(), ""


@cache
def _names() -> _Names:
    names = _Names()
    for one, other, kind, *_ in rows("body_names.tsv"):
        table = names.places if kind == "place" else names.bodies
        if kind == "short":
            names.short.add(fold(other))
        for name, also in ((fold(one), fold(other)), (fold(other), fold(one))):
            names.firsts.add(name.partition(" ")[0])
            table[name] = tuple(dict.fromkeys((*table.get(name, ()), also)))
    return names
