"""Electronic signatures of an original: whose, when, and whether each still holds for the file.

In: a PDF, only read. Out: a `Signature` for each in the file. A signature holds where what was
signed is unchanged, the signer's key signed it, and nothing was added since but what signing
allows: further signatures, filled fields, time stamps. Whether the signer's certificate is to be
trusted is not judged: the roots of Vietnamese authorities are not on every machine, and a check of
revocation would ask servers; issuer, serial number and validity are told instead.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import MissingError

if TYPE_CHECKING:
    from pyhanko.sign.validation import PdfSignatureStatus
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

_LATEST_HEADER = 1024
"""A PDF may begin so late in its file; signatures count from there."""


@dataclass(frozen=True, slots=True)
class Signature:
    """`time` is ISO 8601 as the signer's program told it, or its time stamp. `reason` says why it
    holds or not: whole, added_to (by what signing allows), content_changed (what was signed is not
    what is there), changed_later (something else was added since), wrong_key, unreadable."""

    signer: str | None
    time: str | None
    holds: bool
    reason: str
    field: str | None = None
    digest: str | None = None
    issuer: str | None = None
    serial_number: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None


def require_package() -> None:
    """Raises MissingError extra_missing without pyHanko."""
    try:
        import pyhanko.sign.validation  # noqa: F401
    except ImportError as error:
        raise MissingError("extra_missing", package="pyHanko", extra="signatures") from error


def signatures(path: Path) -> list[Signature]:
    """The signatures of a PDF in the order they were made; one that is unreadable where the file
    as a whole cannot be followed.

    Raises MissingError extra_missing without pyHanko."""
    require_package()
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    data = path.read_bytes()
    start = max(0, data.find(b"%PDF-", 0, _LATEST_HEADER))
    with _quiet():
        try:
            embedded = PdfFileReader(BytesIO(data[start:]), strict=False).embedded_signatures
            return [_checked(one) for one in embedded]
        except (PdfError, ValueError, KeyError, TypeError, AttributeError):
            return [Signature(None, None, False, "unreadable")]


def as_json(found: list[Signature], sha256: str) -> bytes:
    """The signatures as a file of the delivery; `sha256` is the hash of the original."""
    data = {"sha256": sha256, "signatures": [asdict(one) for one in found]}
    return (json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode()


def _checked(one: EmbeddedPdfSignature) -> Signature:
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko_certvalidator import ValidationContext

    try:
        nothing_trusted = ValidationContext(trust_roots=[], allow_fetching=False)
        status = validate_pdf_signature(one, nothing_trusted)
    except (PdfError, SignatureValidationError, ValueError, TypeError):
        return Signature(None, None, False, "unreadable", str(one.field_name))
    certificate = status.signing_cert
    validity = certificate["tbs_certificate"]["validity"]
    reason = _reason(status)
    return Signature(
        signer=certificate.subject.native.get("common_name"),
        time=_iso(status.signer_reported_dt or one.self_reported_timestamp),
        holds=reason in ("whole", "added_to"),
        reason=reason,
        field=str(one.field_name),
        digest=str(status.md_algorithm),
        issuer=certificate.issuer.native.get("common_name"),
        serial_number=f"{certificate.serial_number:x}",
        valid_from=_iso(validity["not_before"].native),
        valid_until=_iso(validity["not_after"].native),
    )


def _reason(status: PdfSignatureStatus) -> str:
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    if not status.intact:
        return "content_changed"
    if not status.valid:
        return "wrong_key"
    if status.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return "whole"
    level = status.modification_level
    known = isinstance(level, ModificationLevel) and level <= ModificationLevel.FORM_FILLING
    return "added_to" if known and status.docmdp_ok else "changed_later"


def _iso(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


@contextmanager
def _quiet() -> Iterator[None]:
    """pyHanko logs every certificate that no root vouches for, here all of them."""
    loggers = [logging.getLogger(name) for name in ("pyhanko", "pyhanko_certvalidator")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
