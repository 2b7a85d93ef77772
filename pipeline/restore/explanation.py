"""What each part of the score says of the readings of one word: `congvan explain`.

In: a document's readings and their probabilities, and which word. Out: its candidates, as a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.restore.candidates import Candidates, printed
from pipeline.restore.decoder import Decoder
from pipeline.restore.forward_backward import Doubles
from pipeline.restore.language_model import Ids
from pipeline.restore.lattice import Rows
from pipeline.restore.slots import Slot


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reading of a word in its context, its probability, and what each part of the score said:
    natural logarithms of P(read | word) of the channel, of P(word) alone, of P(word | the words
    before it) with phrases, of P(the two words after it | it and what stands before them), of the
    network how well it fits between the words around it, 0 for the best, and of P(printed so |
    word), weighed: with such a capital, with or without a comma; null for what the network does
    not know, or where either was not asked."""

    text: str
    probability: float
    channel: float
    word: float
    before: float
    after: float
    around: float | None
    printed: float | None


def candidates_at(
    at: int,
    slot: Slot,
    readings: Rows,
    keep: Ids,
    share: Doubles,
    candidates: Candidates,
    decoder: Decoder,
) -> list[Candidate]:
    """The readings of the token `at` a `slot`, most probable first, of which `keep` [T, K] are left
    at the end with the probabilities `share` [T, K]."""
    best = np.take_along_axis(keep, share.argmax(1)[:, None], 1)[:, 0]
    words = candidates.first[readings.rows, best]
    known = candidates.readings[slot.row]
    kept = [int(k) for k in np.unique(keep[at]) if k < len(known)]
    ids = candidates.first[slot.row, kept]
    around = decoder.fit(words, readings.how_printed(), at, ids)
    found = []
    for k, word, fit, shown in zip(kept, ids, around, readings.printed_so(at, ids), strict=True):
        reading = known[k]
        words[at] = word
        parts = [float(x) for x in decoder.scores(words, at)]
        found.append(
            Candidate(
                printed(reading.word, slot.token, reading.shape) if reading.word else slot.token,
                probability=float(share[at][keep[at] == k].max()),
                channel=float(candidates.score[slot.row, k]),
                word=float(candidates.model.unigram[word]),
                before=parts[0],
                after=sum(parts[1:]),
                around=fit,
                printed=shown,
            )
        )
    return sorted(found, key=lambda c: -c.probability)


def explanation(found: Sequence[Candidate]) -> str:
    """Readings as a table: logarithms are natural, so that a difference of 2.3 is ten times."""
    parts = ("channel", "word", "before", "after", "around", "printed")
    rows = [["reading", "probability", *parts]]
    for c in found:
        shown = ("-" if x is None else f"{x:.2f}" for x in (getattr(c, part) for part in parts))
        rows.append([c.text, f"{c.probability:.4f}", *shown])
    width = max(len(row[0]) for row in rows)
    return "\n".join(
        f"{row[0]:<{width}}" + "".join(f"{cell:>13}" for cell in row[1:]) for row in rows
    )
