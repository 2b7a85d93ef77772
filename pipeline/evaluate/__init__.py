"""Records scored against truth: error rates of the text, shares of the fields.

What each figure means stands in docs/metrics.md. `evaluate` compares two folders, `score_text`
two texts."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import DocumentError
from pipeline.evaluate.fields import FieldScore, score_fields
from pipeline.evaluate.gold import RecordFile, Truth, record_files, record_of, truths_in
from pipeline.evaluate.scores import LetterScore, Scores
from pipeline.evaluate.text import Rates, TextScore, score_text

__all__ = ["FieldScore", "LetterScore", "Rates", "Scores", "TextScore", "evaluate", "score_text"]


def evaluate(gold_dir: Path, records_dir: Path) -> Scores:
    """Score `records_dir/*/record.json` against the letters of `gold_dir`.

    A letter without a record counts as read empty. Raises DocumentError `file_missing` for a
    folder that is not there, UsageError `gold_empty` or `gold_unreadable`."""
    for folder in (gold_dir, records_dir):
        if not folder.is_dir():
            raise DocumentError("file_missing", path=folder)
    records = record_files(records_dir)
    return Scores(tuple(_score(t, record_of(t, records)) for t in truths_in(gold_dir)))


def _score(truth: Truth, record: RecordFile | None) -> LetterScore:
    text, raw = ("", "") if record is None else (record.text("text"), record.text("raw_text"))
    fields = score_fields({} if record is None else record.data, truth.letter or {})
    return LetterScore(
        id=truth.id,
        record=None if record is None else record.path,
        text=score_text(text, truth.text, raw),
        fields=fields if truth.letter is not None else {},
    )
