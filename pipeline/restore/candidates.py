"""The readings a token may stand for, each with its channel score, kept per distinct token.

In: printed tokens. Out: rows of arrays (word ids, log P(read | word)) that the decoder gathers, and
the text each reading would print.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import regex

from pipeline.restore import protect, two_models
from pipeline.restore.channel import Channel, Shape, cased, shape_of
from pipeline.restore.common_readings import CommonReadings, Reading, Row
from pipeline.restore.foreign import LEAST, ForeignWords
from pipeline.restore.language_model import NONE, Ids, LanguageModel
from pipeline.restore.lexicon import Lexicon
from pipeline.restore.orthography import analyse, canonical, onset_end
from pipeline.restore.tokens import NUMBER_ID, SPECIALS, UNKNOWN_ID, classify, core_of

Floats = npt.NDArray[np.float32]
IMPOSSIBLE: Final = -1e4
_ODD = frozenset("?!'’‘`\"”“>@¢)(]}{[|~_=&*<\\^°§$%#+€£¥©®")
_PER_LETTER = -2.9  # spelling of a word the vocabulary does not know
_PER_LETTER_HEAVY = -4.0  # the same where most such words are damage
_PAIR_BELOW = -7.5  # where one word is as likely as this, two are not looked at
_SPLIT = -7.0  # two words printed apart were read as one
_CAPITAL_LOST = -4.0  # a small letter was read as a capital
_IN_CAPITALS = -3.0  # a word in capitals stands in a line of small letters
_SPELT_DIGIT = -2.0  # one digit among the ten that could stand there
_DIGIT_LETTER = -5.0  # a digit and a letter that are printed so: `1a` is nearly always `là`
_STROKE = -3.0  # a 1 was read as a letter
_ROMAN_STROKE = -6.0  # the same as I, which is rather a Roman one
_PRIOR_WEIGHT = 0.8
_LEAST_ONSET = -13.0  # an onset less likely is not looked at
_LONGEST_ONSET = 5  # characters as read
_GOOD = -6.0  # where a syllable is as likely as this, other cuts are not looked at
_SECOND_READING = -1.0  # the reading thought worse when the line was read twice
_STRAY: Final = frozenset("’‘'*")
_LEFT_OVER = -5.0  # such a sign beside a word is none of its letters: the quotation ends nowhere
_LETTERS = regex.compile(r"[\p{L}ƒ\]©€]+")
_LONG_FOREIGN = 6  # letters
_TOO_LONG = 9  # letters: two more than the longest syllable has
_MOST_ROWS = 30_000  # about 100 MB


class Offer(NamedTuple):
    """The best way to read a word: log P(read | word), the span, the shape (None: as read)."""

    score: float
    start: int
    end: int
    shape: Shape | None


class Variant(NamedTuple):
    """What was read as of a printed shape: `width` readings at most, each at a `penalty` (a
    logarithm), and the shape in which they are `shown` (None: as read)."""

    read: str
    shape: Shape
    width: int
    penalty: float
    shown: Shape | None


Offers = dict[tuple[str, ...], Offer]


@dataclass(slots=True)
class Width:
    """How wide to look: `width` readings at most, none worse than the best by `beam`, none with a
    channel score under `least`. A word the vocabulary does not know costs at least `spelling`."""

    heavy: bool
    width: int
    beam: float
    least: float
    spelling: float


@dataclass(slots=True)
class Candidates:
    """Readings of tokens under one channel, computed once per distinct token."""

    channel: Channel
    lexicon: Lexicon
    model: LanguageModel
    ids: dict[str, int]
    wide: Width
    foreign: ForeignWords
    common: CommonReadings | None = None
    english: Candidates | None = None
    row_of: dict[tuple[str, bool, tuple[str, ...], str], int] = field(default_factory=dict)
    twice_read: set[int] = field(default_factory=set)
    token_of: dict[int, tuple[str, bool]] = field(default_factory=dict)
    first: Ids = field(init=False)
    second: Ids = field(init=False)
    score: Floats = field(init=False)
    readings: list[Sequence[Reading]] = field(default_factory=list)
    _blank: Floats = field(init=False)
    _prior: Floats = field(init=False)

    def __post_init__(self) -> None:
        lexicon = self.lexicon
        self._blank = np.full(len(lexicon.word), -60.0, np.float32)
        self._prior = (_PRIOR_WEIGHT * self.model.unigram[lexicon.word]).astype(np.float32)
        self._clear()

    def _clear(self) -> None:
        width = self.wide.width
        self.first = np.full((256, width), NONE, np.int64)
        self.second = np.full((256, width), NONE, np.int64)
        self.score = np.full((256, width), IMPOSSIBLE, np.float32)

    def forget(self) -> bool:
        """Start anew where more rows are kept than memory is set aside for, and say so. Between
        documents only: the rows of one are numbers into these tables."""
        full = len(self.readings) > _MOST_ROWS
        if full:
            self.row_of.clear()
            self.readings.clear()
            self.twice_read.clear()
            self.token_of.clear()
            self._clear()
        return full

    def row(
        self, token: str, in_capitals: bool, others: tuple[str, ...] = (), english: str = ""
    ) -> int:
        """The row of a token's readings; the first reading always leaves it as it is. `others`:
        what else the engine read in its place; what these may stand for may be the word, too.
        `english`: what the English model read there, whose candidates are `self.english`."""
        english = english if self.english else ""
        key = (token, in_capitals, others, english)
        found = self.row_of.get(key)
        if found is None:
            start, word = self._word_of(token)
            if word == token:
                found = self._added(token, in_capitals, others, english)
            else:
                found = self.row(word, in_capitals, others, english)
                found = self._moved(found, start) if start else found
            self.row_of[key] = found
            if others:
                self.twice_read.add(found)
        return found

    def _added(self, token: str, in_capitals: bool, others: tuple[str, ...], english: str) -> int:
        """The new row of a token."""
        read = self.common.row(token, in_capitals) if self.common else None
        read = read or self.worked_out(token, in_capitals)
        if others:
            read = self._joined(token, read, in_capitals, others)
        elif english and self.english and not protect.is_acronym(token, in_capitals, False):
            read = two_models.joined(self, self.english, token, read, english, in_capitals)
        row = self.add(read)
        if not others and not english:
            self.token_of[row] = (token, in_capitals)
        return row

    def _word_of(self, token: str) -> tuple[int, str]:
        """A word without the marks around it, which tell nothing of its readings, and where it
        begins; a token as it is where they do: under heavy damage any but a stop may be a letter,
        and one letter or a Roman number with a stop is a list's."""
        if self.wide.heavy:
            start, core = 0, token.rstrip(".,;:")
        else:
            start, end = core_of(token)
            core = token[start:end]
        return (start, core) if protect.is_plain_word(core) else (0, token)

    def _moved(self, row: int, start: int) -> int:
        """A new row for a word that begins at `start` of a token, where `row` is that of the
        word."""
        kept = self.readings[row]
        readings = [r._replace(start=r.start + start, end=r.end + start) for r in kept]
        n = len(readings)
        parts = (self.first[row, :n], self.second[row, :n], self.score[row, :n])
        return self.add(Row(readings, *parts))

    def boundary(self) -> int:
        """The row of a sentence boundary."""
        return self.row("\x00boundary", False)

    def add(self, read: Row) -> int:
        """A new row of the given readings."""
        row = len(self.readings)
        if row == len(self.first):
            self.first = np.concatenate([self.first, np.full_like(self.first, NONE)])
            self.second = np.concatenate([self.second, np.full_like(self.second, NONE)])
            self.score = np.concatenate([self.score, np.full_like(self.score, IMPOSSIBLE)])
        n = len(read.first)
        self.readings.append(read.readings)
        self.first[row, :n], self.second[row, :n] = read.first, read.second
        # In half precision, so that what is kept in a file and what is worked out are the same.
        self.score[row, :n] = np.array(read.score, np.float16)
        return row

    def _joined(self, token: str, read: Row, in_capitals: bool, others: tuple[str, ...]) -> Row:
        """The readings of a token with those of what else was read in its place, which the least
        likely make room for. Numbers and acronyms keep their own."""
        readings, first, second, score = map(list, read)
        core = token[slice(*core_of(token))]
        if not core.isalpha() or protect.is_acronym(core, in_capitals, self.wide.heavy):
            return read
        at = {(a, b): i for i, (a, b) in enumerate(zip(first, second, strict=True))}
        for other in others:
            row = self.row(other, in_capitals)
            kept = other[slice(*core_of(other))]
            for reading, a, b, s in zip(
                self.readings[row], self.first[row], self.second[row], self.score[row], strict=False
            ):
                word = reading.word or (canonical(kept) if kept.isalpha() else None)
                if word is None or a <= UNKNOWN_ID:
                    continue
                worth = float(s) + _SECOND_READING
                place = at.get((int(a), int(b)))
                if place is not None:
                    score[place] = max(score[place], worth)
                else:
                    at[int(a), int(b)] = len(readings)
                    readings.append(Reading(*core_of(token), word, reading.shape or shape_of(kept)))
                    first.append(int(a))
                    second.append(int(b))
                    score.append(worth)
        return self.likeliest(Row(readings, first, second, score))

    def likeliest(self, read: Row) -> Row:
        """The token as it is, and as many of the other readings as are looked at, best first."""
        readings, first, second, score = read
        prior = self.model.unigram[first]
        order = sorted(range(1, len(first)), key=lambda i: -score[i] - _PRIOR_WEIGHT * prior[i])
        kept = [0, *order[: self.wide.width - 1]]
        return Row(
            [readings[i] for i in kept],
            [first[i] for i in kept],
            [second[i] for i in kept],
            [score[i] for i in kept],
        )

    def worked_out(self, token: str, in_capitals: bool) -> Row:
        """The readings of a token by channel and vocabulary."""
        if token == "\x00boundary":
            return Row([Reading(0, 0, None)], [0], [NONE], [0.0])
        start, end = core_of(token)
        core = token[start:end]
        kept = self.ids.get(classify(core), UNKNOWN_ID)
        alone = Row([Reading(start, end, None)], [kept], [NONE], [0.0])
        heavy = self.wide.heavy
        number = None if heavy else protect.as_number(core)
        lone = len(core) == 1 and in_capitals  # a speck after a heading
        if number and not lone and not protect.is_item_mark(token):
            both = [Reading(start, end, None), Reading(start, end, number)]
            cost = _ROMAN_STROKE if core == "I" else _STROKE
            return Row(both, [kept, NUMBER_ID], [NONE, NONE], [0.0, cost])
        if protect.stays(token, core, heavy) or self._is_foreign(core, kept):
            return alone
        found = self._foreign(core, start, end) if kept == UNKNOWN_ID else {}
        stroke = heavy and in_capitals and protect.is_stroke(token[end : end + 1])  # NGH] is NGHỊ
        acronym = core and not stroke and protect.is_acronym(core, in_capitals, heavy)
        for a, b in self.spans(token, start, end) if not acronym else ():
            read = token[a:b]
            if protect.is_readable(read, self.wide.heavy) and not self._is_long(read):
                beside = (token[max(0, a - 1) : a] in _STRAY) != (token[b : b + 1] in _STRAY)
                self._syllables(read, (a, b), in_capitals, found, _LEFT_OVER * heavy * beside)
        if not found:
            return alone
        return self._ranked(kept, start, end, core, found)

    def _is_foreign(self, core: str, kept: int) -> bool:
        """Whether a token is a known word so long that no misread syllable looks like it."""
        known = not self.wide.heavy and kept > UNKNOWN_ID and core.isalpha()
        return known and len(core) >= _LONG_FOREIGN and analyse(core) is None

    def _is_long(self, read: str) -> bool:
        """Whether a word has more letters than any syllable, and is not two in capitals."""
        return not self.wide.heavy and len(read) >= _TOO_LONG and not read.isupper()

    def _foreign(self, core: str, start: int, end: int) -> Offers:
        """The foreign words that a token of no vocabulary may be; none for capitals (acronyms)."""
        if self.wide.heavy or len(core) < LEAST or core.isupper() or not _LETTERS.fullmatch(core):
            return {}
        found: Offers = {}
        for word, score in self.foreign.near(core):
            # A capital I or J is read as a small letter; small ones hardly ever are.
            capital = core[0] in "l]đ" and word[0] in "ij"
            found[word,] = Offer(score, start, end, "Capital" if capital else None)
        return found

    def _kept_sign(self, core: str) -> float:
        """log P of a token with digits or signs being printed so."""
        if not self.wide.heavy:
            return -0.1
        if core.isdigit():
            return -0.1 + _SPELT_DIGIT * min(len(core), 2)
        if any(c in "/-" for c in core) or protect.is_area(core) or protect.is_measure(core):
            return -0.7
        if core[:-1].isdigit() and core[-1] in "abcdđ":
            return -0.7 if len(core) > 2 else _DIGIT_LETTER
        return -11.0 if any(c.islower() for c in core) else -6.0

    def fixed(self, text: str) -> int:
        """The row of a token that is certain: the field grammar put it so."""

        def certain() -> Row:
            start, end = core_of(text)
            kept = self.ids.get(classify(text[start:end]), UNKNOWN_ID)
            return Row([Reading(start, end, None)], [kept], [NONE], [0.0])

        return self.made("\x00" + text, (), certain)

    def by_channel(self, read: str) -> tuple[Floats, Floats]:
        """log P(read | syllable) of every syllable known, and what its frequency counts."""
        scores, _ = self._by_usual_cuts(read, shape_of(read))
        return scores, self._prior

    def made(self, name: str, words: tuple[str, ...], make: Callable[[], Row]) -> int:
        """The row of other readings than a token's own, kept under a name that no token has and
        the words that are new in it; `make` is called where it is not known."""
        key = (name, False, words, "")
        found = self.row_of.get(key)
        if found is None:
            found = self.row_of[key] = self.add(make())
        return found

    def spans(self, token: str, start: int, end: int) -> list[tuple[int, int]]:
        """The core, and the core with the odd marks around it that may be misread letters."""
        spans = [(start, end)] if start < end else []
        if self.wide.heavy:
            a, b = start, end
            if start == end:
                a, b = 0, len(token.rstrip(".,;:"))
            while a > 0 and token[a - 1] in _ODD:
                a -= 1
            while b < len(token) and token[b] in _ODD:
                b += 1
            if (a, b) not in spans and b - a <= 9:
                spans.append((a, b))
        return spans

    def _syllables(
        self, read: str, span: tuple[int, int], capitals: bool, found: Offers, cost: float
    ) -> None:
        """Offer what `read` may be; `cost`: what the signs left beside it cost."""
        first, *others = [
            v._replace(penalty=v.penalty + cost) for v in self.variants(read, capitals)
        ]
        scores, *_ = [self._offer_all(v, span, found) for v in (first, *others)]
        best = scores.max(initial=IMPOSSIBLE)
        if best < _PAIR_BELOW and self._may_be_two(read, first):
            self._pairs(read, first.shape, *span, found)

    def _may_be_two(self, read: str, plain: Variant) -> bool:
        """Whether a token is long enough for two words, and no word twice: the paper's slip."""
        capitals = plain.shape == "CAPITALS"
        if not self.wide.heavy:
            long = capitals and len(read) >= 6
        else:  # BOY is BỘ Y
            long = plain.read == read and len(read) >= (3 if capitals and read[-1] == "Y" else 4)
        return long and read != 2 * read[: len(read) // 2]

    def variants(self, read: str, in_capitals: bool) -> list[Variant]:
        """The shapes in which `read` may have been printed, the plainest first."""
        shape, width = shape_of(read), self.wide.width
        plain = Variant(read, shape, width, 0.0, None)
        if not self.wide.heavy:
            return [plain]
        if in_capitals and shape != "CAPITALS" and any(c.isupper() for c in read):
            # One letter of a heading read as a small one.
            return [Variant(read.upper(), "CAPITALS", width, -1.0, "CAPITALS")]
        if not in_capitals and shape == "CAPITALS" and len(read) <= 3:
            # "BG" in a line of small letters is rather "Bộ" than "BỐ".
            capital = Variant(read, "Capital", width, 0.0, "Capital")
            return [plain._replace(penalty=_IN_CAPITALS), capital]
        if shape == "Capital":  # "Ign" for "lợn": the capital is misread
            return [plain, Variant(read, "lower", 12, _CAPITAL_LOST, None)]
        return [plain]

    def _offer_all(self, variant: Variant, span: tuple[int, int], found: Offers) -> Floats:
        """Offer the likeliest syllables in a shape; log P(read | syllable) of each."""
        words, scores = self.best(variant.read, variant.shape, variant.width)
        for w, s in zip(words, scores, strict=True):
            offer = Offer(float(s) + variant.penalty, *span, variant.shown)
            self._offer(found, (self.model.words[w],), offer)
        return scores

    def _pairs(self, read: str, shape: Shape, a: int, b: int, found: Offers) -> None:
        rest: Shape = "CAPITALS" if shape == "CAPITALS" else "lower"
        for k in range(2, len(read) - (read[-1] != "Y")):
            left, left_scores = self.best(read[:k], shape, 5 if rest == "CAPITALS" else 3)
            right, right_scores = self.best(read[k:], rest, 3)
            for x, s in zip(left, left_scores, strict=True):
                for y, t in zip(right, right_scores, strict=True):
                    pair = (self.model.words[x], self.model.words[y])
                    self._offer(found, pair, Offer(float(s + t) + _SPLIT, a, b, None))

    @staticmethod
    def _offer(found: Offers, words: tuple[str, ...], offer: Offer) -> None:
        if words not in found or found[words].score < offer.score:
            found[words] = offer

    def best(self, read: str, shape: Shape, width: int, beam: float = 0) -> tuple[Ids, Floats]:
        """The likeliest syllables for `read` (word ids), and log P(read | syllable)."""
        scores = self._scores(read, shape)
        found = np.flatnonzero(scores > self.wide.least)
        if not len(found):
            return found, scores[:0]
        ranked = scores[found] + self._prior[found]
        good = np.flatnonzero(ranked > ranked.max() - (beam or self.wide.beam))
        top = good[np.argsort(-ranked[good], kind="stable")[:width]]
        return self.lexicon.word[found[top]], scores[found[top]]

    def _scores(self, read: str, shape: Shape) -> Floats:
        """log P(read | syllable) of all syllables of the lexicon."""
        scores, cuts = self._by_usual_cuts(read, shape)
        if scores.max() < _GOOD:  # an onset of several letters may be read as one, or not at all
            others = [k for k in range(min(len(read), _LONGEST_ONSET) + 1) if k not in cuts]
            self._by_cuts(read, shape, others, scores)
        return scores

    def _by_usual_cuts(self, read: str, shape: Shape) -> tuple[Floats, range]:
        """log P(read | syllable) by the cuts where the onset may end, and these."""
        scores = self._blank.copy()
        natural = onset_end(read)
        start = 0 if self.wide.heavy else max(0, natural - 1)
        cuts = range(start, min(natural + 1, len(read)) + 1)
        self._by_cuts(read, shape, cuts, scores)
        return scores, cuts

    def _by_cuts(self, read: str, shape: Shape, cuts: Iterable[int], scores: Floats) -> None:
        """Raise the score of every syllable to its best over the `cuts` between onset and rime."""
        lexicon = self.lexicon
        onsets = self.channel.onsets[shape]
        rimes = self.channel.rimes["CAPITALS" if shape == "CAPITALS" else "lower"]
        for k in cuts:
            before = onsets.log(read[:k])
            if before.max() <= _LEAST_ONSET:
                continue
            after = rimes.log(read[k:])
            value = before.take(lexicon.onset) + after.take(lexicon.rime)
            if shape == "Capital":  # without an onset the rime has the capital
                whole = self.channel.rimes["Capital"].log(read[k:])
                bare = lexicon.bare
                value[bare] = before[0] + whole.take(lexicon.rime[bare])
            np.maximum(scores, value, out=scores)

    def _ranked(self, kept: int, start: int, end: int, core: str, found: Offers) -> Row:
        """All readings, the token as it is first, best first after it."""
        own = found.pop((classify(core),), None)
        letter = _PER_LETTER_HEAVY if self.wide.heavy else _PER_LETTER
        spelling = max(letter * len(core), self.wide.spelling) if kept == 1 else 0.0
        as_read = own.score if own else -0.7 + spelling
        if not core.isalpha():
            as_read = self._kept_sign(core)
        first, second, scores = [kept], [NONE], [as_read]
        readings = [Reading(start, end, None)]
        prior = self.model.unigram

        def rank(item: tuple[tuple[str, ...], Offer]) -> float:
            words, offer = item
            return -offer.score - _PRIOR_WEIGHT * float(sum(prior[self.ids[w]] for w in words))

        for words, offer in sorted(found.items(), key=rank)[: self.wide.width - 1]:
            readings.append(Reading(offer.start, offer.end, " ".join(words), offer.shape))
            first.append(self.ids[words[0]])
            second.append(self.ids[words[1]] if len(words) > 1 else NONE)
            scores.append(offer.score)
        return Row(readings, first, second, scores)


def printed(word: str, read: str, shape: Shape | None = None) -> str:
    """A canonical reading in the given shape, else in the case of what was read."""
    shape = shape or shape_of(read)
    if shape == "CAPITALS":
        return word.upper()
    return cased(word, shape)


__all__ = ["SPECIALS", "Candidates", "Reading", "Width", "canonical", "printed"]
