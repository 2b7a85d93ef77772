"""Printed tokens as the language model sees them: a word, a class, or a boundary.

In: a token between white space. Out: its core without outer punctuation, its class, and whether a
sentence ends after it. Training and decoding share these rules.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import regex

from pipeline.restore.orthography import canonical

BOUNDARY: Final = "<s>"
UNKNOWN: Final = "<unk>"
NUMBER: Final = "<num>"
DATE: Final = "<date>"
IDENTIFIER: Final = "<id>"
SPECIALS: Final = (BOUNDARY, UNKNOWN, NUMBER, DATE, IDENTIFIER)
UNKNOWN_ID: Final = SPECIALS.index(UNKNOWN)
NUMBER_ID: Final = SPECIALS.index(NUMBER)
IDENTIFIER_ID: Final = SPECIALS.index(IDENTIFIER)
SLASH_WORDS: Final = frozenset({"v/v", "t/m", "k/t", "t/l"})

_LEAD: Final = "\"'“”‘’«»„([{<*•·–—-_=~+|¦!,.:;…\\/"
_TRAIL: Final = "\"'“”‘’«»)]}>*•·–—-_=~|¦!?,.:;…\\/"
_ENDS: Final = frozenset(".;:!?…")
_DATE: Final = regex.compile(
    r"\d{1,2}\s*[/.-]\s*\d{1,2}\s*[/.-]\s*\d{2,4}|\d{1,2}/\d{4}|\d{1,2}/\d{1,2}"
)
JOINED: Final = regex.compile(r"(?<=\p{Ll})[-–/,.;:](?=\p{Ll}{2})")
"""Where two lower-case words are printed without a space between them."""

JOINED_HEAVY: Final = regex.compile(
    r"(?<=\p{Ll}\d?|(?:19|20)\d\d)[-–/,.;:](?=\p{L}\d?\p{Ll}|\p{L}\d(?!\w))"
)
"""The same under heavy damage, where a letter may have become a digit, and a speck a mark."""


class Core(NamedTuple):
    """A token's core, `token[start:end]`; empty where it has no letter or digit."""

    start: int
    end: int


def core_of(token: str) -> Core:
    """Where the core of `token` stands, without outer punctuation."""
    start = len(token) - len(token.lstrip(_LEAD))
    end = len(token.rstrip(_TRAIL))
    return Core(start, end) if start < end else Core(len(token), len(token))


def classify(core: str) -> str:
    """The word or class a core counts as in the language model; empty for no word at all."""
    if core.isalpha():
        return canonical(core)
    if any(c.isdigit() for c in core):
        if _DATE.fullmatch(core):
            return DATE
        return IDENTIFIER if any(c.isalpha() for c in core) else NUMBER
    if not any(c.isalpha() for c in core):
        return ""
    lower = canonical(core)
    return lower if lower in SLASH_WORDS else IDENTIFIER


def ends_sentence(token: str) -> bool:
    """Whether a sentence or list item ends with `token`."""
    tail = token.rstrip("\"'”’)]»")
    return bool(tail) and tail[-1] in _ENDS
