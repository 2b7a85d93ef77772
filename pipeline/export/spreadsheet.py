"""Tables as an Excel workbook and as CSV.

Every cell is text: 01046 keeps its zero, a date its form, and what begins with = + - @ is no
formula. The same tables give the same bytes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from pipeline.errors import MissingError
from pipeline.export.catalogue import Table

NARROWEST, WIDEST = 6, 60
"""Columns, in characters."""
MOST_CHARACTERS = 32_767
"""Of an Excel cell."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def workbook(tables: Sequence[Table]) -> bytes:
    """An .xlsx with a sheet for each table: head frozen, filters, columns as wide as their text.

    Raises MissingError extra_missing without XlsxWriter."""
    try:
        import xlsxwriter
    except ImportError as error:
        raise MissingError("extra_missing", package="XlsxWriter", extra="export") from error
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "border": 1})
        cell = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        for table in tables:
            sheet = book.add_worksheet(table.title)
            for column, name in enumerate(table.columns):
                sheet.write_string(0, column, name, head)
                sheet.set_column(column, column, _width(table, column), cell)
            for number, row in enumerate(table.rows, start=1):
                for column, text in enumerate(row):
                    if text:
                        sheet.write_string(number, column, text[:MOST_CHARACTERS], cell)
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, max(1, len(table.rows)), len(table.columns) - 1)
            sheet.set_landscape()
            sheet.set_paper(9)  # A4
            sheet.fit_to_pages(1, 0)
            sheet.repeat_rows(0)
            sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    return data.getvalue()


def comma_separated(table: Table) -> bytes:
    """CSV in UTF-8 with a BOM, by which Excel knows it. What a spreadsheet would take for a formula
    has an apostrophe before it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([_harmless(cell) for cell in row] for row in table.rows)
    return text.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _width(table: Table, column: int) -> int:
    longest = max((len(row[column]) for row in table.rows), default=0)
    return max(NARROWEST, min(WIDEST, longest + 2))
