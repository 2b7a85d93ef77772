"""Marks of letters that the Vietnamese OCR model loses in real letters, not on simulated pages.

In: a channel's table, and `dictionaries/stacked_marks.tsv`. Out: the table with such readings of
every rime it has: what tones above hats are read as depends on the typeface.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from pipeline.restore.orthography import split_tone
from pipeline.restore.own_channel import cells

_CLASSES: Final = {"ô": "âêôă"}
_WITHOUT: Final = str.maketrans("âêôă", "aeoa")

Misread = Mapping[str, Sequence[tuple[str, float]]]
"""What each letter is read as, with the share of each."""


def misread_marks(lines: Iterable[str]) -> Misread:
    """The rows of the table, each for all letters of its class.

    Raises ValueError at a line that is no such row, KeyError at a letter of no class."""
    found: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        printed, read, share = line.split("\t")
        (base, tone), (other, other_tone) = split_tone(printed.lower()), split_tone(read.lower())
        for letter in _CLASSES[base]:
            seen = letter if other == base else letter.translate(_WITHOUT)
            pair = (_marked(letter, tone), _marked(seen, other_tone))
            left, right = (c.upper() if printed.isupper() else c for c in pair)
            found[left].append((right, float(share)))
    return found


def with_misread_marks(rows: Iterable[str], misread: Misread) -> Iterator[str]:
    """The rows of kind, printed, read, count; each rime with its share of such readings, too."""
    counts: dict[tuple[str, str, str], float] = {}
    rimes: dict[str, float] = defaultdict(float)
    for kind, printed, read, count in cells(rows):
        counts[kind, printed, read] = count
        if kind == "rime":
            rimes[printed] += count
    for rime, total in rimes.items():
        for letter in rime:
            for seen, share in misread.get(letter, ()):
                key = ("rime", rime, rime.replace(letter, seen, 1))
                counts[key] = counts.get(key, 0.0) + share * total
    for (kind, printed, read), number in counts.items():
        yield f"{kind}\t{printed}\t{read}\t{number:g}"


def _marked(letter: str, tone: str) -> str:
    return unicodedata.normalize("NFC", letter + tone)
