"""The models that come with the program, in `dictionaries/`.

In: nothing but a channel's name. Out: models, or the lines of tables, read once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

from pipeline.restore.common_readings import CommonReadings, digest_of
from pipeline.restore.language_model import LanguageModel
from pipeline.restore.stacked_marks import misread_marks, with_misread_marks


@lru_cache(maxsize=1)
def base_model() -> LanguageModel:
    """The language model."""
    return LanguageModel.load((files("dictionaries") / "language-model.npz").read_bytes())


def common_readings(name: str, model: LanguageModel, rows: Sequence[str]) -> CommonReadings | None:
    """The readings kept for a channel, where model and channel are those they were made with."""
    if not (data := _common_data()):
        return None
    return CommonReadings.read(data, name, digest_of(model, rows), model.words)


@lru_cache(maxsize=1)
def _common_data() -> bytes:
    resource = files("dictionaries") / "common-readings.npz"
    return resource.read_bytes() if resource.is_file() else b""


@lru_cache(maxsize=1)
def context_data() -> bytes:
    """The network that sees the words around, as its file holds it."""
    return (files("dictionaries") / "context-model.npz").read_bytes()


@lru_cache(maxsize=4)
def channel_counts(name: str, *, simulated: bool = False) -> tuple[str, ...]:
    """The rows of a channel's table; of what it reads as digits, and of the marks it loses in real
    letters, where that is known. `simulated`: without the last, as of the pages it is learned
    from."""
    rows = table(f"channel-{name}.tsv")
    if name == "eng":
        return rows + table("channel-eng-digits.tsv")
    if simulated:
        return rows
    return tuple(with_misread_marks(rows, misread_marks(table("stacked_marks.tsv"))))


@lru_cache(maxsize=8)
def table(name: str) -> tuple[str, ...]:
    """The lines of a table."""
    return tuple((files("dictionaries") / name).read_text(encoding="utf-8").splitlines())
