"""Which neighbour a corrected syllable forms a word with: `tố` of `tố chức`, `vi` of `đơn vi`.

Vietnamese words have one or more syllables, and a correction changes mostly one of them. Told as
words, the same correction stands together and others apart: `tố chức → tổ chức`, `tố quốc → tổ
quốc`. In: syllables between their neighbours, as printed. Out: on which side the word goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import numpy as np

from pipeline.restore.language_model import Floats, Ids, LanguageModel
from pipeline.restore.tokens import SPECIALS, classify

Side = Literal["", "before", "behind"]
LIKELY = -2.3
"""Log-probability of the second syllable after the first, at least."""
TOLD = 2.5
"""And by how much the first must raise it."""


class Compounds:
    """What the language model knows of syllables that follow one another."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._ids = model.ids()

    @classmethod
    def load(cls) -> Compounds:
        """With the model of the program, loaded once."""
        return _loaded()

    def sides(self, places: Sequence[tuple[str, str, str]]) -> list[Side]:
        """On which side the word goes on, of each (before, syllable, behind); an empty neighbour
        is none."""
        if not places:
            return []
        before, own, behind = (self._numbers([p[i] for p in places]) for i in range(3))
        left, right = self._strength(before, own), self._strength(own, behind)
        return [
            "" if max(x, y) <= 0 else "before" if x > y else "behind"
            for x, y in zip(left.tolist(), right.tolist(), strict=True)
        ]

    def _numbers(self, words: Sequence[str]) -> Ids:
        return np.array([self._ids.get(classify(word), 1) if word else 1 for word in words])

    def _strength(self, first: Ids, second: Ids) -> Floats:
        """How much the first raises the second, not above 0 where it is too little."""
        logs, _ = self._model.bigram(first, second)
        raised = logs - self._model.unigram[second]
        is_word = (first >= len(SPECIALS)) & (second >= len(SPECIALS))
        kept = is_word & (logs > LIKELY) & (raised > TOLD)
        return np.where(kept, raised, 0.0).astype(np.float32)


@lru_cache(maxsize=1)
def _loaded() -> Compounds:
    data = (files("dictionaries") / "language-model.npz").read_bytes()
    return Compounds(LanguageModel.load(data))
