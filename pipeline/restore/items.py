"""List marks put right by their neighbours: after `b)` comes `c)`, even where OCR read `e)`, and
after `4.` comes `5.`, even where it read `Š.`

In: the lines of a page. Out: by line number, the mark's repair. A mark changes only where OCR takes
one of the two signs for the other and the marks before and after leave no other reading. No digit
is changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from pipeline.restore.identifiers import Fix

_MARK = regex.compile(r"^\s*[\"“]?(?P<letter>[^\s\d(])\)(?=\s)")
_ALPHABET = "abcdđeghiklmnopqrstuvxy"
_READ_AS = {
    "a": "á",
    "c": "eo€©¢é",
    "d": "đ",
    "đ": "d₫&",
    "e": "cé€©ê",
    "g": "øgq",
    "h": "b",
    "i": "íïlj!|",
    "l": "iI!|",
}
_NUMBERED = regex.compile(r"^\s*[\"“]?(?P<number>[\dlIÌÍíìÏï|!ŠšS$§]{1,2})\.(?=\s+(?P<next>\S+))")
_ARTICLE = regex.compile(r"^\s*[\"“]?Điều\s\d{1,3}[a-z]?\.")
_READ_DIGIT = {**dict.fromkeys("lIÌÍíìÏï|!", "1"), **dict.fromkeys("ŠšS$", "5"), "§": "8"}
_CERTAIN = {"€": "c", "©": "c", "¢": "c"}


def fixes(lines: Sequence[str]) -> dict[int, Fix]:
    """The repairs of list marks, by line number."""
    return {**_numbers(lines), **_letters(lines)}


def _numbers(lines: Sequence[str]) -> dict[int, Fix]:
    """Letters and signs in the numbers of a list: where that number is the one which follows the
    mark before (1 after the heading of an article), or comes before the mark that follows."""
    marks = [(n, m) for n, line in enumerate(lines) if (m := _NUMBERED.match(line))]
    articles = [n for n, line in enumerate(lines) if _ARTICLE.match(line)]
    found: dict[int, Fix] = {}
    before: int | None = None
    last = -1
    for at, (number, match) in enumerate(marks):
        if any(last < n < number for n in articles):
            before = 0
        last = number
        after = marks[at + 1][1]["number"] if at + 1 < len(marks) else ""
        read = match["number"]
        value = int("".join(_READ_DIGIT.get(c, c) for c in read))
        if not read.isdigit() and not match["next"].isupper():
            follows = before is not None and value == before + 1 and after in ("", str(value + 1))
            if follows or after == str(value + 1):
                found[number] = Fix(match.start("number"), match.end("number"), str(value))
            else:
                continue
        before = value
    return found


def _letters(lines: Sequence[str]) -> dict[int, Fix]:
    marks = [(n, m) for n, line in enumerate(lines) if (m := _MARK.match(line))]
    found: dict[int, Fix] = {}
    before = ""
    for at, (number, match) in enumerate(marks):
        read = match["letter"]
        after = marks[at + 1][1]["letter"].lower() if at + 1 < len(marks) else ""
        letter = _right(before, read.lower(), after)
        before = letter
        if letter != read.lower():
            shown = letter.upper() if read.isupper() else letter
            found[number] = Fix(match.start("letter"), match.end("letter"), shown)
    return found


def _right(before: str, read: str, after: str) -> str:
    """The letter that stands between the marks `before` and `after` (empty: none is known)."""
    wanted = _next(before)
    if wanted and read != wanted and read in _READ_AS.get(wanted, ""):
        following = _next(wanted)
        if after in ("", "a", following) or after in _READ_AS.get(following, ""):
            return wanted
    if read == after == "đ":
        return "d"
    return _CERTAIN.get(read, read)


def _next(letter: str) -> str:
    """The mark that follows `letter` in a list; empty after no letter of the alphabet."""
    at = _ALPHABET.find(letter) if letter else -1
    return _ALPHABET[at + 1] if 0 <= at < len(_ALPHABET) - 1 else ""
