"""What a word's capital letter, and the comma behind it, tell of the word: a name is printed with a
capital, and hardly any comma stands behind a particle.

In: the tokens of a document in order. Out: for each how it is printed, and a table of
log P(printed so | word) for the decoder. The shares are counted in running text by
`pipeline.restore.train_appearance` and kept in `dictionaries/appearance.tsv`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from pipeline.restore.forward_backward import Bools
from pipeline.restore.language_model import Floats, Ids
from pipeline.restore.protect import is_item_mark
from pipeline.restore.tokens import UNKNOWN, core_of

SMALL: Final = 1
CAPITAL: Final = 2
COMMA: Final = 3
"""How a token is printed: 0, or COMMA where a comma follows; and SMALL or CAPITAL, by its first
letter, on top, where that tells of the word: not where a sentence begins, and not in capitals."""

STATES: Final = 6
OTHERS: Final = "*"
"""The row of the syllables that have none of their own; that of all else is `UNKNOWN`."""

_ENDS: Final = frozenset('.:;?!-–"“')
_CLOSING: Final = "\"”’')]"
_BOUNDARY: Final = (0, 0, True)
_SUREST: Final = 0.001
"""No share is taken for less: a capital is misread for a small letter, and a speck for a comma."""


def states(tokens: Sequence[str | None]) -> list[int]:
    """How each token is printed; None stands for a boundary."""
    found = []
    begins = True
    for token in tokens:
        case, comma, ends = _traits(token) if token else _BOUNDARY
        found.append(comma if begins else comma + case)
        begins = ends
    return found


def of_words(printed: Ids, two: Bools) -> Ids:
    """How each word is printed where some tokens, `printed` [T] in some states, are `two` words
    [T]: the first as its token begins, the second as it ends."""
    first = np.where(two, printed % COMMA, printed)
    there = np.stack([np.ones(len(two), bool), two], 1)
    found: Ids = np.stack([first, printed - first], 1)[there]
    return found


@lru_cache(maxsize=100_000)
def _traits(token: str) -> tuple[int, int, bool]:
    """What a token's case tells of its word, whether a comma follows, and whether a sentence or an
    item of a list may begin behind it."""
    start, end = core_of(token)
    core = token[start:end]
    tells = start == 0 and core[:1].isalpha() and not core.isupper()
    case = (CAPITAL if core[0].isupper() else SMALL) if tells else 0
    comma = COMMA if token[end:].strip(_CLOSING) == "," else 0
    ends = token[-1] in _ENDS or is_item_mark(token) or not any(c.isalpha() for c in core)
    return case, comma, ends


@dataclass(frozen=True, slots=True)
class Appearance:
    """log P(printed so | word) by state and the word's id [STATES, V + 1], the last column for
    what is no word."""

    logs: Floats

    @classmethod
    def read(cls, lines: Iterable[str], ids: Mapping[str, int], syllables: Ids) -> Appearance:
        """For the words of a language model by their `ids`, some of which are `syllables`, from a
        table of word, share of capitals, share of commas. Raises ValueError at a line that is no
        such row, KeyError without `OTHERS` or `UNKNOWN`."""
        shares: dict[str, tuple[float, float]] = {}
        for line in lines:
            if line.strip() and not line.startswith("#"):
                word, capital, comma = line.rstrip("\n").split("\t")
                shares[word] = float(capital), float(comma)
        both = np.tile(shares[UNKNOWN], (len(ids), 1))
        both[syllables] = shares[OTHERS]
        known = [(ids[word], *share) for word, share in shares.items() if word in ids]
        rows = np.array(known).reshape(-1, 3)
        both[rows[:, 0].astype(np.int64)] = rows[:, 1:]
        both = np.clip(both, _SUREST, 1 - _SUREST)
        capitals, commas = both.T
        logs = np.zeros((STATES, len(ids) + 1), np.float32)
        case = np.stack([np.zeros(len(ids)), np.log1p(-capitals), np.log(capitals)])
        logs[:COMMA, :-1] = case + np.log1p(-commas)
        logs[COMMA:, :-1] = case + np.log(commas)
        return cls(logs)
