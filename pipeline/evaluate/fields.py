"""Fields and lists of a record against those of the truth; defined in docs/metrics.md.

Both come as plain JSON objects of the shape of the record (header, signature, lists …)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

import regex

from pipeline.evaluate.text import fold_tone

Data = Mapping[str, Any]
SOFT = 0.97
"""Likeness (difflib ratio) from which two paragraphs count as the same."""

_OPENING = regex.compile(r"^(v/v|về việc|về)\s*:?\s+")
_BULLET = regex.compile(r"^[-–+*•\s]+")
_ENDING = regex.compile(r"[\s.;,:/]+$")
_SPACE = regex.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class FieldScore:
    """Counts for one field or list, over one letter or several.

    `truth` entries in the truth, `given` entries in the records, `right` entries of both;
    `letters_wrong` letters where it is not wholly right, `unflagged` those of them where no flag
    names it."""

    right: int = 0
    given: int = 0
    truth: int = 0
    letters_wrong: int = 0
    unflagged: int = 0

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; for a single field the share right. None where
        neither truth nor record has any entry."""
        both = self.given + self.truth
        return 2 * self.right / both if both else None

    @property
    def cost(self) -> int:
        """Letters where the field is wrong; one that no flag names counts double, for nobody will
        look for it."""
        return self.letters_wrong + self.unflagged

    def __add__(self, other: FieldScore) -> FieldScore:
        return FieldScore(
            self.right + other.right,
            self.given + other.given,
            self.truth + other.truth,
            self.letters_wrong + other.letters_wrong,
            self.unflagged + other.unflagged,
        )

    def to_json(self) -> dict[str, float | int | None]:
        """The counts, and `score`: F1, or share right for a single field."""
        return {
            "score": None if self.f1 is None else round(self.f1, 4),
            "right": self.right,
            "given": self.given,
            "truth": self.truth,
            "letters_wrong": self.letters_wrong,
            "wrong_without_flag": self.unflagged,
            "cost": self.cost,
        }


def normal(value: object) -> str | None:
    """A value as compared: tone placement, case and spaces folded, without a leading bullet,
    V/v, Về việc or Về, and without end punctuation."""
    if value is None:
        return None
    text: str = _SPACE.sub(" ", fold_tone(str(value))).strip().casefold()
    for part in (_OPENING, _BULLET, _ENDING):
        text = part.sub("", text)
    return text


def same(a: object, b: object, soft: float = 1.0) -> bool:
    """Equal once normal, or (`soft` below 1) alike from that ratio on. None equals only None."""
    left, right = normal(a), normal(b)
    if left is None or right is None or left == right:
        return left == right
    return soft < 1 and _alike(left, right, soft)


def score_fields(record: Data, truth: Data) -> dict[str, FieldScore]:
    """Scores by name: `header.date`, `signature.signer`, `recipients`, … of one letter."""
    flags = [str(flag.get("where", "")) for flag in record.get("flags") or ()]
    scores: dict[str, FieldScore] = {}
    for part in ("header", "signature"):
        for field, value in (truth.get(part) or {}).items():
            hit = same((record.get(part) or {}).get(field), value)
            scores[f"{part}.{field}"] = _counted(f"{part}.{field}", int(hit), 1, 1, flags)
    for name, (source, entry, soft) in LISTS.items():
        given, gold = record.get(source) or [], truth.get(source) or []
        hits = _matches(map(entry, given), map(entry, gold), soft)
        scores[name] = _counted(source, hits, len(given), len(gold), flags)
    if scores["citations"].letters_wrong:  # one list, two figures: its silence counts once
        scores["citations+date"] = replace(scores["citations+date"], unflagged=0)
    return scores


def _marked_text(directive: Data) -> str:
    return f"{directive.get('marker') or ''} {directive['text']}"


def _number(citation: Data) -> object:
    return citation.get("number_symbol")


def _number_and_date(citation: Data) -> str:
    return f"{citation.get('number_symbol')} {citation.get('date')}"


def _as_is(entry: object) -> object:
    return entry


LISTS: dict[str, tuple[str, Callable[[Any], object], float]] = {
    "recipients": ("recipients", _as_is, SOFT),
    "distribution": ("distribution", _as_is, SOFT),
    "legal_bases": ("legal_bases", _as_is, SOFT),
    "preamble": ("preamble", _as_is, SOFT),
    "closing": ("closing", _as_is, SOFT),
    "directives": ("directives", _marked_text, SOFT),
    "citations": ("citations", _number, 1.0),
    "citations+date": ("citations", _number_and_date, 1.0),
}
"""Figure: field of the record, what of an entry is compared, likeness asked for."""


def _counted(field: str, right: int, given: int, truth: int, flags: list[str]) -> FieldScore:
    wrong = right < max(given, truth)
    silent = wrong and not any(_names(where, field) for where in flags)
    return FieldScore(right, given, truth, int(wrong), int(silent))


def _names(where: str, field: str) -> bool:
    """Whether a flag at `where` names the field: itself, a part of it, or the number as a whole
    for its two halves."""
    if field in ("header.number", "header.symbol") and _names(where, "header.number_symbol"):
        return True
    return where == field or where.startswith((f"{field}.", f"{field}["))


def _matches(given: Iterable[object], truth: Iterable[object], soft: float) -> int:
    """How many given entries find an entry of the truth that no earlier one took."""
    left = list(truth)
    hits = 0
    for entry in given:
        found = next((i for i, gold in enumerate(left) if same(entry, gold, soft)), None)
        if found is not None:
            del left[found]
            hits += 1
    return hits


def _alike(a: str, b: str, soft: float) -> bool:
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    # the quick ratios are upper bounds, so they only save time
    quick = matcher.real_quick_ratio() >= soft and matcher.quick_ratio() >= soft
    return quick and matcher.ratio() >= soft
