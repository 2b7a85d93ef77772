"""Restore a document: from printed lines as read to corrected lines, each change on record.

In: page layouts (or plain text). Out: restored pages with the same number of lines; a correction
for every change, a doubt for every word left though another reading is not excluded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np

from pipeline.document import (
    Correction,
    Line,
    PageLayout,
    RestoredLine,
    RestoredPage,
    apply_corrections,
)
from pipeline.restore import alike_capitals, damage, identifiers, specks, word_confidence
from pipeline.restore.acceptance import Acceptance, Decoded
from pipeline.restore.appearance import CAPITAL, Appearance, states
from pipeline.restore.built_in import (
    base_model,
    channel_counts,
    common_readings,
    context_data,
    table,
)
from pipeline.restore.called_for import CalledFor
from pipeline.restore.candidates import IMPOSSIBLE, Candidates, Width
from pipeline.restore.channel import Channel
from pipeline.restore.choice import FEATURES, Choice, Chosen, least_needed
from pipeline.restore.common_readings import CommonReadings
from pipeline.restore.confidence import Confidence, Found, weights_of
from pipeline.restore.context_model import ContextModel
from pipeline.restore.corrections import compose
from pipeline.restore.decoder import Decoder, Weights
from pipeline.restore.explanation import Candidate, candidates_at
from pipeline.restore.fix import Fix
from pipeline.restore.foreign import ForeignWords
from pipeline.restore.forward_backward import Doubles
from pipeline.restore.judgement import Changes, Judgement, box_at
from pipeline.restore.language_model import Ids, LanguageModel
from pipeline.restore.lattice import Lattice, Rows, Thinned
from pipeline.restore.learned import LearnedFiles
from pipeline.restore.lexicon import (
    Lexicon,
    Phrase,
    PhraseTable,
    built_in_phrases,
    extend,
    phrases_of,
)
from pipeline.restore.orthography import tone_style
from pipeline.restore.slots import Lines, Pages, Sequencer, Slot, fixes_of, is_number
from pipeline.restore.widening import Widening

Model = Literal["auto", "eng", "vie", "none"]
_PASSES = 6
GRAMMAR_SCORE = 0.99
GRAMMAR_MARGIN = 4.6
NUMBER_SURE = 0.9  # a number that was read as letters is for a person to confirm
_SURE_DIGITS = frozenset("0123456789lI|!ÌÍO")  # but for strokes and an O among digits
DOUBT = {"eng": 0.8, "vie": 0.97}  # a word less sure than this, left as read, is a doubt
DOUBT_TOLD = {"vie": 0.98}  # … where the OCR told how sure it was: as many doubts, better ones
LEAST_SURE = {"vie": 0.6}  # a correction less sure than this is not made
PRINTED = {"eng": 0.45}  # the exponent of how a word is printed: capital, comma
WEIGHTS = {
    "eng": Weights(channel=0.9, counted=0.5, behind=12.0, trigrams=9, last=5),
    "vie": Weights(apart=12.0),
}
WIDTHS = {
    "eng": Width(True, 24, 11.0, -24.0, -40.0),
    "vie": Width(False, 12, 12.0, -14.0, -16.0),
}


class Restorer:
    """The language model, the channels and the word lists, ready for any number of documents."""

    def __init__(
        self,
        model: LanguageModel,
        channels: dict[str, Channel],
        lexicon: Lexicon,
        phrases: PhraseTable,
        common: Mapping[str, CommonReadings | None] = MappingProxyType({}),
    ) -> None:
        ids = model.ids()
        self._model = model
        network = ContextModel.load(context_data(), model.words)
        weights = weights_of(table("choice.tsv"), "eng", FEATURES)
        choice = {"eng": Choice(network, model.unigram, weights)}
        self._decoders = {
            name: Decoder(model, phrases, WEIGHTS[name], choice.get(name)) for name in channels
        }
        foreign = ForeignWords(model.words)
        accepted, sure = table("acceptance.tsv"), table("confidence.tsv")
        self._acceptance = {name: Acceptance.read(accepted, name) for name in channels}
        self._confidence = {name: Confidence.read(sure, name) for name in channels}
        self.least_sure = {name: LEAST_SURE.get(name, 0.0) for name in channels}
        self._candidates = {
            name: Candidates(channel, lexicon, model, ids, WIDTHS[name], foreign, common.get(name))
            for name, channel in channels.items()
        }
        if "vie" in channels:
            self._candidates["vie"].english = self._candidates.get("eng")
        appearance = Appearance.read(table("appearance.tsv"), ids, lexicon.word)
        self._printed = {name: weight * appearance.logs for name, weight in PRINTED.items()}
        self._capitals = np.exp(appearance.logs[CAPITAL])
        self._lines: dict[str, Lines] = {}
        self._kept: dict[str, dict[bytes, Thinned]] = {name: {} for name in channels}
        self._called_for = {
            name: CalledFor(self._candidates[name], self._decoders[name])
            for name in channels
            if not WIDTHS[name].heavy
        }
        self._widening = {
            name: Widening(self._candidates[name], model, phrases, WEIGHTS[name])
            for name in channels
            if WIDTHS[name].heavy
        }

    @classmethod
    def load(
        cls,
        dictionaries: Sequence[Path] = (),
        language_model: LanguageModel | None = None,
        learned: LearnedFiles | None = None,
        *,
        simulated: bool = False,
    ) -> Restorer:
        """A restorer with the built-in word lists and those given, the language model given (what
        `congvan train` writes), else the built-in one, and what was `learned` beside
        a batch. `simulated`: with channels of simulated pages, to learn from such.

        Raises OSError where a word list cannot be read."""
        base = language_model or base_model()
        base = learned.model(base) if learned else base
        phrases: list[Phrase] = [*built_in_phrases(), *phrases_of(dictionaries)]
        phrases += learned.phrases() if learned else []
        model = extend(base, phrases)
        lexicon = Lexicon.of(model.words, {word for phrase in phrases for word in phrase.words})
        rows = {name: channel_counts(name, simulated=simulated) for name in ("eng", "vie")}
        if learned:
            rows = {name: learned.channel(name, counted) for name, counted in rows.items()}
        channels = {
            name: Channel.of(name, counted, lexicon.onsets, lexicon.rimes)
            for name, counted in rows.items()
        }
        common = {name: common_readings(name, model, counted) for name, counted in rows.items()}
        return cls(model, channels, lexicon, PhraseTable.of(phrases, model.ids()), common)

    @property
    def model(self) -> LanguageModel:
        """The language model with the words of the word lists."""
        return self._model

    def candidates(self, channel: str) -> Candidates:
        """The readings of tokens under a channel, `eng` or `vie`."""
        return self._candidates[channel]

    def acceptance(self, channel: str) -> Acceptance | None:
        """The model that says when another reading is taken; None where the decoder does."""
        return self._acceptance[channel]

    def restore_pages(
        self, pages: Sequence[PageLayout], model: Model = "auto"
    ) -> tuple[RestoredPage, ...]:
        """Restore all pages of a document together; each keeps its number of lines.

        The outcome restored again stays as it is: passes follow until nothing changes."""
        for name, candidates in self._candidates.items():
            if candidates.forget():
                self._kept[name].clear()
            self._lines[name] = {}
        done = [list(RestoredPage.unchanged(page).lines) for page in pages]
        seen = [_texts(done)]
        states = [done]
        for _ in range(_PASSES):
            done = self._pass(pages, done, model)
            if _texts(done) == seen[-1]:
                break
            states.append(done)
            if _texts(done) in seen:  # passes that run in a circle: always the same place in it
                circle = range(seen.index(_texts(done)), len(seen))
                done = states[min(circle, key=seen.__getitem__)]
                break
            seen.append(_texts(done))
        return tuple(
            RestoredPage(p.number, p.width, p.height, p.dpi, tuple(lines), p.marks, p.readings)
            for p, lines in zip(pages, done, strict=True)
        )

    def _pass(
        self, pages: Sequence[PageLayout], before: list[list[RestoredLine]], model: Model
    ) -> list[list[RestoredLine]]:
        """One pass over the document as it stands after the passes before it."""
        current = [
            PageLayout(
                p.number,
                p.width,
                p.height,
                p.dpi,
                tuple(word_confidence.as_it_stands(line) for line in lines),
            )
            for p, lines in zip(pages, before, strict=True)
        ]
        kinds = [self._kind(page.lines, model) for page in current]
        done = [[RestoredLine(line, line.text) for line in page.lines] for page in current]
        for name in ("eng", "vie"):
            chosen = [(i, current[i]) for i, kind in enumerate(kinds) if kind == name]
            if chosen:
                self._restore(chosen, name, done)
        if model != "none":
            _take(
                _grammar([(i, current[i]) for i, k in enumerate(kinds) if k == "none"], None), done
            )
        return [
            [_combined(x, y) for x, y in zip(a, b, strict=True)]
            for a, b in zip(before, done, strict=True)
        ]

    def restore_text(self, text: str, model: Model = "auto") -> RestoredPage:
        """Restore plain text as one page, line for line (lines part at `\\n` only)."""
        lines = tuple(Line(line) for line in text.split("\n"))
        return self.restore_pages([PageLayout(1, 0, 0, 0, lines)], model)[0]

    def judgements(self, pages: Sequence[PageLayout], model: Model = "auto") -> list[Judgement]:
        """What the first pass finds of every token of a document, by kind of damage."""
        kinds = [self._kind(page.lines, model) for page in pages]
        chosen = {
            name: [(i, pages[i]) for i, kind in enumerate(kinds) if kind == name]
            for name in ("eng", "vie")
        }
        return [self._judgement(of, name) for name, of in chosen.items() if of]

    def _judgement(self, pages: Pages, name: str) -> Judgement:
        """What is found of every token of the pages of one kind of damage."""
        slots, decoded = self.decoded(pages, name)
        candidates, rows = decoded.candidates, decoded.rows
        acceptance = self._acceptance[name]
        if acceptance:
            share, needed = acceptance.weighed(decoded)
        else:
            share, needed = decoded.share, np.array([least_needed(t) for t in decoded.tokens])
        best = np.where(share.max(1) < needed, 0, share.argmax(1))
        line = np.array([-1 if s is None else s.line for s in slots])
        found = self._found(decoded, share, best, line, name)
        sure = self._confidence[name].of(found)
        unsure = (best != 0) & (sure < self.least_sure[name])
        if unsure.any():  # what was read is as likely right
            best[unsure] = 0
            found = self._found(decoded, share, best, line, name)
            sure = self._confidence[name].of(found)
        for t in np.flatnonzero(best).tolist():
            word = candidates.readings[rows[t]][found.out[t]].word or ""
            if word.isdigit() or is_number(decoded.tokens[t]):
                sure[t] = min(sure[t], NUMBER_SURE)
        for t in word_confidence.differing_numbers(pages, slots):
            sure[t] = min(sure[t], NUMBER_SURE)
        return Judgement(slots, dict(pages), candidates, decoded.keep, share, best, sure, found)

    def _found(self, decoded: Decoded, share: Doubles, best: Ids, line: Ids, name: str) -> Found:
        """What is known of each token with the readings given, `best` of those kept."""
        candidates, rows, keep, alone, page, told, tokens = decoded
        at = np.arange(len(rows))
        out = keep[at, best]
        words = candidates.first[rows, out]
        return Found(
            out=out,
            word=words,
            alone=alone[at, best],
            here=share[at, best],
            context=self._decoders[name].path_scores(words).astype(np.float64),
            channel=candidates.score[rows, out].astype(np.float64),
            prior=self._model.unigram[words].astype(np.float64),
            page=page,
            line=line,
            readings=(candidates.score[rows] > IMPOSSIBLE / 2).sum(1),
            told=told,
            tokens=tokens,
        )

    def decoded(self, pages: Pages, name: str) -> tuple[list[Slot | None], Decoded]:
        """The tokens of pages of one kind of damage, and the readings of each, before any is
        taken."""
        slots, readings = self._sequence(pages, name)
        rows = readings.rows
        keep, share = self._decoders[name].posteriors(readings)
        page = np.array([-1 if s is None else s.page for s in slots])
        tokens = ["" if s is None else s.token for s in slots]
        told = word_confidence.features(pages, slots)
        decoded = Decoded(self._candidates[name], rows, keep, share, page, told, tokens)
        if name in self._called_for:
            decoded = self._called_for[name].of(decoded)
        return _with_rows(slots, rows, decoded.rows), decoded

    def chosen(self, pages: Pages) -> tuple[list[Slot | None], Candidates, Ids, Chosen]:
        """The tokens of pages under heavy damage, and how readings of each were chosen: which of
        its `Candidates` were weighed to the end [T, K], and by what."""
        slots, readings = self._sequence(pages, "eng")
        keep, chosen = self._decoders["eng"].chosen(readings)
        return slots, self._candidates["eng"], keep, chosen

    def explain(self, word: str, before: str, after: str, model: Model = "auto") -> list[Candidate]:
        """The readings of `word` between `before` and `after`, most probable first; none where
        `word` holds nothing that is read as a word."""
        text = f"{before} {word} {after}"
        name = self._kind((Line(text),), model)
        name = "vie" if name == "none" else name
        slots, readings = self._sequence([(0, PageLayout(1, 0, 0, 0, (Line(text),)))], name)
        places = [i for i, s in enumerate(slots) if s and s.start == len(before) + 1]
        if not places:
            return []
        at = places[0]
        slot = slots[at]
        assert slot is not None
        keep, share = self._decoders[name].posteriors(readings)
        return candidates_at(
            at, slot, readings, keep, share, self._candidates[name], self._decoders[name]
        )

    def _kind(self, lines: Sequence[Line], model: Model) -> str:
        """The channel of a page. Text that has its marks is not read by an English model, even if
        the caller says so: it has been restored already."""
        if model in ("vie", "none"):
            return model
        found = damage.recognise("\n".join(line.text for line in lines))
        return "eng" if model == "eng" and found != "vie" else found

    def _restore(self, pages: Pages, name: str, done: list[list[RestoredLine]]) -> None:
        """One pass over the pages of one kind of damage; the outcome goes into `done`."""
        judgement = self._judgement(pages, name)
        changes = _grammar(pages, name == "eng")
        styles = {i: tone_style("\n".join(x.text for x in p.lines)) > 0.5 for i, p in pages}
        told = word_confidence.known(judgement.found.told)
        least = np.where(told, DOUBT_TOLD.get(name, DOUBT[name]), DOUBT[name])
        doubtful = (judgement.best != 0) | (judgement.sure < least)
        for t in np.flatnonzero(doubtful).tolist():
            slot = judgement.slots[t]
            if slot is None:
                continue
            judged = judgement.of(t)
            corrections, doubts = changes.setdefault((slot.page, slot.line), ([], []))
            fix = judged.correction(styles[slot.page]) if judged.best else None
            if fix is not None:
                corrections.append(fix)
            elif judged.sure < least[t]:
                doubts.append(judged.doubt())
        specks.add(changes, judgement, self._model, heavy=name == "eng")
        if name == "vie":
            alike_capitals.add(changes, judgement, self._model, self._capitals)
        _take(changes, done)

    def _sequence(self, pages: Pages, name: str) -> tuple[list[Slot | None], Rows]:
        """The tokens of pages and their readings, with how the tokens are printed where that is
        weighed, and with further readings where the words around are asked for such."""
        sequencer = Sequencer(self._candidates[name], self._lines.get(name))
        sequencer.add_pages(pages)
        slots, rows = sequencer.slots, sequencer.rows
        readings = Rows(self._table(name), rows, kept=self._kept[name])
        if name in self._printed:
            seen = np.array(states([s and s.token for s in slots]))
            readings = replace(readings, states=seen, printed=self._printed[name])
        if name not in self._widening:
            return slots, readings
        keep, share = self._decoders[name].likely(readings)
        wider = self._widening[name].rows(rows, keep, share)
        slots = _with_rows(slots, rows, wider)
        return slots, replace(readings, table=self._table(name), rows=wider)

    def _table(self, name: str) -> Lattice:
        """The readings of all tokens met, as far as there are rows now."""
        table = self._candidates[name]
        return Lattice(table.first, table.second, table.score)


def _with_rows(slots: list[Slot | None], rows: Ids, other: Ids) -> list[Slot | None]:
    """The tokens, those of which the row of readings is another with it."""
    out = slots.copy()
    for t in np.flatnonzero(other != rows).tolist():
        slot = slots[t]
        out[t] = slot and slot._replace(row=int(other[t]))
    return out


def _take(changes: Changes, done: list[list[RestoredLine]]) -> None:
    """Put changes of lines into `done`."""
    for (page, number), (corrections, doubts) in changes.items():
        line, fixed = done[page][number].raw, tuple(corrections)
        text = apply_corrections(line.text, fixed)
        done[page][number] = RestoredLine(line, text, fixed, tuple(doubts))


def _grammar(pages: Pages, heavy: bool | None) -> Changes:
    """The corrections of the field grammar, by (page, line). `heavy` None: no Vietnamese, where
    only what every text must be (NFC) is mended."""
    changes: Changes = {}
    for index, page in pages:
        found = _composed(page) if heavy is None else fixes_of(page, heavy, first=index == 0)
        for number, fixes in found.items():
            line = page.lines[number]
            changes[index, number] = ([_ruled(page.number, number, line, f) for f in fixes], [])
    return changes


def _composed(page: PageLayout) -> dict[int, list[Fix]]:
    found = {n: list(identifiers.composed(line.text)) for n, line in enumerate(page.lines)}
    return {n: fixes for n, fixes in found.items() if fixes}


def _ruled(page: int, number: int, line: Line, fix: Fix) -> Correction:
    """A repair of the field grammar as a correction."""
    before = line.text[fix.start : fix.end]
    box, score = box_at(line, fix.start), GRAMMAR_SCORE
    became = fix.after.isdigit() and not _SURE_DIGITS.issuperset(before)
    if became or (before.isdigit() and not fix.after.isdigit()):
        score = NUMBER_SURE
    return Correction(
        page, number + 1, fix.start, box, before, fix.after, score, GRAMMAR_MARGIN, "grammar"
    )


def _texts(lines: list[list[RestoredLine]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(x.text for x in page) for page in lines)


def _combined(before: RestoredLine, after: RestoredLine) -> RestoredLine:
    """A line after one more pass, told from its raw text. Doubts keep their place in the raw line
    where the line was not corrected before."""
    if before.raw.text == after.raw.text:
        return RestoredLine(before.raw, after.text, after.corrections, after.doubts)
    if not after.corrections:
        return before
    composed = compose(before.raw.text, before.corrections, after.corrections)
    fixed = tuple(replace(c, box=box_at(before.raw, c.start)) for c in composed)
    touched = {c.start for c in fixed}
    doubts = tuple(d for d in before.doubts if d.start not in touched)
    return RestoredLine(before.raw, apply_corrections(before.raw.text, fixed), fixed, doubts)
