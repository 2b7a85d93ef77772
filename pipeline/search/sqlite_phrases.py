"""In which of a few letters words stand in a row, with as few looks at their places as can be.

How often pairs of words stand side by side is kept (pipeline/search/sqlite_pairs.py). Where `a b`
stands as often as `b` in a letter, `a` stands before each `b`: it is implied, and its places need
not be looked at. So most words of a set phrase are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pipeline.search.sqlite_postings import LAST_PLACE, PLACE_BITS, U8, Longs
from pipeline.search.sqlite_segment_reader import Counted, Flags, is_among

UNKNOWN = 255
"""Instead of how often a pair stands in a letter: at least so often, or it was not counted."""
_MOSTLY = 0.9
"""A word is passed over that is implied in such a share of the letters; it is looked at in the
others."""
_MOST_MARKED = 1 << 22


def implied_words(pairs: Sequence[U8 | None], counts: Sequence[U8 | None]) -> dict[int, Flags]:
    """Which words of a phrase need not be looked at, by their numbers, and in which letters.

    Of each two words side by side how often they stand so in the letters, and of each word how
    often it does, None where that is not known of any."""
    before: list[Flags | None] = []  # for each pair where its first word is implied by its second
    behind: list[Flags | None] = []
    for pair, first, second in zip(pairs, counts, counts[1:], strict=False):
        if pair is None or first is None or second is None:
            before.append(None)
            behind.append(None)
        else:
            before.append(_mostly((pair == second) & (second < UNKNOWN)))
            behind.append(_mostly((pair == first) & (first < UNKNOWN)))
    out: dict[int, Flags] = {}
    start = 0
    while start < len(counts):
        root, end = _furthest(start, before, behind)
        for n in range(start, root):
            out[n] = _known(before[n])
        for n in range(root + 1, end + 1):
            out[n] = _known(behind[n - 1])
        start = end + 1
    return out


def _mostly(flags: Flags) -> Flags | None:
    return flags if np.count_nonzero(flags) >= _MOSTLY * len(flags) else None


def _known(flags: Flags | None) -> Flags:
    assert flags is not None
    return flags


def _furthest(
    start: int, before: Sequence[Flags | None], behind: Sequence[Flags | None]
) -> tuple[int, int]:
    """From a word on the word that implies all others up to one as far behind as can be, and the
    number of that."""
    best = (start, start)
    root = start
    while True:
        end = root
        while end < len(behind) and behind[end] is not None:
            end += 1
        best = max(best, (root, end), key=lambda pair: pair[1])
        if root == len(before) or before[root] is None:
            return best
        root += 1


def phrase_in(
    letters: Longs,
    order: Sequence[int],
    implied: Mapping[int, Flags],
    standing: Callable[[int, Longs], Longs],
) -> Counted:
    """In which of some letters a phrase stands, and how often. Its words are looked for in some
    `order`: each leaves fewer letters to look at. `standing` gives for the number of a word where
    the phrase would begin for it to stand in its place, in letters that are counted from 0."""
    starts: Longs | None = None
    kept = np.arange(len(letters))
    for n in order:
        if n in implied and starts is not None:
            starts = _among_open(n, letters, starts, ~implied[n][kept], standing)
        else:
            places = standing(n, letters)
            starts = places if starts is None else starts[_is_among(starts, places, len(letters))]
        numbers = starts >> PLACE_BITS
        there = np.zeros(len(letters), np.bool_)
        there[numbers] = True
        if not there.all():
            letters, kept = letters[there], kept[there]
            starts += ((there.cumsum() - 1)[numbers] - numbers) << PLACE_BITS
    assert starts is not None
    return Counted(letters, np.bincount(starts >> PLACE_BITS, minlength=len(letters)))


def _among_open(
    n: int,
    letters: Longs,
    starts: Longs,
    unsure: Flags,
    standing: Callable[[int, Longs], Longs],
) -> Longs:
    """Those starts where a word stands in its place, which is not certain in some letters."""
    numbers = unsure.nonzero()[0]
    if not len(numbers):
        return starts
    places = standing(n, letters[numbers])
    rows = places >> PLACE_BITS
    places += (numbers[rows] - rows) << PLACE_BITS
    asked = unsure[starts >> PLACE_BITS]
    found = ~asked
    found[asked] = is_among(starts[asked], places)
    left: Longs = starts[found]
    return left


def _is_among(some: Longs, places: Longs, letters: int) -> Flags:
    """For each of some places whether it is one of others, in a few letters that are counted from
    0: where these are short, all their words are marked in one array."""
    if not len(some) or not len(places):
        return np.zeros(len(some), np.bool_)
    # a letter has so much room as its longest needs, with the numbers of letters as they are
    numbers = some & LAST_PLACE
    width = int(numbers.max()) + 1
    if width * letters > _MOST_MARKED:
        return is_among(some, places)
    others = places & LAST_PLACE
    near = others < width
    there = np.zeros(width * letters, np.bool_)
    spare = (1 << PLACE_BITS) - width
    if near.all():
        there[places - (places >> PLACE_BITS) * spare] = True
    else:
        places = places[near]
        there[places - (places >> PLACE_BITS) * spare] = True
    found: Flags = there.take(some - (some >> PLACE_BITS) * spare)
    return found
