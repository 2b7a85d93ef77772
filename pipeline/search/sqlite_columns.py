"""What a segment knows of each of its letters, as arrays: what is filtered, counted and sorted by.

All arrays have one entry for each letter, in the order of the letters' ids, but `spans`, which has
one row for each directive."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

U32 = npt.NDArray[np.uint32]
NO_DATE = 0
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_BYTES = np.dtype(np.uint32).itemsize


@dataclass(frozen=True, slots=True)
class Columns:
    """Letters of a segment.

    `date` is year * 10000 + month * 100 + day, 0 where unknown; `body`, `type` and `signer` are ids
    of names, 0 where there is none; `length` counts words; `directives` counts rows of `spans`,
    the (first, end) word of a directive in its letter."""

    letter: U32
    date: U32
    body: U32
    type: U32
    signer: U32
    length: U32
    directives: U32
    spans: U32

    def to_bytes(self) -> bytes:
        """For keeping: the arrays one behind the other."""
        arrays = (getattr(self, name) for name in _NAMES)
        return b"".join((*(array.tobytes() for array in arrays), self.spans.tobytes()))

    @classmethod
    def from_bytes(cls, data: bytes, size: int) -> Columns:
        """The reverse of `to_bytes`, of `size` letters."""
        flat = np.frombuffer(data, np.uint32)
        arrays = [flat[n * size : (n + 1) * size] for n in range(len(_NAMES))]
        return cls(*(*arrays, flat[len(_NAMES) * size :].reshape(-1, 2)))

    @classmethod
    def joined(cls, parts: Sequence[Columns]) -> Columns:
        """Several one behind the other."""
        if not parts:
            return cls.from_bytes(b"", 0)
        names = (*_NAMES, "spans")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def only(self, kept: npt.NDArray[np.bool_]) -> Columns:
        """Those letters for which `kept` is true."""
        spans = self.spans[np.repeat(kept, self.directives)]
        return Columns(*(*(getattr(self, name)[kept] for name in _NAMES), spans))


_NAMES = ("letter", "date", "body", "type", "signer", "length", "directives")


def day_number(date: str | None) -> int:
    """A date of ISO 8601 as in `Columns.date`."""
    match = _DAY.fullmatch(date or "")
    return int("".join(match.groups())) if match else NO_DATE
