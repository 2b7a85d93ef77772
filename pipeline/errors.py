"""What can go wrong, each with a stable code, a message that says what to do, and an exit code.

A `CongvanError` carries the key of a sentence in `dictionaries/messages.tsv` and the values to
fill it with, so the same error is told in English or Vietnamese (see `pipeline.messages`).
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the `congvan` command (docs/design.md, Commands)."""

    OK = 0
    SOME_FAILED = 1
    USAGE = 2
    MISSING = 3
    NOTHING_FOUND = 4
    INTERRUPTED = 130


class CongvanError(Exception):
    """Base of every error this program raises on purpose.

    `code` is a key of `dictionaries/messages.tsv`; `values` fill the sentence.
    """

    exit_code: ExitCode = ExitCode.SOME_FAILED

    def __init__(self, code: str, **values: object) -> None:
        self.code = code
        self.values = values
        super().__init__(code, values)

    def __str__(self) -> str:
        from pipeline.messages import message

        return message(self.code, **self.values)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.code, self.values)


def _rebuild(kind: type[CongvanError], code: str, values: dict[str, object]) -> CongvanError:
    """Recreate an error that crossed a process boundary."""
    return kind(code, **values)


class DocumentError(CongvanError):
    """One file or page cannot be processed; the others go on.

    Codes: file_missing, file_empty, file_unreadable, not_a_document, pdf_encrypted, pdf_damaged,
    no_pages, image_damaged, ocr_timeout, ocr_failed, render_failed, render_timeout.
    """


class MissingError(CongvanError):
    """A program or model this machine lacks; the message gives the install command."""

    exit_code = ExitCode.MISSING


class UsageError(CongvanError):
    """The command line or a settings file asks for something that cannot be."""

    exit_code = ExitCode.USAGE


class NothingFoundError(CongvanError):
    """The paths or the query match nothing."""

    exit_code = ExitCode.NOTHING_FOUND
