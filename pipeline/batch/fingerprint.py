"""A digest of everything that shapes an output, so that equal digests mean equal outputs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from pipeline import legacy, poppler, tesseract
from pipeline.errors import UsageError
from pipeline.restore.learned import LearnedFiles
from pipeline.settings import Settings

_SHAPES_NO_OUTPUT = frozenset(
    {
        "__pycache__",
        "batch",
        "evaluate",
        "export",
        "review",
        "search",
        "machine.py",
        "messages.tsv",
        "review.tsv",
        "survey.py",
    }
)


def digest_of(settings: Settings) -> str:
    """Digest of the settings, the program's code, its word lists and models, the archive's own
    word lists and language model, Tesseract, poppler and viparse: 16 hex digits.

    Raises UsageError where a word list of the settings cannot be read."""
    digest = hashlib.sha256(settings.digest().encode())
    digest.update(f"{tesseract.version()} {poppler.version()} {legacy.version()}".encode())
    for package in ("pipeline", "dictionaries"):
        for item in _files(files(package)):
            digest.update(item.name.encode() + hashlib.sha256(item.read_bytes()).digest())
    for path in settings.dictionaries:
        try:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError as error:
            raise UsageError("dictionary_unreadable", path=path, reason=error.strerror) from error
    if model := settings.language_model:
        try:
            digest.update(hashlib.sha256(model.read_bytes()).digest())
        except OSError as error:
            raise UsageError("model_unusable", path=model, reason=error.strerror) from error
    for path in LearnedFiles(settings.learned).files() if settings.learned else ():
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _files(folder: Traversable) -> Iterator[Traversable]:
    for item in sorted(folder.iterdir(), key=lambda i: i.name):
        if item.name in _SHAPES_NO_OUTPUT:
            continue
        if item.is_dir():
            yield from _files(item)
        else:
            yield item
