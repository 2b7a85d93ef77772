"""The catalogue of a delivery, as Party archives and state archives keep it, and what to check.

In: records and the names of their files. Out: tables of text. Columns of the Party's "Mục lục văn
bản, tài liệu" (24) and of the state's (7). A cell that nothing tells stays empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.export.archive import ArchiveSettings, meaning
from pipeline.export.archive_xml import DIGITISED, organ_name, printed_date
from pipeline.export.vietnamese_order import Key, vietnamese_key
from pipeline.record import Record

Form = Literal["party", "state"]

PARTY = (
    "Số TT", "Số của văn bản", "Ký hiệu", "Ngày, tháng, năm", "Tên cơ quan ban hành", "Tên loại",
    "Trích yếu", "Người ký", "Độ mật", "Loại bản", "Trang số", "Số trang", "Số lượng tệp",
    "Tên tệp", "Thời gian tài liệu", "Chế độ sử dụng", "Từ khóa", "Ghi chú", "Ngôn ngữ", "Bút tích",
    "Chuyên đề", "Ký hiệu thông tin", "Mức độ tin cậy", "Tình trạng vật lý",
)  # fmt: skip
STATE = ("STT", "Số, ký hiệu", "Ngày tháng", "Trích yếu", "Tác giả", "Tờ số", "Ghi chú")
CHECK = ("Số TT", "Tên tệp", "Số, ký hiệu", "Mã", "Nội dung", "Vị trí")
TO_REVIEW = "Cần kiểm tra"


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet: its title, column heads and rows of text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def catalogue(
    records: Sequence[Record], names: Mapping[str, str], form: Form, settings: ArchiveSettings
) -> Table:
    """One row a document, in the order of `in_order`."""
    if form == "state":
        rows = [_state(n, r) for n, r in enumerate(records, start=1)]
        return Table("Mục lục (Nhà nước)", STATE, tuple(rows))
    party = [_party(n, r, names[r.document_id], settings) for n, r in enumerate(records, start=1)]
    return Table("Mục lục (Đảng)", PARTY, tuple(party))


def to_check(records: Sequence[Record], names: Mapping[str, str]) -> Table:
    """One row for each flag, with the number of the letter's row in the catalogue."""
    rows = [
        (
            str(number),
            names[record.document_id],
            record.header.number_symbol or "",
            flag.code,
            flag.message,
            flag.where,
        )
        for number, record in enumerate(records, start=1)
        for flag in record.flags
    ]
    return Table(TO_REVIEW, CHECK, tuple(rows))


def in_order(records: Sequence[Record]) -> list[Record]:
    """By issuing body (Vietnamese order), date, number; letters without these come last."""
    return sorted(records, key=_order)


def _order(record: Record) -> tuple[bool, Key, str, int, str]:
    header = record.header
    digits = "".join(c for c in header.number or "" if c.isdigit())
    return (
        header.issuing_body is None,
        vietnamese_key(header.issuing_body or ""),
        header.date or "9999",
        int(digits or 0),
        record.document_id,
    )


def _party(number: int, record: Record, name: str, settings: ArchiveSettings) -> tuple[str, ...]:
    header, given = record.header, settings.document
    values = {
        "Số TT": str(number),
        "Số của văn bản": header.number,
        "Ký hiệu": header.symbol,
        "Ngày, tháng, năm": printed_date(header.date),
        "Tên cơ quan ban hành": organ_name(header),
        "Tên loại": header.document_type,
        "Trích yếu": header.subject,
        "Người ký": record.signature.signer,
        "Độ mật": header.secrecy,
        "Loại bản": "Bản sao" if record.copies else None,
        "Trang số": _pages(record),
        "Số trang": str(sum(1 for page in record.pages if page.text.strip())),
        "Số lượng tệp": "1",
        "Tên tệp": name,
        "Chế độ sử dụng": meaning("mode", given.mode),
        "Từ khóa": given.keyword,
        "Ghi chú": _note(record),
        "Ngôn ngữ": meaning("language", "01"),
        "Ký hiệu thông tin": given.inforSign,
        "Mức độ tin cậy": meaning("confidenceLevel", given.confidenceLevel or DIGITISED),
        "Tình trạng vật lý": meaning("format", given.format),
    }
    return tuple(values.get(column) or "" for column in PARTY)


def _state(number: int, record: Record) -> tuple[str, ...]:
    header = record.header
    cells = (
        str(number),
        header.number_symbol,
        printed_date(header.date),
        " ".join(filter(None, (header.document_type, header.subject))),
        organ_name(header),
        None,  # sheets are numbered by hand, in the file of paper
        _note(record),
    )
    return tuple(cell or "" for cell in cells)


def _pages(record: Record) -> str:
    first, last = record.source.first_page, record.source.last_page
    if first is None or last is None:
        return ""
    return str(first) if first == last else f"{first}-{last}"


def _note(record: Record) -> str | None:
    return TO_REVIEW if record.status in ("needs_review", "partial") else None
