"""Names of people as they are read below a signature: its strokes often cover the surname, on the
left, where the pen begins, so that of `Lê Minh Hoạ` there is `Minh Hoạ`."""

from __future__ import annotations

from collections.abc import Sequence

FEWEST, MOST = 3, 4
"""Words of a whole name (surname, middle names, given name)."""
_LEFT = 2


def shortened_names(words: Sequence[str]) -> tuple[str, ...]:
    """What may be left of a whole name of some folded words: one or two fewer, two at least."""
    if not FEWEST <= len(words) <= MOST:
        return ()
    return tuple(" ".join(words[lost:]) for lost in range(1, len(words) - _LEFT + 1))
