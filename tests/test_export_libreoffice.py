"""The catalogue in an office program that is not ours: the same cells, none of them a formula."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.export.catalogue import Table
from pipeline.export.spreadsheet import comma_separated, workbook

CELLS = (
    "01046", "1046-CV/TU", "18/09/2019", "=1+1", "+84", "-", "@SUM(A1)", "1e5", "007", "TRUE",
    "ừ ế Ẵ", 'a "quoted", cell', "two\nlines", "<b>&amp;", "_x0041_", "https://example.org", "'27",
    " spaces ", "1/2", "10%", "\u00a0", "",
)  # fmt: skip
OPTIONS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
"""Comma, double quotes, UTF-8, cells as shown, all sheets."""


def converted(path: Path, folder: Path) -> list[list[list[str]]]:
    """The rows of each sheet as LibreOffice gives them back."""
    if not (program := shutil.which("soffice") or shutil.which("libreoffice")):
        pytest.skip("LibreOffice is not on this machine: apt-get install libreoffice-calc")
    subprocess.run(
        [program, f"-env:UserInstallation=file://{folder / 'profile'}", "--headless",
         "--convert-to", OPTIONS, "--outdir", folder / "csv", path],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    files = sorted((folder / "csv").glob("*.csv"))
    return [list(csv.reader(file.open(encoding="utf-8", newline=""))) for file in files]


def test_libreoffice_gives_back_the_same_cells(tmp_path: Path) -> None:
    head = tuple(f"Cột {n}" for n in range(len(CELLS)))
    tables = [
        Table("Một", head, (CELLS, tuple(reversed(CELLS)))),
        Table("Mục lục (Đảng)", ("STT", "Trích yếu"), (("1", "=HYPERLINK(\"http://x\")"),)),
    ]  # fmt: skip
    path = tmp_path / "catalogue.xlsx"
    path.write_bytes(workbook(tables))
    by_head = {tuple(rows[0]): rows[1:] for rows in converted(path, tmp_path)}
    assert by_head == {t.columns: [list(row) for row in t.rows] for t in tables}


def test_libreoffice_takes_no_cell_of_the_csv_for_a_formula(tmp_path: Path) -> None:
    table = Table("Một", ("a",), tuple((cell,) for cell in ("=1+1", "+1+1", "-1+1", "@SUM(1;1)")))
    path = tmp_path / "catalogue.csv"
    path.write_bytes(comma_separated(table))
    (rows,) = converted(path, tmp_path)
    assert [row[0].removeprefix("'") for row in rows[1:]] == [row[0] for row in table.rows]
