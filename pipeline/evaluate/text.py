"""Error rates of a text against its truth; every figure is defined in docs/metrics.md."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import astuple, dataclass
from typing import Any, TypeVar

import regex
from rapidfuzz.distance import Levenshtein

from pipeline.evaluate.alignment import distance, right

_VOWELS = (("o", "a", "òóỏõọ", "àáảãạ"), ("o", "e", "òóỏõọ", "èéẻẽẹ"), ("u", "y", "ùúủũụ", "ỳýỷỹỵ"))
_TONE = {
    first + old: new + second
    for first, second, firsts, seconds in _VOWELS
    for new, old in zip(firsts, seconds, strict=True)
}
_OLD_FORM = regex.compile(
    r"(?<![qQ])(" + "|".join(_TONE) + r")(?=[^\p{L}\p{N}_]|$)", regex.IGNORECASE
)
_NOT_WORD = regex.compile(r"[^\p{L}\p{N}_\s\x1c-\x1f/-]")
_MARKED = frozenset(
    letter
    for code in (*range(0xC0, 0x1B1), *range(0x1EA0, 0x1EFA))
    for letter in [chr(code)]
    if letter in "đĐ" or unicodedata.decomposition(letter)[:1].isdigit()
)


@dataclass(frozen=True, slots=True)
class Rates:
    """How near a text, or several, comes to its truth: the counts, and the rates they give.

    Rates are 0 to 1, or None where the truth has nothing to count."""

    words: int = 0
    errors: int = 0
    strict_words: int = 0
    strict_errors: int = 0
    given: int = 0  # words in the text scored
    common: int = 0  # of them, those also in the bag of the truth
    marks: int = 0  # characters of the truth that carry a mark
    marks_right: int = 0

    @property
    def syllable_error_rate(self) -> float | None:
        """Errors in reading order by words of the truth."""
        return _rate(self.errors, self.words)

    @property
    def strict_error_rate(self) -> float | None:
        """Errors in the printed words, case and punctuation included."""
        return _rate(self.strict_errors, self.strict_words)

    @property
    def bag_error(self) -> float | None:
        """1 - F1 of the bags of words: the order does not count."""
        f1 = _rate(2 * self.common, self.given + self.words)
        return None if f1 is None else 1 - f1

    @property
    def marks_back(self) -> float | None:
        """Share of marked characters of the truth that came back."""
        return _rate(self.marks_right, self.marks)

    def __add__(self, other: Rates) -> Rates:
        return Rates(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def to_json(self) -> dict[str, float | None]:
        """The four rates, to four places."""
        rates = {
            "syllable_error_rate": self.syllable_error_rate,
            "strict_error_rate": self.strict_error_rate,
            "bag_error": self.bag_error,
            "marks_back": self.marks_back,
        }
        return {name: None if rate is None else round(rate, 4) for name, rate in rates.items()}


@dataclass(frozen=True, slots=True)
class TextScore:
    """A text (`now`) beside the same text before correction (`raw`), where that is known.

    `helped`: words of the truth that raw had wrong and the text has right; `hurt`: the reverse."""

    now: Rates = Rates()
    raw: Rates | None = None
    helped: int | None = None
    hurt: int | None = None

    def __add__(self, other: TextScore) -> TextScore:
        return TextScore(
            self.now + other.now,
            _both(self.raw, other.raw),
            _both(self.helped, other.helped),
            _both(self.hurt, other.hurt),
        )

    def to_json(self) -> dict[str, Any]:
        """Rates now and raw, and the counts a reader needs to judge them."""
        return {
            "words": self.now.words,
            "marks": self.now.marks,
            **self.now.to_json(),
            "raw": None if self.raw is None else self.raw.to_json(),
            "helped": self.helped,
            "hurt": self.hurt,
        }


_Sum = TypeVar("_Sum", int, Rates)


def fold_tone(text: str) -> str:
    """NFC, with the old tone placement (oà, oè, uỷ at the end of a syllable) made new (òa …)."""
    folded: str = _OLD_FORM.sub(_as_new, unicodedata.normalize("NFC", text))
    return folded


def words(text: str) -> list[str]:
    """The words that count: letters, digits, - and / only, lower case, tone placement folded."""
    kept: str = _NOT_WORD.sub("", fold_tone(text).lower())
    return kept.split()


def strict_words(text: str) -> list[str]:
    """Words exactly as printed, between white space; only the tone placement is folded."""
    return fold_tone(text).split()


def marks_right(text: str, truth: str) -> tuple[int, int]:
    """Of the characters of `truth` that carry a mark: how many came back in `text`, and of how
    many. Characters are aligned in lower case, tone placement folded, runs of space as one."""
    a, b = (" ".join(fold_tone(t).lower().split()) for t in (text, truth))
    same = sum(
        b[j] in _MARKED
        for block in Levenshtein.opcodes(a, b)
        if block.tag == "equal"
        for j in range(block.dest_start, block.dest_end)
    )
    return same, sum(character in _MARKED for character in b)


def rates(text: str, truth: str) -> Rates:
    """Score a text against its truth."""
    given, gold = words(text), words(truth)
    strict_gold = strict_words(truth)
    came_back, marks = marks_right(text, truth)
    return Rates(
        words=len(gold),
        errors=distance(given, gold),
        strict_words=len(strict_gold),
        strict_errors=distance(strict_words(text), strict_gold),
        given=len(given),
        common=(Counter(given) & Counter(gold)).total(),
        marks=marks,
        marks_right=came_back,
    )


def score_text(text: str, truth: str, raw: str | None = None) -> TextScore:
    """Score a text against its truth, and against `raw`, the same text before correction."""
    if raw is None:
        return TextScore(rates(text, truth))
    gold = words(truth)
    right_now, right_before = right(words(text), gold), right(words(raw), gold)
    return TextScore(
        rates(text, truth),
        rates(raw, truth),
        len(right_now - right_before),
        len(right_before - right_now),
    )


def _as_new(match: regex.Match[str]) -> str:
    old = match[1]
    new = _TONE[old.lower()]
    if old.isupper():
        return new.upper()
    return new[0].upper() + new[1:] if old[0].isupper() else new


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _both(a: _Sum | None, b: _Sum | None) -> _Sum | None:
    """The sum, where one of them is unknown the other."""
    if a is None or b is None:
        return b if a is None else a
    return a + b
