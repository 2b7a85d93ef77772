"""Fields whose words were read badly: flagged from what OCR and restoration said of them.

In: for each field the lines it stands on and its text; out: flags. A wrong value that nobody is
told of is worse than a flag too many; but a flag on everything tells nothing. The limits were set
on scans with known truth (docs/letter.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import regex

from pipeline.document import Word
from pipeline.letter.lines import PageLine, words_between
from pipeline.record import Flag
from pipeline.restore.orthography import analyse

_SHORT_FIELD = 0.6
_LIST_ENTRY = 0.66
_LONG_FIELD = 0.3
_DOUBTED = 0.8  # a field is not clear where a word of it is less sure to be right
_LIMITS = {"subject": _LONG_FIELD, "recipients": _SHORT_FIELD, "distribution": _LIST_ENTRY}
_MIXED = regex.compile(r"- -|\p{Ll}\p{Lu}(?!\p{Lu}*\b)|[^\p{L}\d\s.,;:()/&\-–—\"“”'’+%]")
_FOREIGN = frozenset(("website", "email", "internet", "web", "fax", "portal", "online"))
_NEVER_PRINTED = regex.compile(r"[«»{}<>=$#^~|\\¿¢£¥§©®]")
_LOOKALIKE_DATE = regex.compile(
    r"(?i:ngày)[ ](?:[lI|O][\dlI|O]?|\d[lI|O])[ ](?i:tháng)"
    r"|(?i:tháng)[ ](?:[l|O][\dlI|O]?|\d[lI|O]|I{2})[ ](?i:năm)"
)


def weakest(words: Sequence[Word]) -> float:
    """The confidence of the word read worst, of those with two letters or digits; 1 without any."""
    told = [w.confidence for w in words if sum(c.isalnum() for c in w.text) > 1]
    return min(told, default=1.0)


def field_flag(name: str, lines: Sequence[PageLine]) -> Flag | None:
    """A flag for a field that stands on `lines`, where a word of it is not clear."""
    part = name.split(".")[-1] if not name[-1].isdigit() else name.split(".")[0]
    words = [w for line in lines for w in line.words]
    doubted = [
        d.text for line in lines for d in line.doubts if d.score < _DOUBTED and d.text in line.text
    ]
    low = weakest(words)
    if low >= _LIMITS.get(part, _SHORT_FIELD) and not doubted:
        return None
    message = f"{doubted[0]!r} is doubtful" if doubted else f"a word was read with {low:.2f}"
    return Flag(code="field_doubtful", message=message, where=name)


def part_flag(name: str, line: PageLine, part: str | None) -> Flag | None:
    """A flag for a field that is only a part of `line`."""
    start = line.text.find(part) if part else -1
    if part is None or start < 0:
        return None
    words = words_between(line, start, start + len(part))
    return field_flag(name, [replace(line, text=part, words=words)])


def entry_flag(name: str, text: str, lines: Sequence[PageLine]) -> Flag | None:
    """A flag for an entry of a list: as a field, or of a shape that no clean entry has."""
    if found := field_flag(name, lines):
        return found
    odd = _MIXED.search(text)
    strange = odd[0] if odd else next(_no_syllables(text), None)
    if strange is None:
        return None
    return Flag(code="field_doubtful", message=f"{strange!r} is not clear", where=name)


def _no_syllables(text: str) -> Iterator[str]:
    """Words in small letters that no Vietnamese syllable is spelt like."""
    for word in regex.findall(r"(?<![\p{L}\d])\p{L}\p{Ll}{3,}(?![\p{L}\d])", text):
        if analyse(word) is None and word.casefold() not in _FOREIGN:
            yield word


def paragraph_flag(name: str, text: str) -> Flag | None:
    """A flag for a paragraph with signs no letter prints, or a date of letters for digits."""
    match = _LOOKALIKE_DATE.search(text) or _NEVER_PRINTED.search(text)
    unclear = match[0] if match else _scramble(text)
    if unclear is None:
        return None
    return Flag(code="field_doubtful", message=f"{unclear!r} is not clear", where=name)


_WINDOW, _ODD_OF_WINDOW = 5, 3
_ODD = regex.compile(
    r"\p{L}{2}[(\[{|]|\p{Ll}\p{Lu}|\p{L}\.\.$|^[^\p{L}\d\s]{2,}\p{L}|^\d\p{Ll}$|^[^\p{L}\d]{1,2}\d?$"
)
_SIGNS = frozenset(("-", "–", "—", "+", "&", "=", "%", "…", "...", ":", ";", "*", "•"))


def _scramble(text: str) -> str | None:
    """Words in a row most of which no letter prints: a stamp or a hand lies over them. Foreign
    names alone are none."""
    tokens = text.split()
    strange = [token not in _SIGNS and _ODD.search(token) is not None for token in tokens]
    odd = [s or _is_no_syllable(token) for s, token in zip(strange, tokens, strict=True)]
    for i in range(max(0, len(tokens) - _WINDOW + 1)):
        if sum(odd[i : i + _WINDOW]) >= _ODD_OF_WINDOW and sum(strange[i : i + _WINDOW]) > 1:
            return " ".join(tokens[i : i + _WINDOW])
    return None


def _is_no_syllable(token: str) -> bool:
    bare = token.strip(".,;:()\"'“”/-–!?")
    plain = len(bare) > 1 and bare.isalpha() and not bare.isupper()
    return plain and analyse(bare) is None and bare.casefold() not in _FOREIGN


def citation_flags(numbers: Sequence[str], lines: Sequence[PageLine]) -> Iterator[Flag]:
    """Flags for the citations (as printed, in order) whose every print was read badly."""
    lines = [line for line in lines if line.words]
    for i, printed in enumerate(numbers):
        clear = [c for line in lines for c in _clearness(line, printed)]
        if clear and max(clear) < _SHORT_FIELD:
            message = f"{printed!r} was read with {max(clear):.2f}"
            yield Flag(code="citation_doubtful", message=message, where=f"citations.{i}")


def _clearness(line: PageLine, printed: str) -> Iterator[float]:
    start = line.text.find(printed)
    if start >= 0:
        yield weakest(words_between(line, start, start + len(printed)))
