"""What all rules that look at a line give: which part of it is replaced, and by what."""

from __future__ import annotations

from typing import NamedTuple


class Fix(NamedTuple):
    """Replace `text[start:end]` by `after`."""

    start: int
    end: int
    after: str
