"""Catalogue, archive XML and Markdown: fields as the record has them, nothing invented."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from markdown_it import MarkdownIt

from pipeline.errors import UsageError
from pipeline.export.archive import ArchiveSettings, DocumentFields, FileFields, read_settings
from pipeline.export.archive_xml import LENGTHS, REQUIRED, archive_xml
from pipeline.export.catalogue import catalogue, in_order, to_check
from pipeline.export.markdown import markdown
from pipeline.export.spreadsheet import comma_separated
from pipeline.record import Directive, Flag, Header, Item, Page, Record, Signature, SourceInfo

NOTHING = ArchiveSettings()


def record(document_id: str = "thu", pages: tuple[int, int] = (1, 1), **fields: Any) -> Record:
    first, last = pages
    source = SourceInfo(
        path="scan.pdf", sha256="0" * 64, bytes=1, media_type="application/pdf", pages=9,
        first_page=first, last_page=last,
    )  # fmt: skip
    fields.setdefault("pages", [Page(number=n, text="chữ") for n in range(first, last + 1)])
    return Record(document_id=document_id, status="done", family="state", source=source, **fields)


def row(letter: Record, settings: ArchiveSettings = NOTHING) -> dict[str, str]:
    table = catalogue([letter], {letter.document_id: "tep"}, "party", settings)
    return dict(zip(table.columns, table.rows[0], strict=True))


def xml(letter: Record, settings: ArchiveSettings = NOTHING) -> dict[str, str]:
    root = etree.fromstring(archive_xml(letter, 12, settings).data)
    return {element.tag: element.text for element in root}


# --- catalogue


def test_a_letter_of_a_dossier_says_its_pages_in_the_file() -> None:
    assert row(record(pages=(14, 17)))["Trang số"] == "14-17"
    assert row(record(pages=(3, 3)))["Trang số"] == "3"
    assert row(record(pages=(14, 17)))["Số trang"] == "4"


def test_an_empty_back_is_no_page_of_the_catalogue() -> None:
    pages = [Page(number=1, text="chữ"), Page(number=2, text=" \n")]
    assert row(record(pages=(1, 2)).model_copy(update={"pages": pages}))["Số trang"] == "1"


def test_what_the_letter_does_not_say_stays_empty() -> None:
    cells = row(record())
    told = {column for column, cell in cells.items() if cell}
    assert told == {"Số TT", "Trang số", "Số trang", "Số lượng tệp", "Tên tệp", "Ngôn ngữ",
                    "Mức độ tin cậy"}  # fmt: skip


def test_rows_stand_in_vietnamese_order_then_by_date_and_number() -> None:
    def one(name: str, body: str | None, date: str | None = None, number: str = "1") -> Record:
        return record(name, header=Header(issuing_body=body, date=date, number=number))

    letters = [
        one("none", None),
        one("di", "Đảng uỷ"),
        one("du", "Dân quân"),
        one("a10", "An Bình", "2020-01-01", "10"),
        one("a2", "An Bình", "2020-01-01", "2"),
        one("a-old", "An Bình", "2019-12-31", "99"),
        one("au", "Ấp Bắc"),
        one("hoa-sac", "Hóa"),
        one("hoa", "Hoa"),
    ]
    order = [letter.document_id for letter in in_order(letters)]
    assert order == ["a-old", "a2", "a10", "au", "du", "di", "hoa", "hoa-sac", "none"]


def test_every_flag_has_a_row_that_names_its_letter() -> None:
    flag = Flag(code="no_date", message="there is no date", where="header.date")
    letters = [record("a"), record("b", flags=[flag], header=Header(number_symbol="7/TB"))]
    table = to_check(letters, {"a": "A", "b": "B"})
    assert table.rows == (("2", "B", "7/TB", "no_date", "there is no date", "header.date"),)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_the_csv_is_a_formula(start: str) -> None:
    letter = record(header=Header(subject=f"{start}1+1"))
    table = catalogue([letter], {"thu": "tep"}, "party", NOTHING)
    assert f"'{start}1+1" in comma_separated(table).decode("utf-8-sig")


# --- archive XML


def test_what_nobody_told_is_missing_and_not_invented() -> None:
    made = archive_xml(record(), 1, NOTHING)
    assert set(made.missing) == set(REQUIRED) - {"language", "numberOfPage"}
    assert set(xml(record())) == {"language", "numberOfPage", "confidenceLevel"}


def test_settings_and_letter_together_give_all_that_is_required() -> None:
    settings = ArchiveSettings(
        doc_id="H01.{serial}",
        file=FileFields(code="H01.02"),
        document=DocumentFields(maintenance="20 năm", mode="01", riskRecovery="0"),
    )
    letter = record(
        header=Header(
            document_type="Công văn", number="27", symbol="UBND-VX", date="2022-03-14",
            issuing_body="XÃ AN BÌNH", parent_body="HUYỆN MẪU", subject="mở hội sách",
        ),
    )  # fmt: skip
    assert archive_xml(letter, 12, settings).missing == ()
    fields = xml(letter, settings)
    assert fields["docId"] == "H01.12"
    assert fields["docCode"] == "H01.02.0000012"
    assert fields["typeName"] == "22"
    assert fields["issuedDate"] == "14/03/2022"
    assert fields["organName"] == "XÃ AN BÌNH - HUYỆN MẪU"


def test_a_type_the_circular_lacks_is_other_and_described() -> None:
    fields = xml(record(header=Header(document_type="Điện mật")))
    assert fields["typeName"] == "32"
    assert fields["description"] == "Tên loại: Điện mật"


def test_a_secret_letter_is_never_open_whatever_the_settings_say() -> None:
    settings = ArchiveSettings(document=DocumentFields(mode="01"))
    assert xml(record(header=Header(secrecy="MẬT")), settings)["mode"] == "03"


def test_what_is_longer_than_the_circular_allows_is_cut_and_told() -> None:
    letter = record(header=Header(subject="ừ" * 501, symbol="X" * 30))
    made = archive_xml(letter, 1, NOTHING)
    assert made.cut == ("subject",)
    assert len(xml(letter)["subject"]) == LENGTHS["subject"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[document]\nmode = '99'\n", "code_unknown"),
        ("names = '{nummer}'\n", "name_pattern"),
        ("[document]\ncolour = 'red'\n", "settings_invalid"),
        ("not toml", "settings_invalid"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "archive.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as error:
        read_settings(path)
    assert error.value.code == code


# --- Markdown

HARMFUL = (
    "# none", "1. none", "2) none", "- none", "+ none", "* none", "> none", "---", "***", "===",
    "```", "~~~", "    none", "\tnone", "<b>none</b>", "<script>", "&lt;", "[a](b)", "![a](b)",
    "a | b", "_a_ **b** `c`", "a\\", "~~a~~", "\\*a", "[a]: b", "a  \nb", "Mục\n===\nb",
    "a\n- b\n1. c",
)  # fmt: skip


def shown(text: str) -> str:
    """The bare text of what a reader of Markdown shows."""
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    return " ".join("".join(etree.fromstring(f"<x>{html}</x>").itertext()).split())


@pytest.mark.parametrize("text", HARMFUL)
def test_printed_text_is_shown_as_it_is_printed(text: str) -> None:
    letter = record(
        header=Header(subject=text, document_type="Công văn"),
        recipients=[text],
        preamble=[text],
        directives=[
            Directive(marker="1.", text=text, items=[Item(marker="a)", text=text)]),
            Directive(text=text),
        ],
        signature=Signature(signer=text),
    )
    made = markdown(letter)
    assert shown(made).count(" ".join(text.split())) == 7
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(made)
    tags = set(re.findall(r"<(\w+)", html))
    assert tags <= {"h1", "h2", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td",
                    "strong", "br"}  # fmt: skip
    assert html.count("<h") - html.count("<html") == 2  # the title and one for the recipients
