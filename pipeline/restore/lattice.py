"""Readings of tokens as arrays, and sentences of them laid out side by side for the decoder.

In: readings of each token of a document. Out: the tokens of some sentences as one sequence, and all
the ways that lead to each reading. A sentence here is what stands between two boundaries: no word
in it depends on what stands outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.restore.forward_backward import Bools, Doubles, Runs
from pipeline.restore.language_model import NONE, Floats, Ids

_T = TypeVar("_T", bound=np.generic)
NEVER: Final = -1e4
"""The score of a reading that there is not."""

_MOST_TOGETHER: Final = 3000  # tokens: what bounds memory
_LONGEST: Final = 250  # tokens without a boundary are parted here: broken files


@dataclass(slots=True)
class Lattice:
    """Readings of T tokens: `first`, `second` [T, K] word ids (NONE: no second word), `score`
    [T, K] log P(read | reading), NEVER where there is no reading. A boundary has the one reading
    0."""

    first: Ids
    second: Ids
    score: Floats

    @property
    def last(self) -> Ids:
        """The last word of each reading."""
        return np.where(self.second != NONE, self.second, self.first)

    def at(self, tokens: Ids) -> Lattice:
        """The given tokens."""
        first, second, score = self.first, self.second, self.score
        return Lattice(first.take(tokens, 0), second.take(tokens, 0), score.take(tokens, 0))

    def narrow(self, width: int) -> Lattice:
        """Only the first readings of each token, so many."""
        part = np.s_[:, :width]
        return Lattice(self.first[part].copy(), self.second[part].copy(), self.score[part].copy())

    def take(self, keep: Ids) -> Lattice:
        """Only the readings `keep` [T, k] of each token."""
        at = flat(keep, self.first.shape[1])
        return Lattice(self.first.take(at), self.second.take(at), self.score.take(at))


def flat(keep: Ids, width: int) -> Ids:
    """Where the readings `keep` [T, k] of each token stand in an array of [T, width]."""
    return np.arange(0, len(keep) * width, width)[:, None] + keep


def spoken(first: Ids, second: Ids) -> tuple[Ids, Ids]:
    """The words of tokens one after another, where `second` is NONE for those of one word; and
    where in them the first of each token stands."""
    both = np.stack([first, second], 1).ravel()
    inside = both != NONE
    return both[inside], np.cumsum(inside)[::2] - 1


@dataclass(frozen=True, slots=True)
class Thinned:
    """Tokens after the first passes, arrays [T, k] of the readings left: which they are of all
    (`keep`), their probabilities, and their scores, NEVER for those of no account."""

    keep: Ids
    share: Doubles
    emitted: Floats

    @classmethod
    def of_boundaries(cls, tokens: int, width: int) -> Thinned:
        """As many boundaries."""
        only = np.arange(width) == 0
        return cls(
            np.zeros((tokens, width), np.int64),
            np.tile(only.astype(np.float64), (tokens, 1)),
            np.tile(np.where(only, 0, NEVER).astype(np.float32), (tokens, 1)),
        )

    def at(self, tokens: slice | Bools) -> Thinned:
        """The given tokens."""
        return Thinned(self.keep[tokens], self.share[tokens], self.emitted[tokens])

    def put(self, tokens: slice | Ids, other: Thinned) -> None:
        """Put what was found of the given tokens here."""
        width = other.keep.shape[1]
        self.keep[tokens, :width] = other.keep
        self.share[tokens, :width] = other.share
        self.emitted[tokens, :width] = other.emitted


@dataclass(frozen=True, slots=True)
class Rows:
    """The readings of a document of T tokens, as `rows` [T] of the tables of a lattice, which many
    tokens share: a long document in full would be hundreds of megabytes. The first token is a
    boundary. Where it is known how tokens are printed, `states` [T], what `printed` [states, V + 1]
    says of that for a first word is part of a reading's score. `kept`: what was found of sentences
    by the bytes of their rows and states, while these tables stay as they are."""

    table: Lattice
    rows: Ids
    states: Ids | None = None
    printed: Floats | None = None
    kept: dict[bytes, Thinned] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, tokens: Ids) -> Lattice:
        """The readings of the given tokens."""
        return self._shown(self.table.at(self.rows[tokens]), tokens)

    def take(self, keep: Ids) -> Lattice:
        """Only the readings `keep` [T, k] of each token."""
        at = (self.rows * self.table.first.shape[1])[:, None] + keep
        table = self.table
        taken = Lattice(table.first.take(at), table.second.take(at), table.score.take(at))
        return self._shown(taken, slice(None))

    def _shown(self, lattice: Lattice, tokens: Ids | slice) -> Lattice:
        """The readings of the given tokens, scored by how these are printed, too."""
        if self.states is None or self.printed is None:
            return lattice
        words = np.minimum(lattice.first, self.printed.shape[1] - 1)  # NONE: no reading
        words += (self.states[tokens] * self.printed.shape[1])[:, None]
        return Lattice(lattice.first, lattice.second, lattice.score + self.printed.take(words))

    def printed_so(self, token: int, words: Ids) -> list[float | None]:
        """What the way a token is printed says of each of `words`; None where it is not asked."""
        if self.states is None or self.printed is None:
            return [None] * len(words)
        return [float(x) for x in self.printed[self.states[token], words]]

    def how_printed(self) -> Ids:
        """In which state each token is printed, 0 where that is not known [T]."""
        return np.zeros(len(self.rows), np.int64) if self.states is None else self.states

    def key(self, tokens: slice) -> bytes:
        """What stands for the readings of the given tokens and their scores."""
        rows = self.rows[tokens].tobytes()
        return rows if self.states is None else rows + self.states[tokens].tobytes()

    def sentences(self) -> list[slice]:
        """The tokens between boundaries."""
        edges = [*np.flatnonzero(self.table.first[self.rows, 0] == 0).tolist(), len(self.rows)]
        return [
            slice(start, min(start + _LONGEST, stop))
            for edge, stop in pairwise(edges)
            for start in range(edge + 1, stop, _LONGEST)
        ]


def together(sentences: list[slice]) -> Iterator[list[slice]]:
    """Sentences in groups of so many tokens as are worked on at once."""
    group: list[slice] = []
    size = 0
    for sentence in sentences:
        length = sentence.stop - sentence.start
        if group and size + length > _MOST_TOGETHER:
            yield group
            group, size = [], 0
        group.append(sentence)
        size += length
    if group:
        yield group


@dataclass(frozen=True, slots=True)
class Sequence:
    """Sentences one after the other, each between boundaries: `order` before it, since the model
    looks back so far, and one after it. Arrays [S]: `token` of the document (0, a boundary, around
    sentences), `place` in the sentence from 0, less than 0 for the boundaries before it, `within`:
    whether it is a token of the sentence."""

    order: int
    token: Ids
    place: Ids
    within: Bools

    @classmethod
    def of(cls, sentences: list[slice], order: int) -> Sequence:
        """The sequence of some sentences of a document."""
        starts = np.array([s.start for s in sentences])
        lengths = np.array([s.stop - s.start for s in sentences])
        sizes = lengths + order + 1
        ends = np.cumsum(sizes)
        place = np.arange(int(ends[-1])) - np.repeat(ends - sizes + order, sizes)
        within = (place >= 0) & (place < np.repeat(lengths, sizes))
        token = np.where(within, np.repeat(starts, sizes) + place, 0)
        return cls(order, token, place, within)

    def open(self, live: Bools, order: int) -> tuple[Bools, Runs]:
        """Where the words of one order depend on which of several readings `live` [S, K] is right
        [S]; and the runs of those tokens, each with the tokens it looks back on, which have one
        reading. All else is certain, and the same on every path."""
        several = live.sum(1) > 1
        scored = several.copy()
        for k in range(1, order + 1):
            scored[k:] |= several[:-k]
        scored &= self.place >= 0
        inside = scored.copy()
        for k in range(1, order + 1):
            inside[:-k] |= scored[k:]
        return scored, Runs.of(inside, self.place == -self.order)


class Paths:
    """All ways that lead to the readings `live` [S, K] of the tokens `at` [N], over those of the
    `order` tokens before. `index`: the token, and the indices of the readings, oldest first."""

    def __init__(self, lattice: Lattice, live: Bools, at: Ids, order: int) -> None:
        self._lattice, self._order = lattice, order
        alive = live.take(at - order, 0)
        for back in range(order - 1, -1, -1):
            alive = alive[..., None] & _aligned(live.take(at - back, 0), alive.ndim)
        # As one row: of several axes to look for what is not 0 takes five times as long.
        row, *readings = np.unravel_index(alive.ravel().nonzero()[0], alive.shape)
        self.index: tuple[Ids, ...] = (at.take(row), *readings)

    def words(self) -> Ids:
        """The first word of the last reading of each path."""
        width = self._lattice.first.shape[1]
        found: Ids = self._lattice.first.take(self.index[0] * width + self.index[-1])
        return found

    def words_before(self) -> list[Ids]:
        """The words before the last reading of each path, nearest first; NONE beyond a boundary.

        A reading of two words gives both."""
        found: list[Ids] = []
        width = self._lattice.first.shape[1]
        extra: Ids | None = None  # the word a reading of two words holds back
        for back in range(1, self._order + 1):
            index = (self.index[0] - back) * width + self.index[-1 - back]
            first, second = self._lattice.first.take(index), self._lattice.second.take(index)
            double = second != NONE
            last, own = np.where(double, second, first), np.where(double, first, NONE)
            if extra is None:
                found.append(last)
                extra = own
                continue
            held = extra != NONE
            found.append(np.where(held, extra, last))
            extra = np.where(held, last, own)
        for nearer, farther in pairwise(found):
            farther[(nearer == 0) | (nearer == NONE)] = NONE
        return found


def _aligned(values: npt.NDArray[_T], axes: int) -> npt.NDArray[_T]:
    """`values` [N, K] as [N, 1, …, K] with `axes` axes more than one."""
    return values.reshape(len(values), *[1] * (axes - 1), values.shape[1])
