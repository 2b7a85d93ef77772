"""The words and set phrases that an archive's own letters have and the program did not know.

In: confirmed letters, as sentences of printed tokens. Out: entries for a word list, each with its
weight: words the language model lacks, and phrases that come again in several letters though the
model would not expect them: names of people, places and bodies, terms of the office.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pipeline.restore.language_model import LanguageModel
from pipeline.restore.tokens import BOUNDARY, SPECIALS, classify, core_of, ends_sentence

LONGEST = 6
LONGEST_TERM = 3
LEAST_LETTERS = 2
"""Letters in which a phrase must stand: what one letter says twice is not yet a term."""
LEAST_NEIGHBOURS = 2
RARE = -9.5
"""Log-probability below which a word is seldom met in official text."""
COMMON = -6.0
"""And above which it is met everywhere (và, của, được): no term begins or ends with one."""
UNEXPECTED = -4.5
"""Log-probability after the word before, above which the program knows the two together."""
WORD_WEIGHT, PHRASE_WEIGHT = 0.3, 0.45
"""Below `lexicon.SET_PHRASE`: the words of an office's names must not count as common by
themselves, or the damaged letters of others are read as them (measured)."""
_MOST = 5000


@dataclass(frozen=True, slots=True)
class OwnPhrase:
    """An entry of the word list: as printed most often, its weight, in how many letters."""

    text: str
    weight: float
    letters: int


def sentences(tokens: Sequence[str]) -> Iterator[list[str]]:
    """Runs of tokens, parted where a sentence or item ends."""
    run: list[str] = []
    for token in tokens:
        run.append(token)
        if ends_sentence(token):
            yield run
            run = []
    if run:
        yield run


def as_model_words(tokens: Sequence[str]) -> list[str]:
    """A sentence as the language model sees it, a boundary at either end."""
    words = [classify(t[slice(*core_of(t))]) for t in tokens]
    return [BOUNDARY, *(w for w in words if w), BOUNDARY]


def own_phrases(
    letters: Sequence[Sequence[Sequence[str]]], model: LanguageModel
) -> list[OwnPhrase]:
    """The entries for `letters`, each its sentences of printed tokens; the commonest first."""
    seen = _Seen()
    for letter in letters:
        seen.add_letter(letter)
    often = [r for r, n in seen.letters.items() if n >= LEAST_LETTERS and seen.stands_free(r)]
    expected = _Expected.of(often, model)
    found = [run for run in often if expected.is_own(run, seen.printed(run))]
    kept = _without_parts(found, seen)
    entries = [
        OwnPhrase(seen.printed(p), WORD_WEIGHT if len(p) == 1 else PHRASE_WEIGHT, seen.letters[p])
        for p in kept
    ]
    entries.sort(key=lambda e: (-e.letters, e.text))
    return entries[:_MOST]


class _Seen:
    """Of each run of words: in how many letters, how often, how it was printed, and what stood
    before and behind it."""

    def __init__(self) -> None:
        self.letters: Counter[tuple[str, ...]] = Counter()
        self.times: Counter[tuple[str, ...]] = Counter()
        self._forms: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        self._before: dict[tuple[str, ...], set[str]] = defaultdict(set)
        self._behind: dict[tuple[str, ...], set[str]] = defaultdict(set)

    def add_letter(self, letter: Sequence[Sequence[str]]) -> None:
        """Count the runs of one letter."""
        here: set[tuple[str, ...]] = set()
        for sentence in letter:
            for part in _unbroken(sentence):
                words = [classify(core) for core in part]
                for size in range(1, LONGEST + 1):
                    for at in range(len(part) - size + 1):
                        run = tuple(words[at : at + size])
                        if not all(run) or any(w in SPECIALS for w in run):
                            continue
                        here.add(run)
                        self.times[run] += 1
                        self._forms[run][" ".join(part[at : at + size])] += 1
                        edge = f"{BOUNDARY}{self.times[run]}"  # the end of a sentence is free
                        before, behind = part[at - 1 : at], part[at + size : at + size + 1]
                        name = part[at][0].isupper() and part[at + size - 1][0].isupper()
                        for beside, found in ((before, self._before), (behind, self._behind)):
                            # A name ends where the capitals do, whatever stands beside it.
                            ends = not beside or (name and beside[0][0].islower())
                            found[run].add(edge if ends else classify(beside[0]))
        self.letters.update(here)

    def stands_free(self, run: tuple[str, ...]) -> bool:
        """Whether it is more than a piece of something longer: on both sides stood different words
        (accessor variety: Feng et al. 2004)."""
        return min(len(self._before[run]), len(self._behind[run])) >= LEAST_NEIGHBOURS

    def printed(self, run: tuple[str, ...]) -> str:
        """The commonest printed form; of letters in capitals only where there is no other."""
        forms = self._forms[run]
        return max(forms, key=lambda form: (not form.isupper(), forms[form], form))


def _unbroken(sentence: Sequence[str]) -> Iterator[list[str]]:
    """The cores of tokens between punctuation: no phrase goes across a comma."""
    part: list[str] = []
    for token in sentence:
        start, end = core_of(token)
        if start and part:
            yield part
            part = []
        if start < end:
            part.append(token[start:end])
        if end < len(token) and part:
            yield part
            part = []
    if part:
        yield part


@dataclass(frozen=True, slots=True)
class _Expected:
    """What the program expects: log P of each word, and of each word after another."""

    words: dict[str, float]
    pairs: dict[tuple[str, ...], float]

    @classmethod
    def of(cls, runs: Sequence[tuple[str, ...]], model: LanguageModel) -> _Expected:
        """Of all words and pairs in `runs`."""
        ids = model.ids()
        words = {w: float(model.unigram[ids[w]]) for run in runs for w in run if w in ids}
        pairs = sorted({p for run in runs for p in pairwise(run) if p[0] in ids and p[1] in ids})
        if not pairs:
            return cls(words, {})
        v, w = (np.array([ids[p[i]] for p in pairs]) for i in (0, 1))
        logs, _ = model.bigram(v, w)
        return cls(words, dict(zip(pairs, logs.tolist(), strict=True)))

    def is_own(self, run: tuple[str, ...], printed: str) -> bool:
        """Whether it may be a term of the archive: a word the program lacks; a name, which begins
        and ends with capitals; words about a rare one that the program would not expect after one
        another, none at either end that is met everywhere."""
        if len(run) == 1:
            return run[0] not in self.words and len(run[0]) > 1
        tokens = printed.split()
        if any("/" in token for token in tokens):
            return False
        if tokens[0][0].isupper() and tokens[-1][0].isupper():
            return any(not token.isupper() for token in tokens)
        edges = (self.words.get(run[0], RARE), self.words.get(run[-1], RARE))
        is_rare = any(self.words.get(word, RARE) <= RARE for word in run)
        likeliest = max(self.pairs.get(pair, UNEXPECTED) for pair in pairwise(run))
        short = len(run) <= LONGEST_TERM
        return short and is_rare and max(edges) < COMMON and likeliest <= UNEXPECTED


def _without_parts(found: Sequence[tuple[str, ...]], seen: _Seen) -> list[tuple[str, ...]]:
    """Without the runs that stand nowhere but inside a longer one that is kept."""
    inside: Counter[tuple[str, ...]] = Counter()
    for run in found:
        parts = {run[a:b] for a in range(len(run)) for b in range(a + 1, len(run) + 1)} - {run}
        for part in parts:
            inside[part] = max(inside[part], seen.times[run])
    return [run for run in found if seen.times[run] > inside[run]]
