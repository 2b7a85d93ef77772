"""What people have confirmed, made into word list, language model and channel of the archive.

In: a folder and the decisions of it. Out: `DIR/dictionaries/`, which `congvan process --learned`
uses: `learned.tsv` (words and phrases), `learned-text.txt` (for the language model),
`learned-channel-eng.tsv` and `-vie.tsv`. They are made anew each time from the decisions alone.
`own.tsv` beside them belongs to the people of the archive and is never written over: what they add
is used, and a line that begins with `-` takes a phrase out of what was learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pipeline.batch.outputs import RECORD
from pipeline.errors import NothingFoundError
from pipeline.restore import damage
from pipeline.restore.adapt import adapted
from pipeline.restore.channel import Counts
from pipeline.restore.language_model import LanguageModel
from pipeline.restore.learned import (
    CHANNEL,
    FOLDER,
    LEARNED_TEXT,
    LEARNED_WORDS,
    OWN_WORDS,
    taken_out,
)
from pipeline.restore.own_words import OwnPhrase, as_model_words, own_phrases, sentences
from pipeline.restore.train_channel import cores, learn
from pipeline.review.decisions import Decisions
from pipeline.review.lines import ConfirmedLine, confirmed_lines
from pipeline.review.writing import read_machine, replace_file

SHORT_LINE = 50
_OWN_HEAD = """\
# Words, names and phrases of this archive: one a line, an optional weight (0 to 0.95) behind a tab.
# Yours: congvan never writes over this file. -phrase takes out what was learned wrongly.
"""
_LEARNED_HEAD = """\
# Words, names and phrases that people confirmed: phrase, weight, letters it stands in.
# Made anew by `congvan learn`: put what you want to change into own.tsv beside it.
"""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What there is to learn from: of each letter its kind of damage and its confirmed lines."""

    letters: tuple[tuple[str, tuple[ConfirmedLine, ...]], ...]

    @property
    def words(self) -> int:
        """How many printed words."""
        return sum(len(line.tokens) for _, lines in self.letters for line in lines)

    def texts(self) -> list[list[list[str]]]:
        """Of each letter its sentences of printed tokens; lines that follow one another are read
        on, others are not, and a short line ends what stands in it."""
        return [
            [s for run in _runs(lines) for s in sentences([t for line in run for t in line.tokens])]
            for _, lines in self.letters
        ]

    def channel(self, name: str) -> Counts:
        """What was read for each onset, rime and letter, on pages of that damage."""
        pairs = (
            pair
            for kind, lines in self.letters
            if kind == name
            for line in lines
            for token in line.pairs()
            if (pair := cores(*token))
        )
        return learn(pairs)


@dataclass(frozen=True, slots=True)
class Learned:
    """What was written."""

    letters: int
    words: int
    phrases: int
    folder: Path


def lesson_of(root: Path) -> Lesson:
    """The confirmed lines of all letters of a folder but those with a secrecy stamp: what is
    learned may be passed on.

    Raises NothingFoundError `nothing_to_learn` where there are none."""
    decisions = Decisions(root)
    letters = []
    for document_id in decisions.letters():
        if (root / document_id / RECORD).is_file():
            machine = read_machine(root / document_id)
            if machine.header.secrecy:
                continue
            lines = tuple(confirmed_lines(machine, decisions.of_letter(document_id)))
            kind = damage.recognise("\n".join(page.raw_text for page in machine.pages))
            if lines:
                letters.append((kind, lines))
    if not letters:
        raise NothingFoundError("nothing_to_learn", path=root)
    return Lesson(tuple(letters))


def learn_from(root: Path) -> Learned:
    """Write what the reviewed letters of a folder teach to its `dictionaries`.

    Raises NothingFoundError where nothing was confirmed, OSError of the disk."""
    lesson = lesson_of(root)
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    if not (folder / OWN_WORDS).exists():
        _write(folder / OWN_WORDS, _OWN_HEAD)
    model = built_in_model()
    out = taken_out(folder)
    phrases = [p for p in own_phrases(lesson.texts(), model) if p.text.lower() not in out]
    _write(folder / LEARNED_WORDS, _LEARNED_HEAD + "".join(map(_line, phrases)))
    for name in ("eng", "vie"):
        rows = lesson.channel(name).lines(1)
        head = "# What OCR read in this archive. kind\tprinted\tread\tcount"
        _write(folder / CHANNEL.format(name=name), "\n".join([head, *rows]) + "\n")
    text = "".join(" ".join(s) + "\n" for letter in lesson.texts() for s in letter)
    _write(folder / LEARNED_TEXT, text)
    return Learned(len(lesson.letters), lesson.words, len(phrases), folder)


def teach_model(root: Path, base: Path | None, out: Path) -> None:
    """Write the language model `base` (the built-in one where None) after the confirmed text of a
    folder to `out`.

    Raises NothingFoundError where nothing was confirmed."""
    model = LanguageModel.load(base.read_bytes()) if base else built_in_model()
    sentences = [as_model_words(s) for letter in lesson_of(root).texts() for s in letter]
    adapted(model, sentences).save(out)


def built_in_model() -> LanguageModel:
    """The model that comes with the program."""
    return LanguageModel.load((files("dictionaries") / "language-model.npz").read_bytes())


def _write(path: Path, text: str) -> None:
    replace_file(path, text.encode())


def _line(phrase: OwnPhrase) -> str:
    return f"{phrase.text}\t{phrase.weight:g}\t{phrase.letters}\n"


def _runs(lines: Sequence[ConfirmedLine]) -> list[list[ConfirmedLine]]:
    """Lines that are read on into one another: a short one ends a heading, an item, a paragraph."""
    runs: list[list[ConfirmedLine]] = []
    last: ConfirmedLine | None = None
    for line in lines:
        follows = last and (last.page, last.number + 1) == (line.page, line.number)
        if last and follows and sum(len(t) + 1 for t in last.tokens) > SHORT_LINE:
            runs[-1].append(line)
        else:
            runs.append([line])
        last = line
    return runs
