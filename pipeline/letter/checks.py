"""Checks across the fields of a letter; each failed one is a flag for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.letter.citations import Mention
from pipeline.letter.directives import Node
from pipeline.letter.foot import Signer
from pipeline.letter.header import Letterhead
from pipeline.record import Flag, Letter

_MANDATORY = (
    ("number_symbol", "missing_number", "no number was read"),
    ("date", "missing_date", "no date was read in the letterhead"),
    ("issuing_body", "missing_issuing_body", "no issuing body was read"),
    ("document_type", "missing_document_type", "the type of document was not read"),
    ("subject", "missing_subject", "no trích yếu was read"),
)


@dataclass(frozen=True, slots=True)
class Doubts:
    """What the readers saw that the fields alone do not show."""

    head: Letterhead
    doubtful_subject: bool
    points: Sequence[Node]
    mentions: Sequence[Mention]
    signers: Sequence[Signer]


def check(letter: Letter, doubts: Doubts) -> list[Flag]:
    """The flags of a letter."""
    flags = []
    for name, code, message in _MANDATORY:
        if getattr(letter.header, name) is None:
            flags.append(Flag(code=code, message=message, where=f"header.{name}"))
    if letter.signature.signer is None:
        flags.append(
            Flag(code="missing_signer", message="no signer was read", where="signature.signer")
        )
    return flags
