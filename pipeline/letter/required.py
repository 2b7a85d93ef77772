"""The fields an archive must have of a letter, and the flags that put one of them in doubt.

In: flags of a record; out: whether a person must look before the letter is taken over. The fields
are those that Thông tư 05/2025/TT-BNV requires of a document (`EAD_doc`: typeName, codeNumber and
codeNotation, issuedDate, organName with the superior body, subject, mode) and the signer, a column
of the Party archives' catalogue. A doubt about anything else stays a flag and sends nobody.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.record import Flag

REQUIRED = (
    "header.number_symbol", "header.number", "header.symbol", "header.date",
    "header.issuing_body", "header.parent_body", "header.document_type", "header.subject",
    "header.secrecy", "signature.signer",
)  # fmt: skip
_ELSEWHERE = frozenset({
    "date_before_citation", "authority_body", "authority_form",
    "boundary_begins", "boundary_ends", "boundary_within", "boundary_in_page", "several_letters",
})  # fmt: skip
"""Flags that stand elsewhere, but say that a required field may be wrong: the date, whose letter
it is, or on which pages the letter stands, and with that every field."""


def doubts_required(flag: Flag) -> bool:
    """Does the flag say that a field an archive must have may be wrong?"""
    return flag.code in _ELSEWHERE or flag.where in REQUIRED


def needs_person(flags: Iterable[Flag]) -> bool:
    """Must a person look at the letter that has these flags?"""
    return any(doubts_required(flag) for flag in flags)
