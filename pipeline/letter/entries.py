"""Set names in lists of recipients, put right where small print lost a mark.

In: an entry of "Kính gửi" or "Nơi nhận" as read; out: the entry with the marks of the set names in
it (`letter_phrases.tsv`, kind entry). A name is put right only where its letters stand there whole
and no other set name has them: the list is small print beside seals, where OCR loses most marks.
"""

from __future__ import annotations

from functools import cache

import regex

from pipeline.letter.folding import fold
from pipeline.letter.tables import phrases
from pipeline.restore.orthography import analyse, canonical

# What stands in brackets after "b/" is báo cáo; "Lưu" is the only word before ": VT".
_REPORTED = regex.compile(r"\((để[ ])?b[/⁄∕](?!c\))[^\s)]{1,2}\)")
_FILED = regex.compile(
    r"^[^\p{L}\d]{0,3}(?:[a-z][ ])?(?!Lưu[:.]? )L[ưuUƯmn]{1,3}[ ]?[:;.][ ]?(?=VT\b)"
)
_CLERKS = regex.compile(r"(?<=^Lưu: )V[ỊÌĨÍI1l7](?![\p{L}\d])")
_LONG_NAME = 4
_LOST_CAPITAL = regex.compile(r"^[yýỳỷỹỵ](?=[ ]ban[ ])", regex.IGNORECASE)


def mended_entry(entry: str) -> str:
    """`entry` with its set names as they are written."""
    entry = str(_LOST_CAPITAL.sub("Ủy", entry))
    entry = str(_CLERKS.sub("VT", _FILED.sub("Lưu: ", _REPORTED.sub(r"(\1b/c)", entry))))
    entry = _whole_names(entry)
    folded = fold(entry)
    for phrase, key in _names():
        for match in key.finditer(folded):
            read = entry[match.start() : match.end()]
            if any(map(_differ, read.split(), phrase.split())):
                entry = entry[: match.start()] + _like(read, phrase) + entry[match.end() :]
    return entry


def _whole_names(entry: str) -> str:
    """Set names of four words and more whose last word was read as none."""
    for phrase in phrases("entry"):
        words = phrase.split()
        if len(words) < _LONG_NAME:
            continue
        start = fold(entry).find(fold(" ".join(words[:-1])) + " ")
        if start < 0 or len(fold(entry)) != len(entry):
            continue
        at = start + len(" ".join(words[:-1])) + 1
        last = entry[at:].split(" ")[0]
        if last.isalpha() and analyse(last) is None:
            entry = entry[:at] + words[-1] + entry[at + len(last) :]
    return entry


def _differ(read: str, meant: str) -> bool:
    return canonical(read) != canonical(meant)


def _like(read: str, phrase: str) -> str:
    """`phrase` with the capitals of `read`; its words as read where only their style differs."""
    words = zip(read.split(), phrase.split(), strict=True)
    return " ".join(_in_case(r, p) if _differ(r, p) else r for r, p in words)


def _in_case(read: str, word: str) -> str:
    return "".join(p.upper() if r.isupper() else p for r, p in zip(read, word, strict=True))


@cache
def _names() -> tuple[tuple[str, regex.Pattern[str]], ...]:
    return tuple((p, _pattern(p)) for p in phrases("entry"))


def _pattern(phrase: str) -> regex.Pattern[str]:
    """Where the letters of a name stand whole; more capitals may follow an abbreviation."""
    end = "" if phrase[-1].isupper() else r"(?![a-z])"
    return regex.compile(rf"(?<![a-z0-9]){regex.escape(fold(phrase))}{end}")
