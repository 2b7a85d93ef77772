"""How one OCR model misreads Vietnamese: P(read | printed), by onset and rime of the syllable.

In: what was read (a string). Out: log-probabilities over all onsets, or all rimes with tone.
A table (`dictionaries/channel-*.tsv`) holds what onsets, rimes and single letters were read as in
aligned pairs; readings never seen are judged letter by letter.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from unidecode import unidecode

from pipeline.restore.orthography import split_tone

Floats = npt.NDArray[np.float32]
Shape = Literal["lower", "Capital", "CAPITALS"]
Kind = Literal["onset", "rime", "letter"]

FLOOR: Final = -25.0
_PRIOR = 3.0  # readings of a unit seen this often weigh as much as the judgement by letters
_SHARE = 0.1  # and, however often a unit was seen, this share is left to it
_LETTER_PRIOR = 6.0
_LETTER_SHARE = 0.02
_MOST_LOGS = 3_000  # about 10 MB of rimes
_MOST_ENDINGS = 1_000  # about 15 MB of rimes
_NEVER_SEEN = "\0"
_LONGEST = 3  # one letter is read as at most so many characters


def shape_of(text: str) -> Shape:
    """How the letters of a read token are written."""
    letters = [c for c in text if c.isalpha()]
    if len(letters) > 1 and all(c.isupper() for c in letters):
        return "CAPITALS"
    return "Capital" if text[:1].isupper() else "lower"


def cased(text: str, shape: Shape) -> str:
    """A unit of a syllable in the given shape; `Capital` raises its first letter."""
    if shape == "CAPITALS":
        return text.upper()
    return text[:1].upper() + text[1:] if shape == "Capital" else text


@dataclass(slots=True)
class Counts:
    """What was read for each unit: (kind, printed, read) to count."""

    table: dict[tuple[Kind, str, str], float] = field(default_factory=lambda: defaultdict(float))

    def lines(self, least: float) -> list[str]:
        """The table as TSV lines, most frequent first within each printed unit."""
        rows = [(k, t, -n, r) for (k, t, r), n in self.table.items() if n >= least]
        return [f"{k}\t{t}\t{r}\t{-n:g}" for k, t, n, r in sorted(rows)]


class LetterModel:
    """P(read characters | one printed letter), smoothed towards the letter's kin: the letters with
    the same hat (all tones of ô are misread in like ways), and letters that look alike."""

    def __init__(self, counts: Mapping[tuple[str, str], float]) -> None:
        self._total: dict[str, float] = defaultdict(float)
        self._kin: dict[tuple[str, str], float] = defaultdict(float)
        self._kin_total: dict[str, float] = defaultdict(float)
        for (letter, read), n in counts.items():
            self._total[letter] += n
            if read != letter:
                self._kin[split_tone(letter)[0], read] += n
                self._kin_total[split_tone(letter)[0]] += n
        self._counts = counts
        self.pieces = frozenset(read for _, read in counts)
        self._cache: dict[tuple[str, str], float] = {}

    def log(self, letter: str, read: str) -> float:
        """log P(read | letter)."""
        key = (letter, read)
        if (found := self._cache.get(key)) is None:
            n, total = self._counts.get(key, 0.0), self._total[letter]
            kin = split_tone(letter)[0]
            like = 0.5 * _likeness(letter, read)
            like += 0.5 * self._kin.get((kin, read), 0.0) / (self._kin_total[kin] + 1)
            weight = _LETTER_PRIOR + _LETTER_SHARE * total
            found = self._cache[key] = math.log((n + weight * like) / (total + weight))
        return found

    def emissions(self, alphabet: Sequence[str]) -> Callable[[str], Floats]:
        """A function from what was read to log P(read | letter) of all letters of `alphabet`."""
        at = {letter: i for i, letter in enumerate(alphabet)}
        total = np.array([self._total.get(c, 0.0) for c in alphabet])
        weight = _LETTER_PRIOR + _LETTER_SHARE * total
        kin = [split_tone(c)[0] for c in alphabet]
        kin_total = np.array([self._kin_total.get(k, 0.0) + 1 for k in kin])
        base = np.array([unidecode(c).lower() for c in alphabet])
        seen: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for (letter, read), n in self._counts.items():
            if letter in at:
                seen[read].append((at[letter], n))
        of_kin: dict[str, list[tuple[int, float]]] = defaultdict(list)
        members: dict[str, list[int]] = defaultdict(list)
        for i, k in enumerate(kin):
            members[k].append(i)
        for (k, read), n in self._kin.items():
            of_kin[read] += [(i, n) for i in members.get(k, ())]

        def emission(read: str) -> Floats:
            if len(read) == 1:
                like = np.where(base == unidecode(read).lower(), 0.05, 1e-3)
                if read in at:
                    like[at[read]] = 0.3
            else:
                like = np.full(len(alphabet), _likeness("", read) if read else 2e-3)
            like *= 0.5
            for i, n in of_kin.get(read, ()):
                like[i] += 0.5 * n / kin_total[i]
            like *= weight
            for i, n in seen.get(read, ()):
                like[i] += n
            return np.log(like / (total + weight)).astype(np.float32)

        return emission


def _likeness(letter: str, read: str) -> float:
    """The chance, before any pair was seen, that a printed letter is read so."""
    if read == letter:
        return 0.3
    if not read:
        return 2e-3
    if len(read) == 1:
        base, other = unidecode(letter).lower(), unidecode(read).lower()
        return 0.05 if base == other else 1e-3
    return 1e-5 if len(read) == 2 else 1e-6


class UnitTable:
    """The units of one kind (onsets, or rimes) in one shape, and how likely each reading is."""

    def __init__(
        self,
        units: tuple[str, ...],
        counts: Mapping[str, Mapping[str, float]],
        letters: LetterModel,
    ) -> None:
        self.units = units
        self._letters = letters
        self._seen: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._total = np.zeros(len(units), np.float32)
        for i, unit in enumerate(units):
            for read, n in counts.get(unit, {}).items():
                self._seen[read].append((i, n))
                self._total[i] += n
        alphabet = sorted({c for u in units for c in u})
        width = max(len(u) for u in units)
        index = {c: i for i, c in enumerate(alphabet)}
        # Letter index at each place of each unit; the last index stands for "no letter here".
        self._spelling = np.full((width, len(units)), len(alphabet), np.int64)
        for i, unit in enumerate(units):
            for j, c in enumerate(unit):
                self._spelling[j, i] = index[c]
        self._prior = _PRIOR + _SHARE * self._total
        self._letter_emission = letters.emissions(alphabet)
        self._logs: dict[str, Floats] = {}
        self._endings: dict[str, Floats] = {}
        self._spelt: dict[str, Floats] = {}

    def log(self, read: str) -> Floats:
        """log P(read | unit) of every unit. What is asked once is kept."""
        found = self._logs.get(read)
        if found is None:
            if len(self._logs) > _MOST_LOGS:
                self._logs.clear()
            found = self._logs[read] = self._with_seen(self._ending(read)[0], read)
        return found

    def _ending(self, read: str) -> Floats:
        """log P(read | the letters from the j-th on) of every unit, judged by letters [j, unit]."""
        found = self._endings.get(read)
        if found is not None:
            return found
        if len(self._endings) > _MOST_ENDINGS:
            self._endings.clear()
        width = len(self._spelling)
        nothing = self._letters_read("")
        found = np.full((width + 1, len(self.units)), FLOOR * 2, np.float32)
        letters = found[:-1]
        if read:
            for length in range(1, min(_LONGEST, len(read)) + 1):
                emitted = self._ending(read[length:])[1:] + self._letters_read(read[:length])
                np.maximum(letters, emitted, out=letters)
        else:
            found[width] = 0
        for here, later, lost in zip(letters[::-1], found[:0:-1], nothing[::-1], strict=True):
            np.maximum(here, later + lost, out=here)
        self._endings[read] = found
        return found

    def _letters_read(self, piece: str) -> Floats:
        """log P(piece | letter) of the j-th letter of every unit [j, unit]. All pieces of as many
        characters that were never seen are alike."""
        if len(piece) > 1 and piece not in self._letters.pieces:
            piece = _NEVER_SEEN * len(piece)
        found = self._spelt.get(piece)
        if found is None:
            if len(self._spelt) > _MOST_ENDINGS:
                self._spelt.clear()
            found = self._spelt[piece] = self._emission(piece).take(self._spelling)
        return found

    def _emission(self, read: str) -> Floats:
        none = 0.0 if not read else FLOOR
        return np.append(self._letter_emission(read), np.float32(none))

    def _with_seen(self, by_letters: Floats, read: str) -> Floats:
        """The judgement by letters of each unit, mixed with what was seen."""
        p = self._prior * np.exp(by_letters)
        if self.units[0] == "":  # nothing printed, something read: an invented mark
            p[0] = self._prior[0] * (math.exp(-4.0 - 2.0 * len(read)) if read else 1.0)
        for i, n in self._seen.get(read, ()):
            p[i] += n
        logs: Floats = np.log(p / (self._total + self._prior) + 1e-30)
        return np.maximum(logs, FLOOR).astype(np.float32)


@dataclass(slots=True)
class Channel:
    """The channel of one OCR model: tables of onsets and rimes for each shape of token."""

    name: str
    onsets: dict[Shape, UnitTable]
    rimes: dict[Shape, UnitTable]

    @classmethod
    def of(
        cls, name: str, lines: Iterable[str], onsets: tuple[str, ...], rimes: tuple[str, ...]
    ) -> Channel:
        """A channel over the given onsets (the empty one first) and rimes, from a TSV table of
        kind, printed, read, count.

        Raises ValueError at a line that is no such row."""
        units: dict[str, dict[str, dict[str, float]]] = {"onset": {}, "rime": {}}
        letters: dict[tuple[str, str], float] = {}
        for line in lines:
            if not line.strip() or line.startswith("#"):
                continue
            kind, printed, read, count = line.rstrip("\n").split("\t")
            if kind == "letter":
                letters[printed, read] = float(count)
            else:
                units[kind].setdefault(printed, {})[read] = float(count)
        model = LetterModel(letters)
        shapes: tuple[Shape, ...] = ("lower", "Capital", "CAPITALS")

        def table(kind: str, names: tuple[str, ...], shape: Shape) -> UnitTable:
            return UnitTable(tuple(cased(n, shape) for n in names), units[kind], model)

        return cls(
            name,
            {s: table("onset", onsets, s) for s in shapes},
            {s: table("rime", rimes, s) for s in shapes},
        )
