"""Models and word lists, loaded for use; what is wrong with them told as an error for people."""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile

from pipeline.errors import CongvanError, DocumentError, NothingFoundError, UsageError
from pipeline.restore import corpus
from pipeline.restore.language_model import LanguageModel
from pipeline.restore.learned import LearnedFiles
from pipeline.restore.restore import Restorer
from pipeline.restore.train import train


class ModelsError(CongvanError):
    """The program's own models or word lists cannot be loaded; nothing can be restored."""


def load_restorer(
    dictionaries: tuple[Path, ...] = (),
    language_model: Path | None = None,
    learned: Path | None = None,
) -> Restorer:
    """The restorer with the program's models, the archive's own word lists and language model, and
    what was `learned` (a folder that `congvan learn` wrote).

    Raises UsageError where a word list or the model of the archive cannot be used, ModelsError
    where the program's own data cannot be."""
    for path in dictionaries:
        try:
            path.read_bytes()
        except OSError as error:
            raise UsageError("dictionary_unreadable", path=path, reason=error.strerror) from error
    taught = LearnedFiles(learned) if learned else None
    own = _own_model(language_model) if language_model else None
    try:
        return Restorer.load(dictionaries, own, taught)
    except CongvanError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ModelsError("models_unusable", reason=reason) from error


def _own_model(path: Path) -> LanguageModel:
    try:
        return LanguageModel.load(path.read_bytes())
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise UsageError("model_unusable", path=path, reason=str(error)) from error


def train_model(text: Path, out: Path, exclude: tuple[Path, ...] = ()) -> None:
    """Build the language model from the texts under `text` and write it to `out`.

    Raises DocumentError file_missing for a folder that is not there, NothingFoundError where
    there is no text."""
    for folder in (text, *exclude):
        if not folder.exists():
            raise DocumentError("file_missing", path=folder)
    if not corpus.text_files(text):
        raise NothingFoundError("no_training_text", path=text)
    train(text, out, exclude)
