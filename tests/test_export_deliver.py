"""A delivery as archivists make it: everything asked for, a manifest, nothing lost or altered."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
from click.testing import CliRunner, Result

from cli import main
from pipeline.export.catalogue import PARTY, STATE


def congvan(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["--lang", "en", *map(str, args)])


def test_each_letter_is_delivered_once_and_the_manifest_holds(
    processed_samples: Path, tmp_path: Path
) -> None:
    to = tmp_path / "giao-nop"
    done = congvan("export", processed_samples, "--to", to, "--alto", "--hocr", "--markdown",
                   "--archive-xml", "--xlsx", to / "muc-luc.xlsx")  # fmt: skip
    assert done.exit_code == 0, done.output
    count = len(list(processed_samples.glob("*/record.json")))
    assert len(list(to.glob("markdown/*.md"))) == count
    assert len(list(to.glob("archive-xml/*.xml"))) == count
    assert congvan("verify", to).exit_code == 0


def test_verify_names_what_is_changed_missing_or_unlisted(
    processed_samples: Path, tmp_path: Path
) -> None:
    congvan("export", processed_samples, "--to", tmp_path, "--markdown")
    first, second, *_ = sorted((tmp_path / "markdown").iterdir())
    first.write_bytes(first.read_bytes() + b" ")
    second.unlink()
    (tmp_path / "note.txt").write_text("x")
    done = congvan("verify", tmp_path)
    assert done.exit_code == 1
    assert f"markdown/{first.name}: changed since delivery" in done.output
    assert f"markdown/{second.name}: missing" in done.output
    assert "note.txt: not in the manifest" in done.output


def test_the_catalogue_keeps_numbers_and_dates_as_text(
    processed_samples: Path, tmp_path: Path
) -> None:
    table = tmp_path / "catalogue.xlsx"
    congvan("export", processed_samples, "--to", tmp_path / "out", "--xlsx", table)
    book = openpyxl.load_workbook(table)
    party, state, check = book.worksheets
    assert tuple(cell.value for cell in party[1]) == PARTY
    assert tuple(cell.value for cell in state[1]) == STATE
    assert {cell.data_type for row in party.iter_rows(min_row=2) for cell in row} <= {"s", "n"}
    assert all(
        isinstance(cell.value, str)
        for row in party.iter_rows(min_row=2)
        for cell in row
        if cell.value is not None
    )
    dates = [row[3].value for row in party.iter_rows(min_row=2)]
    assert "18/09/2019" in dates
    assert party.freeze_panes == "A2"
    assert check.max_row > 1


def test_the_csv_opens_in_excel_with_its_marks(processed_samples: Path, tmp_path: Path) -> None:
    table = tmp_path / "catalogue.csv"
    congvan(
        "export", processed_samples, "--to", tmp_path / "out", "--csv", table, "--form", "state"
    )
    data = table.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert tuple(rows[0]) == STATE
    assert "THÀNH UỶ HẢI PHÒNG" in {row[4] for row in rows}


def test_asking_for_nothing_says_what_can_be_asked(processed_samples: Path) -> None:
    done = congvan("export", processed_samples)
    assert done.exit_code == 2
    assert "--pdfa" in done.output


def test_process_delivers_what_export_would(scan_png: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = congvan(
        "process", scan_png, "--out", out, "--export", "pdfa, markdown,xlsx", "--jobs", "1"
    )
    assert done.exit_code == 0, done.output
    delivered = {p.relative_to(out / "delivery").as_posix() for p in (out / "delivery").rglob("*")}
    assert delivered == {
        "manifest-sha256.txt", "markdown", "markdown/27-UBND-VX.md", "muc-luc.xlsx", "pdfa",
        "pdfa/27-UBND-VX.pdf",
    }  # fmt: skip
    assert congvan("verify", out / "delivery").exit_code == 0
    before = {path: (out / "delivery" / path).stat().st_mtime_ns for path in delivered}
    again = congvan("export", out, "--pdfa", "--markdown", "--xlsx", "muc-luc.xlsx")
    assert again.exit_code == 0, again.output
    after = {path: (out / "delivery" / path).stat().st_mtime_ns for path in delivered}
    assert {p for p in delivered if before[p] != after[p]} <= {"pdfa", "markdown"}


def test_an_unknown_kind_is_told_before_anything_is_read(scan_png: Path, tmp_path: Path) -> None:
    done = congvan("process", scan_png, "--out", tmp_path / "out", "--export", "pdf")
    assert done.exit_code == 2
    assert "archive-xml" in done.output
    assert not (tmp_path / "out").exists()


def test_a_secret_letter_leaves_only_when_it_is_allowed_to(
    text_letter: Path, tmp_path: Path
) -> None:
    text = text_letter.read_text(encoding="utf-8")
    text_letter.write_text(text.replace("Kính gửi", "MẬT\n\nKính gửi", 1), encoding="utf-8")
    out = tmp_path / "out"
    congvan("process", text_letter, "--out", out, "--jobs", "1")
    (record,) = out.glob("*/record.json")
    assert '"secrecy": "MẬT"' in record.read_text(encoding="utf-8")
    shut = congvan("export", out, "--markdown", "--csv", "a.csv", "--to", tmp_path / "one")
    assert "--allow-secret" in shut.output
    assert not list((tmp_path / "one").glob("markdown/*"))
    assert "27/UBND" not in (tmp_path / "one" / "a.csv").read_text(encoding="utf-8-sig")
    congvan("export", out, "--markdown", "--to", tmp_path / "two", "--allow-secret")
    assert len(list((tmp_path / "two").glob("markdown/*"))) == 1
