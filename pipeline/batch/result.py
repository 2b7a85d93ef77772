"""What became of one document: the value that passes from a worker to ledger and summary."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.errors import CongvanError, DocumentError
from pipeline.messages import message

DocumentStatus = Literal["done", "needs_review", "partial", "failed", "duplicate"]
STATUSES: tuple[DocumentStatus, ...] = ("done", "needs_review", "partial", "failed", "duplicate")
"""In the order in which people are told of them."""
WRITTEN: frozenset[str] = frozenset({"done", "needs_review", "partial"})
"""Statuses of documents that have an output folder."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What names a letter in a table: as printed, null where the letter does not say."""

    number_symbol: str | None = None
    date: str | None = None
    issuing_body: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a letter was read, for those who have to look at it: the confidence of each page
    in percent, how often each flag was raised, whether its folder has a small picture."""

    confidences: tuple[int, ...] = ()
    flags: tuple[tuple[str, int], ...] = ()
    thumbnail: bool = False


@dataclass(frozen=True, slots=True)
class LetterResult:
    """One letter of a document: its output folder, its status, the pages of the file it is on."""

    document_id: str
    status: DocumentStatus
    first_page: int = 1
    last_page: int = 1
    heading: Heading = Heading()
    quality: Quality = Quality()

    @property
    def pages(self) -> int:
        """How many pages it has."""
        return self.last_page - self.first_page + 1


@dataclass(frozen=True, slots=True)
class Result:
    """One path of a batch and what became of it.

    `content` is the SHA-256 of the document, None where it could not be read; `letters` are what
    was found in it, in page order. `reason` is a code of dictionaries/messages.tsv and
    `reason_values` (JSON) fill its sentence; `detail` is the traceback of an error nobody
    foresaw. `seconds` is processing time, wall clock."""

    path: str
    status: DocumentStatus
    content: str | None = None
    letters: tuple[LetterResult, ...] = ()
    reason: str | None = None
    reason_values: str = "{}"
    detail: str | None = None
    pages: int = 0
    seconds: float = 0.0

    @property
    def document_id(self) -> str | None:
        """The folder of a document that is one letter; None where it is none or several."""
        return self.letters[0].document_id if len(self.letters) == 1 else None

    @property
    def heading(self) -> Heading:
        """What names a document that is one letter."""
        return self.letters[0].heading if len(self.letters) == 1 else Heading()

    @property
    def sentence(self) -> str | None:
        """The reason in the language of this process, None where there is none."""
        return message(self.reason, **json.loads(self.reason_values)) if self.reason else None


def worst_status(letters: Sequence[LetterResult]) -> DocumentStatus:
    """The status of a document, given those of its letters."""
    found = {letter.status for letter in letters}
    return next((s for s in _FROM_WORST if s in found), "done")


_FROM_WORST: tuple[DocumentStatus, ...] = ("partial", "needs_review", "done")


def failure(
    path: str,
    error: CongvanError,
    *,
    content: str | None = None,
    seconds: float = 0.0,
    detail: str | None = None,
) -> Result:
    """The result of a document that `error` stopped."""
    values = error.values | {"path": path}
    return Result(
        path,
        "failed",
        content,
        reason=error.code,
        reason_values=json.dumps(values, ensure_ascii=False, default=str, sort_keys=True),
        detail=detail,
        seconds=seconds,
    )


def unforeseen(path: str, error: BaseException) -> DocumentError:
    """An error nobody foresaw, as an ordinary failure of its document."""
    return DocumentError("internal_error", path=path, reason=f"{type(error).__name__}: {error}")
