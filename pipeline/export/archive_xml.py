"""The archive's own XML of a document: the fields of Thông tư 05/2025/TT-BNV (`EAD_doc`).

In: a record, its place in the delivery, the archive's settings. Out: a `<simpledc>` with those of
the circular's 21 fields that are known, and the names of required ones that are not. What the
letter does not say and the settings do not give stays absent: nothing is invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import regex

from pipeline.export.archive import OTHER_TYPE, ArchiveSettings, type_code
from pipeline.export.characters import plain
from pipeline.record import Header, Record

REQUIRED = ("docId", "docCode", "maintenance", "typeName", "issuedDate", "organName", "subject",
            "language", "numberOfPage", "mode", "riskRecovery")  # fmt: skip
LENGTHS = {
    "docId": 25, "docCode": 100, "codeNumber": 11, "codeNotation": 30, "organName": 200,
    "subject": 500, "inforSign": 30, "keyword": 100, "description": 500,
}  # fmt: skip
"""Longest values, in characters. Longer ones are cut and told in `cut`."""
VIETNAMESE, DIGITISED, SECRET_MODE = "01", "02", "03"


@dataclass(frozen=True, slots=True)
class ArchiveXml:
    """The file; `missing` and `cut` are names of fields for the archivist to look at."""

    data: bytes
    missing: tuple[str, ...]
    cut: tuple[str, ...]


def archive_xml(record: Record, serial: int, settings: ArchiveSettings) -> ArchiveXml:
    """The description of the `serial`-th document (from 1) of a delivery."""
    told = {name: _line(value) for name, value in _values(record, serial, settings).items()}
    values = {name: value for name, value in told.items() if value}
    root = Element("simpledc")
    cut: list[str] = []
    for name, text in values.items():
        longest = LENGTHS.get(name)
        if longest and len(text) > longest:
            cut.append(name)
        SubElement(root, name).text = text[:longest].rstrip()
    ElementTree.indent(root)
    data: bytes = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    missing = tuple(name for name in REQUIRED if name not in values)
    return ArchiveXml(data + b"\n", missing, tuple(cut))


def _line(value: str | None) -> str:
    """The value on one line; nothing where it says nothing."""
    text: str = regex.sub(r"[\p{C}\s]+", " ", plain(value or ""))
    return text.strip()


def _values(record: Record, serial: int, settings: ArchiveSettings) -> dict[str, str | None]:
    header, given = record.header, settings.document
    number = f"{serial:07d}"
    secret = SECRET_MODE if header.secrecy else None
    return {
        "docId": settings.doc_id.replace("{serial}", str(serial)) if settings.doc_id else None,
        "docCode": f"{settings.file.code}.{number}" if settings.file.code else None,
        "maintenance": given.maintenance,
        "typeName": type_code(header.document_type),
        "codeNumber": header.number,
        "codeNotation": header.symbol,
        "issuedDate": printed_date(header.date),
        "organName": organ_name(header),
        "subject": header.subject,
        "language": VIETNAMESE,
        "numberOfPage": str(sum(1 for page in record.pages if page.text.strip())),
        "inforSign": given.inforSign,
        "keyword": given.keyword,
        "mode": secret or given.mode,
        "confidenceLevel": given.confidenceLevel or DIGITISED,
        "format": given.format,
        "process": given.process,
        "riskRecovery": given.riskRecovery,
        "riskRecoveryStatus": given.riskRecoveryStatus,
        "description": _description(header),
    }


def _description(header: Header) -> str | None:
    """The name of a type that the circular's table lacks."""
    other = type_code(header.document_type) == OTHER_TYPE
    return f"Tên loại: {header.document_type}" if other else None


def organ_name(header: Header) -> str | None:
    """The issuing body with the body above it, as printed."""
    named = [header.issuing_body, header.parent_body]
    return " - ".join(name for name in named if name) or None


def printed_date(date: str | None) -> str | None:
    """DD/MM/YYYY of an ISO date."""
    return "/".join(reversed(date.split("-"))) if date else None
