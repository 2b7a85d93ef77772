"""What an archive's reviewed letters taught, as it lies beside a batch: `DIR/dictionaries/`.

In: the folder. Out: its word lists, channel rows and confirmed text, for the restorer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.restore.adapt import adapted
from pipeline.restore.language_model import LanguageModel
from pipeline.restore.lexicon import Phrase, read_phrases
from pipeline.restore.own_channel import merged
from pipeline.restore.own_words import as_model_words
from pipeline.restore.tokens import classify, core_of

FOLDER = "dictionaries"
OWN_WORDS = "own.tsv"
LEARNED_WORDS = "learned.tsv"
LEARNED_TEXT = "learned-text.txt"
CHANNEL = "learned-channel-{name}.tsv"


@dataclass(frozen=True, slots=True)
class LearnedFiles:
    """The files of one folder; those that are not there add nothing."""

    folder: Path

    @property
    def _text(self) -> Path:
        return self.folder / LEARNED_TEXT

    def files(self) -> list[Path]:
        """All that shape the output, by name."""
        names = (OWN_WORDS, LEARNED_WORDS, LEARNED_TEXT)
        channels = (CHANNEL.format(name=name) for name in ("eng", "vie"))
        return sorted(p for n in (*names, *channels) if (p := self.folder / n).is_file())

    def model(self, base: LanguageModel) -> LanguageModel:
        """`base` after the confirmed text. It is told as text and not as a model: a model takes a
        minute to write and 25 MB to keep, and nobody can read it; this takes a second to read."""
        return adapted(base, [as_model_words(line.split()) for line in _lines(self._text)])

    def phrases(self) -> list[Phrase]:
        """What was learned and what people wrote, without what they took out."""
        out = {_words(phrase) for phrase in taken_out(self.folder)}
        learned = read_phrases(_lines(self.folder / LEARNED_WORDS))
        own = read_phrases(
            line for line in _lines(self.folder / OWN_WORDS) if not line.startswith("-")
        )
        return [p for p in learned if p.words not in out] + own

    def channel(self, name: str, rows: Iterable[str]) -> tuple[str, ...]:
        """The rows of a channel with what was learned."""
        return tuple(merged(rows, _lines(self.folder / CHANNEL.format(name=name))))


def learned_folder(root: Path) -> Path:
    """Where `congvan learn` wrote in the output folder `root`.

    Raises UsageError `nothing_learned` where it did not."""
    folder = root.resolve() / FOLDER
    if not LearnedFiles(folder).files():
        raise UsageError("nothing_learned", path=root)
    return folder


def taken_out(folder: Path) -> set[str]:
    """The phrases that people took out, in small letters."""
    lines = _lines(folder / OWN_WORDS)
    return {line[1:].split("\t")[0].strip().lower() for line in lines if line.startswith("-")} - {
        ""
    }


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8-sig").splitlines() if path.is_file() else []


def _words(phrase: str) -> tuple[str, ...]:
    return tuple(w for t in phrase.split() if (w := classify(t[slice(*core_of(t))])))
