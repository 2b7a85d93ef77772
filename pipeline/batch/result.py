"""What became of one document: the value that passes from a worker to ledger and summary."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from pipeline.errors import CongvanError, DocumentError
from pipeline.messages import message

DocumentStatus = Literal["done", "needs_review", "partial", "failed", "duplicate"]
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
class Result:
    """One path of a batch and what became of it.

    `content` is the SHA-256 of the document, None where it could not be read. `reason` is a code
    of dictionaries/messages.tsv and `reason_values` (JSON) fill its sentence; `detail` is the
    traceback of an error nobody foresaw. `seconds` is processing time, wall clock."""

    path: str
    status: DocumentStatus
    content: str | None = None
    document_id: str | None = None
    reason: str | None = None
    reason_values: str = "{}"
    detail: str | None = None
    pages: int = 0
    seconds: float = 0.0
    heading: Heading = Heading()

    @property
    def sentence(self) -> str | None:
        """The reason in the language of this process, None where there is none."""
        return message(self.reason, **json.loads(self.reason_values)) if self.reason else None


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
