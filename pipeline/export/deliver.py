"""A delivery: all that an archive asked for, of every letter of a batch, with its manifest.

In: the folder of a batch, what is wanted, the archive's settings. Out: files below another folder,
each whole or not at all, and an account of what was delivered and what was not. One letter that
cannot be exported does not stop the others. Doing it again changes nothing that is right already.

    pdfa/NAME.pdf  alto/NAME/page-001.xml  hocr/NAME.html  markdown/NAME.md  archive-xml/NAME.xml
    signatures/NAME.json  muc-luc.xlsx  muc-luc.csv  manifest-sha256.txt
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import DocumentError, UsageError
from pipeline.export.alto import alto_pages
from pipeline.export.archive import ArchiveSettings
from pipeline.export.archive_xml import archive_xml
from pipeline.export.catalogue import Form, Table, catalogue, in_order, to_check
from pipeline.export.hocr import hocr
from pipeline.export.holding import Holding, find_scan, read_holding
from pipeline.export.manifest import write_alone, write_manifest
from pipeline.export.markdown import markdown
from pipeline.export.names import file_names
from pipeline.export.pdfa import make_pdfa
from pipeline.export.signatures import Signature, as_json, require_package, signatures
from pipeline.export.spreadsheet import comma_separated, workbook
from pipeline.record import Page, Record
from pipeline.records import ReadRecords
from pipeline.settings import Settings

PARTS = ("pdfa", "alto", "hocr", "markdown", "archive-xml", "signatures")
CATALOGUES = {"xlsx": Path("muc-luc.xlsx"), "csv": Path("muc-luc.csv")}
"""Their names where nobody gives them others."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to deliver: kinds of PARTS for each letter, catalogues for all of them together."""

    parts: frozenset[str] = frozenset()
    xlsx: Path | None = None  # a bare name lies in the delivery
    csv: Path | None = None
    forms: tuple[Form, ...] = ("party", "state")
    allow_secret: bool = False


def wanted_kinds(kinds: str, *, allow_secret: bool = False) -> Wanted:
    """What a list of kinds with commas between asks for: those of PARTS and CATALOGUES.

    Raises UsageError export_kind where it names another, or none."""
    named = {kind.strip() for kind in kinds.split(",") if kind.strip()}
    known = (*PARTS, *CATALOGUES)
    if not named or not named <= set(known):
        raise UsageError("export_kind", kinds=kinds, known=", ".join(known))
    files = {kind: path for kind, path in CATALOGUES.items() if kind in named}
    return Wanted(
        frozenset(named & set(PARTS)),
        files.get("xlsx"),
        files.get("csv"),
        allow_secret=allow_secret,
    )


@dataclass(slots=True)
class Account:
    """What became of a delivery. `errors` name letters or parts that are not in it; `notes` are
    what an archivist has to complete; `written` are the files of this run, as paths from the folder
    of the delivery."""

    documents: int = 0
    files: int = 0
    written: list[str] = field(default_factory=list)
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
    if "signatures" in wanted.parts:
        require_package()
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
    _catalogues(to, records, names, wanted, settings, account)
    to.mkdir(parents=True, exist_ok=True)
    account.files = write_manifest(to, account.written)
    if older := account.files - len(set(account.written)):
        account.notes.append(DocumentError("delivery_holds_more", path=to, count=older))
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
        _put(to, to / path, content, account)
    info = holding.record.source
    if "signatures" in wanted.parts and info.signed:
        found = signatures(find_scan(holding, originals).path)
        _put(to, to / "signatures" / f"{name}.json", as_json(found, info.sha256), account)
        account.notes += _broken(found, info.path)
    if "pdfa" in wanted.parts:
        try:
            data = make_pdfa(holding, find_scan(holding, originals), Settings())
        except DocumentError as error:
            if error.code != "no_scan":
                raise
            account.notes.append(error)
            return
        _put(to, to / "pdfa" / f"{name}.pdf", data, account)


def _broken(found: list[Signature], path: str) -> Iterator[DocumentError]:
    for one in found:
        if not one.holds:
            signer = one.signer or "?"
            yield DocumentError("signature_broken", path=path, signer=signer, reason=one.reason)


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


def _put(to: Path, path: Path, content: bytes, account: Account) -> None:
    """Write a file of the delivery; one outside `to` is the operator's own affair."""
    write_alone(path, content)
    if path.resolve().is_relative_to(to.resolve()):
        account.written.append(path.resolve().relative_to(to.resolve()).as_posix())


def _catalogues(
    to: Path,
    records: list[Record],
    names: dict[str, str],
    wanted: Wanted,
    settings: ArchiveSettings,
    account: Account,
) -> None:
    if not (wanted.xlsx or wanted.csv):
        return
    tables: list[Table] = [catalogue(records, names, form, settings) for form in wanted.forms]
    if wanted.xlsx:
        book = workbook([*tables, to_check(records, names)])
        _put(to, _placed(wanted.xlsx, to), book, account)
    if wanted.csv:
        _put(to, _placed(wanted.csv, to), comma_separated(tables[0]), account)


def _placed(path: Path, to: Path) -> Path:
    """A bare name lies in the delivery, so that the manifest has it; any other path is as given."""
    return to / path if path.parent == Path() else path


def _light(record: Record) -> Record:
    """The record without its text, of which a batch has more than memory should hold."""
    pages = [Page(number=p.number, text="…" if p.text.strip() else "") for p in record.pages]
    empty: dict[str, object] = {
        "pages": pages, "corrections": [], "places": [], "evidence": {}, "marks": [],
        "directives": [], "preamble": [], "appendices": [], "passages": [], "citations": [],
    }  # fmt: skip
    return record.model_copy(update=empty)
