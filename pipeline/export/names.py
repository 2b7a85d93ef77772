"""Names of delivered files: by the archive's own pattern, safe on any system, each only once.

In: records in order. Out: a name without an ending for each. The pattern's fields are those of
`FIELDS` in braces; a letter that lacks all of the fields keeps its document id.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from itertools import count

import regex

from pipeline.errors import UsageError
from pipeline.record import Record

DEFAULT_PATTERN = "{number_symbol}"
FIELDS = ("number_symbol", "number", "symbol", "date", "year", "type", "body", "document_id",
          "serial")  # fmt: skip
LONGEST = 200
"""Bytes of a name in UTF-8, where ế takes three: with an ending, and what a file has behind its
name while it is written, below the 255 bytes of file systems."""
_FIELD = regex.compile(r"\{([a-z_]*)\}")
_UNSAFE = regex.compile(r'[<>:"/\\|?*%\p{C}\s]+')
_RESERVED = regex.compile(r"(?i)(con|prn|aux|nul|(com|lpt)[0-9¹²³]|con(in|out)\$)(\..*)?")
"""What Windows takes for a device (Naming Files, Paths, and Namespaces)."""


def check_pattern(pattern: str) -> None:
    """Raises UsageError name_pattern where the pattern has an unknown field, or none."""
    used = _FIELD.findall(pattern)
    if not used or not set(used) <= set(FIELDS):
        raise UsageError("name_pattern", pattern=pattern, fields=", ".join(FIELDS))


def file_names(records: Iterable[Record], pattern: str = DEFAULT_PATTERN) -> dict[str, str]:
    """Document id → name. Where two letters would have the same name, whatever the case of its
    letters, the later ones have their document id behind it."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for serial, record in enumerate(records, start=1):
        name = _named(record, pattern, serial)
        if name.casefold() in taken:
            name = _apart(name, record.document_id, taken)
        taken.add(name.casefold())
        names[record.document_id] = name
    return names


def _named(record: Record, pattern: str, serial: int) -> str:
    header = record.header
    values: Mapping[str, str | None] = {
        "number_symbol": header.number_symbol,
        "number": header.number,
        "symbol": header.symbol,
        "date": header.date,
        "year": header.date and header.date[:4],
        "type": header.document_type,
        "body": header.issuing_body,
        "document_id": record.document_id,
        "serial": f"{serial:07d}",
    }
    if not any(values[field] for field in _FIELD.findall(pattern)):
        return _safe(record.document_id) or f"{serial:07d}"
    filled = _FIELD.sub(lambda field: values[field[1]] or "", pattern)
    return _safe(filled) or _safe(record.document_id) or f"{serial:07d}"


def _safe(name: str) -> str:
    """The name as any system takes it: NFC, no signs with a meaning, no reserved word."""
    name = _UNSAFE.sub("-", unicodedata.normalize("NFC", name))
    name = _cut(regex.sub(r"-{2,}", "-", name), LONGEST - 1).strip("-. ")
    return f"_{name}" if _RESERVED.fullmatch(name) else name


def _apart(name: str, document_id: str, taken: set[str]) -> str:
    """The name with the document id behind it, and a number where even that is taken."""
    for number in count(1):
        behind = _safe(document_id if number == 1 else f"{document_id}_{number}")
        apart = _cut(name, LONGEST - len(behind.encode()) - 1).rstrip("-. ") + "_" + behind
        if apart.casefold() not in taken:
            return apart
    raise AssertionError("count() has no end")


def _cut(text: str, most: int) -> str:
    """As many whole characters as fit into `most` bytes."""
    return text.encode()[: max(0, most)].decode(errors="ignore")
