"""What each part of the score says of the readings of one word: `congvan explain`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reading of a word in its context, its probability, and what each part of the score said:
    natural logarithms of P(read | word) of the channel, of P(word) alone, of P(word | the words
    before it) with phrases, of P(the two words after it | it and what stands before them), and of
    the network how well it fits between the words around it, 0 for the best; null for what the
    network does not know, or was not asked."""

    text: str
    probability: float
    channel: float
    word: float
    before: float
    after: float
    around: float | None


def explanation(found: Sequence[Candidate]) -> str:
    """Readings as a table: logarithms are natural, so that a difference of 2.3 is ten times."""
    rows = [["reading", "probability", "channel", "word", "before", "after", "around"]]
    for c in found:
        parts = (c.channel, c.word, c.before, c.after, c.around)
        shown = ("-" if x is None else f"{x:.2f}" for x in parts)
        rows.append([c.text, f"{c.probability:.4f}", *shown])
    width = max(len(row[0]) for row in rows)
    return "\n".join(
        f"{row[0]:<{width}}" + "".join(f"{cell:>13}" for cell in row[1:]) for row in rows
    )
