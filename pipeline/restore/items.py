"""List marks put right by their neighbours: after `b)` comes `c)`, even where OCR read `e)`, and
after `4.` comes `5.`, even where it read `Š.`

In: the lines of a page. Out: by line number, the mark's repair. A mark changes only where OCR takes
one of the two signs for the other and the marks before and after leave no other reading. No digit
is changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from pipeline.restore.fix import Fix

_MARK = regex.compile(r"^\s*[\"“]?(?P<letter>[^\s(]{1,2})\)(?=\s)")
_ALPHABET = "abcdđeghiklmnopqrstuvxy"
_QUOTE = regex.compile(r"\s*[\"“]")
_READ_AS = {
    "a": ("á", "¡"),
    "c": ("e", "o", "€", "©", "¢", "é"),
    "d": ("đ", "đd"),
    "đ": ("d", "₫", "&", "ở", "đd"),
    "e": ("c", "é", "€", "©", "ê"),
    "g": ("q",),
    "h": ("b",),
    "i": ("í", "ï", "l", "j", "!", "|", "¡"),
    "l": ("i", "!", "|", ")"),
}
_DIGIT_READ_AS = {"a": "4", "b": "56", "g": "89", "l": "1"}
_NUMBERED = regex.compile(r"^\s*[\"“]?(?P<number>[\dlIÌÍíìÏï|!ŠšS$§]{1,2})\.(?=\s+(?P<next>\S+))")
_ARTICLE = regex.compile(r"^\s*[\"“]?Điều\s\d{1,3}[a-z]?\.")
_READ_DIGIT = {**dict.fromkeys("lIÌÍíìÏï|!", "1"), **dict.fromkeys("ŠšS$", "5"), "§": "8"}
_CERTAIN = {
    **dict.fromkeys(("€", "©", "¢"), "c"),
    **dict.fromkeys(("ø", "gø", "øg", "#ø", "#"), "g"),
}


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
    # What an amending law quotes is a list by itself, of which a single item may stand there.
    read = ["", *("" if _QUOTE.match(m[0]) else m["letter"].lower() for _, m in marks), ""]
    lettered = [
        k
        for k, mark in enumerate(read)
        if mark and (not any(c.isdigit() for c in mark) or _from_digit(*read[k - 1 : k + 2]))
    ]
    found: dict[int, Fix] = {}
    before = ""
    last = 0
    for k, following in zip(lettered, [*lettered[1:], -1], strict=False):
        after = read[following] if all(read[k:following]) else ""
        before = before if all(read[last + 1 : k]) else ""
        last = k
        letter = _from_digit(*read[k - 1 : k + 2]) or _right(before, read[k], after)
        before = letter
        number, match = marks[k - 1]
        if letter != read[k]:
            shown = letter.upper() if match["letter"].isupper() else letter
            found[number] = Fix(match.start("letter"), match.end("letter"), shown)
    return found


def _from_digit(before: str, read: str, after: str) -> str:
    """The letter that a digit between the marks `before` and `after` stands for; empty for none. A
    list in numbers within one of letters begins with 1, and none has 8 alone."""
    follows, precedes = _next(before), _previous(after)
    for letter in (follows, precedes):
        if not letter or read not in _DIGIT_READ_AS.get(letter, ""):
            continue
        if follows == precedes or (read != "1" and (not after if follows else not before)):
            return letter
    return ""


def _right(before: str, read: str, after: str) -> str:
    """The letter that stands between the marks `before` and `after` (empty: none is known)."""
    wanted = _next(before)
    if wanted and read != wanted and read in _READ_AS.get(wanted, ()):
        following = _next(wanted)
        if after in ("", "a", following) or after in _READ_AS.get(following, ()):
            return wanted
    if read == after == "đ":
        return "d"
    wanted = _previous(after)
    if not before and wanted and read in _READ_AS.get(wanted, ()) and _next(read) != after:
        return wanted
    return _CERTAIN.get(read, read)


def _previous(letter: str) -> str:
    """The mark before `letter` in a list; empty before the first and what is no letter."""
    at = _ALPHABET.find(letter) if len(letter) == 1 else -1
    return _ALPHABET[at - 1] if at > 0 else ""


def _next(letter: str) -> str:
    """The mark that follows `letter` in a list; empty after no letter of the alphabet."""
    at = _ALPHABET.find(letter) if len(letter) == 1 else -1
    return _ALPHABET[at + 1] if 0 <= at < len(_ALPHABET) - 1 else ""
