"""The readings of the tokens that are met most, worked out beforehand.

In: `dictionaries/common-readings.npz`, made by `python -m pipeline.restore.train_readings`. Out:
rows of readings, the same that `Candidates` works out. They hold for the channel and the words they
were made with; where an archive adds its own, all is worked out when it is met.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, NamedTuple, get_args, overload

import numpy as np
import numpy.typing as npt

from pipeline.restore.channel import Shape
from pipeline.restore.language_model import NONE, Floats, Ids, LanguageModel

_SHAPES: Final[tuple[Shape | None, ...]] = (None, *get_args(Shape))
_EDGES: Final = 16  # a token here is shorter than this


class Reading(NamedTuple):
    """One reading of a token: `token[start:end]` would print as `word` (canonical), or stays as it
    is where `word` is None. `shape`: how it would be printed, where not as it was read."""

    start: int
    end: int
    word: str | None
    shape: Shape | None = None


class Row(NamedTuple):
    """The readings of a token, the ids of their first and second words (NONE: no second), and
    log P(read | reading)."""

    readings: Sequence[Reading]
    first: Sequence[int] | Ids
    second: Sequence[int] | Ids
    score: Sequence[float] | Floats


_CAPITALS: Final = "\t"  # behind a token: in a line of capitals


@dataclass(frozen=True, slots=True)
class CommonReadings:
    """Rows one after the other: those of a token from `ends[i - 1]` to `ends[i]`, i its place in
    `place`. `form`: the shape and the span of each reading; the first has no word."""

    words: tuple[str, ...]
    place: dict[str, int]
    ends: Ids
    first: npt.NDArray[np.uint16]
    second: npt.NDArray[np.uint16]
    score: npt.NDArray[np.float16]
    form: npt.NDArray[np.uint16]

    def row(self, token: str, in_capitals: bool) -> Row | None:
        """The row of a token; None where it is not among the common ones."""
        at = self.place.get(token + _CAPITALS if in_capitals else token)
        if at is None:
            return None
        part = slice(int(self.ends[at - 1]) if at else 0, int(self.ends[at]))
        return Row(
            _Kept(self, part),
            self.first[part].astype(np.int64),
            self.second[part].astype(np.int64),
            self.score[part].astype(np.float32),
        )

    def readings(self, part: slice) -> list[Reading]:
        """The readings of a row, the token as it is first."""
        columns = (self.form[part], self.first[part], self.second[part])
        found: list[Reading] = []
        for form, first, second in zip(*(c.tolist() for c in columns), strict=True):
            word = _spoken(self.words, first, second)
            shape, start, end = form // _EDGES**2, form // _EDGES % _EDGES, form % _EDGES
            found.append(Reading(start, end, word if found else None, _SHAPES[shape]))
        return found

    @classmethod
    def of(cls, rows: Iterable[tuple[str, bool, Row]], words: tuple[str, ...]) -> CommonReadings:
        """The rows of tokens, in a line of capitals or not, that print as `words`; those with other
        readings are left out."""
        place: dict[str, int] = {}
        first: list[int] = []
        second: list[int] = []
        score: list[float] = []
        form: list[int] = []
        ends = []
        for token, in_capitals, row in rows:
            spoken = [_spoken(words, a, b) for a, b in zip(row.first, row.second, strict=True)]
            if len(token) >= _EDGES or any(
                r.word != w for r, w in zip(row.readings[1:], spoken[1:], strict=True)
            ):
                continue
            place[token + _CAPITALS if in_capitals else token] = len(place)
            first += [int(x) for x in row.first]
            second += [int(x) for x in row.second]
            score += [float(x) for x in row.score]
            form += [
                (_SHAPES.index(r.shape) * _EDGES + r.start) * _EDGES + r.end for r in row.readings
            ]
            ends.append(len(form))
        return cls(
            words,
            place,
            np.array(ends, np.int64),
            np.array(first, np.uint16),
            np.array(second, np.uint16),
            np.array(score, np.float16),
            np.array(form, np.uint16),
        )

    def packed(self, name: str, digest: str) -> dict[str, npt.NDArray[np.generic]]:
        """As arrays whose names begin with `name`. `digest`: of what the rows were made with."""
        return {
            f"{name}_digest": np.frombuffer(digest.encode(), np.uint8),
            f"{name}_tokens": np.frombuffer("\n".join(self.place).encode(), np.uint8),
            f"{name}_sizes": np.diff(self.ends, prepend=0).astype(np.uint8),
            f"{name}_first": self.first,
            f"{name}_second": self.second,
            f"{name}_score": self.score,
            f"{name}_form": self.form,
        }

    @classmethod
    def read(
        cls, data: bytes, name: str, digest: str, words: tuple[str, ...]
    ) -> CommonReadings | None:
        """The rows that `packed` gave; None where they were made with something else."""
        with np.load(io.BytesIO(data)) as file:
            if f"{name}_digest" not in file or file[f"{name}_digest"].tobytes().decode() != digest:
                return None
            tokens = file[f"{name}_tokens"].tobytes().decode().split("\n")
            return cls(
                words,
                dict(zip(tokens, range(len(tokens)), strict=True)),
                np.cumsum(file[f"{name}_sizes"].astype(np.int64)),
                *(file[f"{name}_{column}"] for column in ("first", "second", "score", "form")),
            )


def _spoken(words: tuple[str, ...], first: int, second: int) -> str:
    """The word, or the two, of a reading with these ids."""
    return words[first] if second == NONE else f"{words[first]} {words[second]}"


class _Kept(Sequence[Reading]):
    """The readings of a row, read when they are asked for: of most words they never are."""

    __slots__ = ("_all", "_found", "_part")

    def __init__(self, common: CommonReadings, part: slice) -> None:
        self._all, self._part = common, part
        self._found: list[Reading] | None = None

    def _read(self) -> list[Reading]:
        if self._found is None:
            self._found = self._all.readings(self._part)
        return self._found

    def __len__(self) -> int:
        return len(range(self._part.start, self._part.stop))

    @overload
    def __getitem__(self, at: int) -> Reading: ...
    @overload
    def __getitem__(self, at: slice) -> list[Reading]: ...
    def __getitem__(self, at: int | slice) -> Reading | list[Reading]:
        return self._read()[at]


def digest_of(model: LanguageModel, rows: Sequence[str]) -> str:
    """What stands for the words of a language model, their probabilities and a channel's rows."""
    found = blake2b(digest_size=16)
    for part in (
        "\n".join(model.words).encode(),
        model.unigram.tobytes(),
        "\n".join(rows).encode(),
    ):
        found.update(part)
    return found.hexdigest()
