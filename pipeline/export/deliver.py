"""A delivery: all that an archive asked for, of every letter of a batch, with its manifest.

In: the folder of a batch, what is wanted, the archive's settings. Out: files below another folder,
each whole or not at all, and an account of what was delivered and what was not. One letter that
cannot be exported does not stop the others. Doing it again changes nothing that is right already.

    pdfa/NAME.pdf  alto/NAME/page-001.xml  hocr/NAME.html  markdown/NAME.md  archive-xml/NAME.xml
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.batch.outputs import write_file
from pipeline.errors import DocumentError
from pipeline.export.alto import alto_pages
from pipeline.export.archive import ArchiveSettings
from pipeline.export.archive_xml import archive_xml
from pipeline.export.catalogue import Form, Table, catalogue, in_order, to_check
from pipeline.export.hocr import hocr
from pipeline.export.holding import Holding, find_scan, read_holding
from pipeline.export.manifest import write_manifest
from pipeline.export.markdown import markdown
from pipeline.export.names import file_names
from pipeline.export.pdfa import make_pdfa
from pipeline.export.spreadsheet import comma_separated, workbook
from pipeline.record import Page, Record
from pipeline.records import ReadRecords
from pipeline.settings import Settings

PARTS = ("pdfa", "alto", "hocr", "markdown", "archive-xml")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to deliver: kinds of PARTS for each letter, catalogues for all of them together."""

    parts: frozenset[str] = frozenset()
    xlsx: Path | None = None
    csv: Path | None = None
    forms: tuple[Form, ...] = ("party", "state")
    allow_secret: bool = False


@dataclass(slots=True)
class Account:
    """What became of a delivery. `errors` name letters or parts that are not in it; `notes` are
    what an archivist has to complete."""

    documents: int = 0
    files: int = 0
    errors: list[DocumentError] = field(default_factory=list)
    notes: list[DocumentError] = field(default_factory=list)


def deliver(
    folder: Path,
    to: Path,
    wanted: Wanted,
    settings: ArchiveSettings,
    *,
    originals: Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Account:
    """Export the letters of `folder` to `to`. Relative paths of originals are looked for in
    `originals` (the current folder where None).

    Raises NothingFoundError where `folder` holds no record, MissingError without an extra."""
    account = Account()
    reading = ReadRecords(folder)
    records = in_order([_light(record) for record in reading])
    account.errors += reading.errors
    records = list(_open_to_all(records, wanted, account))
    names = file_names(records, settings.names)
    for number, record in enumerate(records, start=1):
        name = names[record.document_id]
        try:
            _letter(folder / record.document_id, to, name, number, wanted, settings, account,
                    originals)  # fmt: skip
            account.documents += 1
        except DocumentError as error:
            account.errors.append(error)
        progress(number, len(records))
    _catalogues(records, names, wanted, settings)
    to.mkdir(parents=True, exist_ok=True)
    account.files = write_manifest(to)
    return account


def _open_to_all(records: list[Record], wanted: Wanted, account: Account) -> Iterator[Record]:
    """The letters that may leave: secret ones only where the operator says so."""
    for record in records:
        secrecy = record.header.secrecy
        if secrecy and not wanted.allow_secret:
            account.notes.append(
                DocumentError("secret_not_exported", path=record.document_id, secrecy=secrecy)
            )
        else:
            yield record


def _letter(
    folder: Path,
    to: Path,
    name: str,
    number: int,
    wanted: Wanted,
    settings: ArchiveSettings,
    account: Account,
    originals: Path | None,
) -> None:
    holding = read_holding(folder)
    for path, content in _parts(holding, name, number, wanted, settings, account):
        write_file(to / path, content)
    if "pdfa" in wanted.parts:
        source = find_scan(holding, originals)
        write_file(to / "pdfa" / f"{name}.pdf", make_pdfa(holding, source, Settings()))


def _parts(
    holding: Holding,
    name: str,
    number: int,
    wanted: Wanted,
    settings: ArchiveSettings,
    account: Account,
) -> Iterator[tuple[str, bytes]]:
    """Paths and contents of all but the PDF, which needs the original."""
    if "alto" in wanted.parts:
        for page, data in alto_pages(holding).items():
            yield f"alto/{name}/page-{page:03d}.xml", data
    if "hocr" in wanted.parts:
        yield f"hocr/{name}.html", hocr(holding).encode()
    if "markdown" in wanted.parts:
        yield f"markdown/{name}.md", markdown(holding.record).encode()
    if "archive-xml" in wanted.parts:
        made = archive_xml(holding.record, number, settings)
        yield f"archive-xml/{name}.xml", made.data
        for code, fields in (
            ("export_missing_fields", made.missing),
            ("export_cut_fields", made.cut),
        ):
            if fields:
                path = holding.record.document_id
                account.notes.append(DocumentError(code, path=path, fields=", ".join(fields)))


def _catalogues(
    records: list[Record], names: dict[str, str], wanted: Wanted, settings: ArchiveSettings
) -> None:
    if not (wanted.xlsx or wanted.csv):
        return
    tables: list[Table] = [catalogue(records, names, form, settings) for form in wanted.forms]
    if wanted.xlsx:
        write_file(wanted.xlsx, workbook([*tables, to_check(records, names)]))
    if wanted.csv:
        write_file(wanted.csv, comma_separated(tables[0]))


def _light(record: Record) -> Record:
    """The record without its text, of which a batch has more than memory should hold."""
    pages = [Page(number=p.number, text="…" if p.text.strip() else "") for p in record.pages]
    empty: dict[str, object] = {
        "pages": pages, "corrections": [], "places": [], "evidence": {}, "marks": [],
        "directives": [], "preamble": [], "appendices": [], "passages": [], "citations": [],
    }  # fmt: skip
    return record.model_copy(update=empty)
