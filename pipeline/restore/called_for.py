"""Readings far from what was read that the words on either side call for: `ưu` for `tu` between
hưởng and đãi, `tra` for `trụ` behind kiểm.

In: the tokens of a document after the decoder. Out: the same, with the readings of a few tokens
replaced. Channel and frequency alone put such readings behind dozens of others, so that they are
not weighed for every token; here only tokens are looked at that hardly follow what stands before
them or precede what follows, and only readings that do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final

import numpy as np

from pipeline.restore import protect
from pipeline.restore.acceptance import Decoded
from pipeline.restore.candidates import IMPOSSIBLE, Candidates
from pipeline.restore.common_readings import Reading, Row
from pipeline.restore.decoder import Decoder
from pipeline.restore.forward_backward import Doubles
from pipeline.restore.language_model import NONE, Floats, Ids
from pipeline.restore.lattice import spoken
from pipeline.restore.orthography import canonical
from pipeline.restore.remains import Remains
from pipeline.restore.tokens import UNKNOWN_ID, core_of

UNLIKELY: Final = -16.0
"""log P(word | word before) + log P(word after | word) under which a word is looked at."""

WORTHLESS: Final = -18.0
"""The score, of the channel and of these, under which a word is looked at, too."""

_KNEE: Final = -9.0  # log P(read | word) below which what was read tells less and less:
_SLOPE: Final = 0.35  # words are garbled more often than their letters one by one
_SLACK: Final = 4.0  # by which pairs of words may put a reading behind, before 4-grams weigh it
_LONGEST: Final = 7  # letters of a syllable
_REST: Final = 4  # letters that may be what is left of a word
_MOST: Final = 4  # readings of a token
_TOGETHER: Final = 200  # tokens: what bounds memory
_MOST_KEPT: Final = 20_000
_FAR: Final = 200  # readings of a word that its neighbours are asked about
_MOST_FAR: Final = 4_000  # about 10 MB

Farther = tuple[list[int], list[float]]
"""Words that a token may be, and log P(read | word) of each."""

Place = tuple[str, int, int, int]
"""What was read, the likeliest word for it, and the words before and after."""


class CalledFor:
    """The readings that neighbours call for, under one channel. What is found of a word between
    two others is kept: a document is read again after it was corrected."""

    def __init__(self, candidates: Candidates, decoder: Decoder) -> None:
        self._candidates = candidates
        self._decoder = decoder
        self._kept: dict[Place, Farther] = {}
        self._far: dict[str, tuple[Ids, Floats]] = {}

    def of(self, decoded: Decoded) -> Decoded:
        """The tokens of a document with the readings their neighbours call for, where these are
        likelier than all that the decoder weighed."""
        candidates = self._candidates
        best, first, second = decoded.likeliest()
        last = np.where(second == NONE, first, second)
        before, after = np.append(0, last[:-1]), np.append(first[1:], 0)
        pair = candidates.model.bigram(before, first)[0]
        fit = pair + np.append(pair[1:], 0)
        worth = self._worth(candidates.score[decoded.rows, best], fit)
        odd = (fit < UNLIKELY) | (worth < WORTHLESS) | (first == UNKNOWN_ID)
        odd &= (second == NONE) & (decoded.page >= 0)
        odd &= candidates.score[decoded.rows, 1] > IMPOSSIBLE / 2
        asked = [t for t in np.flatnonzero(odd).tolist() if self._is_word(decoded, t)]
        places = [(decoded.tokens[t], int(first[t]), int(before[t]), int(after[t])) for t in asked]
        self._look_up(places, worth[asked])
        found = {t: self._kept[p] for t, p in zip(asked, places, strict=True) if self._kept[p][0]}
        return self._taken(decoded, (first, second), found) if found else decoded

    @cached_property
    def _remains(self) -> Remains:
        words, lexicon = self._candidates.model.words, self._candidates.lexicon
        return Remains([words[w] for w in lexicon.word.tolist()])

    def _is_word(self, decoded: Decoded, t: int) -> bool:
        token = decoded.tokens[t]
        core = token[slice(*core_of(token))]
        if not (0 < len(core) <= _LONGEST and core.isalpha()) or protect.is_item_mark(token):
            return False
        return int(decoded.rows[t]) not in self._candidates.twice_read

    def _worth(self, channel: Floats, logs: Floats) -> Floats:
        """The score of readings by the channel and the language model."""
        weights = self._decoder.weights
        tempered = np.where(channel < _KNEE, _KNEE + _SLOPE * (channel - _KNEE), channel)
        found: Floats = weights.channel * tempered + weights.language * logs
        return found

    def _look_up(self, places: Sequence[Place], worth: Floats) -> None:
        """Keep what there is for each place, where `worth` is what the likeliest word has."""
        if len(self._kept) > _MOST_KEPT:
            self._kept.clear()
        new = {p: float(w) for p, w in zip(places, worth, strict=True) if p not in self._kept}
        asked = list(new)
        for start in range(0, len(asked), _TOGETHER):
            part = asked[start : start + _TOGETHER]
            self._kept.update(self._nearer(part, np.array([new[p] for p in part])))

    def _nearer(self, places: Sequence[Place], worth: Doubles) -> dict[Place, Farther]:
        """The readings that are worth about as much by the words before and after as the
        likeliest, best first."""
        model = self._candidates.model
        far = [self._further(token[slice(*core_of(token))]) for token, *_ in places]
        at = np.repeat(np.arange(len(places)), [len(words) for words, _ in far])
        words, channel = (np.concatenate(column) for column in zip(*far, strict=True))
        before, after = np.array([p[2:] for p in places]).T
        fit = model.bigram(before[at], words)[0] + model.bigram(words, after[at])[0]
        scores = self._worth(channel, fit)
        better = np.flatnonzero(scores > worth[at] - _SLACK)
        better = better[np.argsort(-scores[better])]
        found: dict[Place, Farther] = {place: ([], []) for place in places}
        for k in better.tolist():
            place = places[int(at[k])]
            of_place = found[place]
            if len(of_place[0]) < _MOST and words[k] != place[1]:
                of_place[0].append(int(words[k]))
                of_place[1].append(float(channel[k]))
        return found

    def _further(self, read: str) -> tuple[Ids, Floats]:
        """The syllables likeliest by channel and frequency, and log P(read | syllable)."""
        found = self._far.get(read)
        if found is None:
            if len(self._far) > _MOST_FAR:
                self._far.clear()
            scores, prior = self._candidates.by_channel(read)
            if len(read) <= _REST and (len(read) == 1 or not read.isupper()):
                np.maximum.at(scores, *self._remains.of(canonical(read)))
            ranked = scores + prior
            top = np.arange(len(ranked))
            if len(top) > _FAR:
                top = np.argpartition(-ranked, _FAR)[:_FAR]
            found = self._far[read] = self._candidates.lexicon.word[top], scores[top]
        return found

    def _taken(
        self, decoded: Decoded, likeliest: tuple[Ids, Ids], found: dict[int, Farther]
    ) -> Decoded:
        """The tokens with those of the readings `found` that the whole language model prefers."""
        rows, keep, share = decoded.rows.copy(), decoded.keep.copy(), decoded.share.copy()
        widened = {
            t: self._widened(decoded.tokens[t], int(rows[t]), new) for t, new in found.items()
        }
        for t, scores in self._weighed_apart(likeliest, widened):
            before = len(self._candidates.readings[rows[t]])
            word = self._candidates.first[widened[t], scores.argmax()]
            if word in self._candidates.first[rows[t], :before]:
                continue
            weight = np.exp(scores - scores.max())
            kept = np.append(0, 1 + np.argsort(-weight[1:])[: keep.shape[1] - 1])
            rows[t] = widened[t]
            keep[t], share[t] = 0, 0.0
            keep[t, : len(kept)] = kept
            share[t, : len(kept)] = weight[kept] / weight[kept].sum()
        return decoded._replace(rows=rows, keep=keep, share=share)

    def _widened(self, token: str, row: int, new: Farther) -> int:
        """A row with the readings of `row` and the new ones, which the least likely make room
        for."""
        candidates = self._candidates
        known = set(candidates.first[row].tolist())
        added = [(w, s) for w, s in zip(*new, strict=True) if w not in known]
        kept = candidates.readings[row]
        n = min(len(kept), candidates.wide.width - len(added))
        start, end = core_of(token)
        words = [candidates.model.words[w] for w, _ in added]
        return candidates.made(
            f"\x01{row}",
            tuple(words),
            lambda: Row(
                [*kept[:n], *(Reading(start, end, word) for word in words)],
                [*candidates.first[row, :n].tolist(), *(w for w, _ in added)],
                [*candidates.second[row, :n].tolist(), *(NONE for _ in added)],
                [*candidates.score[row, :n].tolist(), *(s for _, s in added)],
            ),
        )

    def _weighed_apart(
        self, likeliest: tuple[Ids, Ids], rows: dict[int, int]
    ) -> Iterator[tuple[int, Doubles]]:
        """What `_weighed` gives, for so many tokens at once as memory is set aside for."""
        tokens = list(rows)
        for start in range(0, len(tokens), _TOGETHER):
            part = {t: rows[t] for t in tokens[start : start + _TOGETHER]}
            yield from self._weighed(likeliest, part).items()

    def _weighed(self, likeliest: tuple[Ids, Ids], rows: dict[int, int]) -> dict[int, Doubles]:
        """The score of each reading of the tokens `rows` beside the `likeliest` of all others: by
        the channel, and by the whole language model of the word itself and the two after it."""
        candidates = self._candidates
        said, place = spoken(*likeliest)
        words = np.concatenate([np.zeros(3, np.int64), said, np.zeros(2, np.int64)])
        sizes = [len(candidates.readings[row]) for row in rows.values()]
        token, row = np.repeat(list(rows), sizes), np.repeat(list(rows.values()), sizes)
        reading = np.concatenate([np.arange(n) for n in sizes])
        runs = words[place[token][:, None] + np.arange(6)]
        runs[:, 3] = candidates.first[row, reading]
        logs = self._decoder.path_scores(runs.ravel()).reshape(runs.shape)[:, 3:]
        logs[:, 2] *= runs[:, 4] != 0  # nothing beyond the end of the sentence counts
        scores = self._worth(candidates.score[row, reading], logs.sum(1)).astype(np.float64)
        return dict(zip(rows, np.split(scores, np.cumsum(sizes)[:-1]), strict=True))
