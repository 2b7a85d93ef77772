"""Flags as people need them: with the page and the box to look at, and in Vietnamese too.

In: flags with an English message and the field they name, and the evidence of the fields; out: the
same with `page`, `box` and `message_vi` (dictionaries/messages.tsv, `doubt_<code>`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import regex

from pipeline.messages import sentence
from pipeline.record import Evidence, Flag, Place

_QUOTED = regex.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


def told(
    flags: Iterable[Flag], evidence: Mapping[str, Evidence], places: Iterable[Place]
) -> list[Flag]:
    """`flags` with where to look, and their sentence in Vietnamese."""
    pages: dict[str, int] = {}
    for place in places:
        pages.setdefault(place.where, place.page)
    return [_told(flag, evidence, pages) for flag in flags]


def _told(flag: Flag, evidence: Mapping[str, Evidence], pages: Mapping[str, int]) -> Flag:
    names = list(_outward(flag.where))
    found = next((evidence[n] for n in names if n in evidence), None)
    page = found.page if found else next((pages[n] for n in names if n in pages), None)
    return flag.model_copy(
        update={
            "page": page or flag.page,
            "box": found.box if found else flag.box,
            "message_vi": flag.message_vi or _in_vietnamese(flag),
        }
    )


def _outward(where: str) -> Iterable[str]:
    """`directives.0.items.3`, `directives.0.items`, `directives.0`, `directives`."""
    parts = where.split(".")
    return (".".join(parts[:n]) for n in range(len(parts), 0, -1))


def _in_vietnamese(flag: Flag) -> str:
    """The code's sentence, with the words of the page that the English message quotes."""
    quoted = ", ".join(f"“{q[1:-1]}”" for q in _QUOTED.findall(flag.message))
    told = sentence(f"doubt_{flag.code}", "vi")
    return f"{told}: {quoted}" if quoted else told
