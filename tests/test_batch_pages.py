"""Pages of unfinished documents are kept, and only those."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.batch import space
from pipeline.batch.job import DiskFullError, Job, Task
from pipeline.batch.ledger import Ledger
from pipeline.batch.limits import TimeLimit
from pipeline.batch.outputs import LEDGER
from pipeline.batch.pages import PAGES, PageStore, folder_of, forget_pages, keep_only
from pipeline.batch.plan import content_hash
from pipeline.batch.result import Result
from pipeline.batch.run import Order, run_batch
from pipeline.batch.work import do_job
from pipeline.document import Line, Mark, Operation, PageLayout, Source, Word, Zone
from pipeline.errors import DocumentError
from pipeline.intake import Candidate, read_source
from pipeline.process import process_document
from pipeline.reading import ReadPage, read_page
from pipeline.recording import THUMBNAIL
from pipeline.restore.restore import Restorer
from pipeline.settings import Settings
from tests.conftest import LETTER, save_pdf
from tests.test_batch_run import outputs

CONTENT = "c0ffee" * 10
NOBODY = lambda *_: None  # noqa: E731

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
boxes = st.tuples(*[st.integers(0, 9000)] * 4)
words = st.builds(Word, texts, boxes, st.floats(0, 1), *[st.integers(0, 99)] * 3)
lines = st.builds(
    Line, texts, st.sampled_from(Zone), st.none() | boxes, st.lists(words, max_size=3).map(tuple)
)
marks = st.builds(Mark, texts, st.integers(1, 9), st.none() | boxes, st.none() | texts)
operations = st.builds(
    Operation,
    texts,
    texts,
    texts,
    st.dictionaries(
        texts, st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | texts, max_size=3
    ),
    st.floats(0, 1e6),
)


def source(pages: int, sha256: str = CONTENT) -> Source:
    return Source(Path("a.pdf"), (), sha256, 1, "application/pdf", False, (None,) * pages)  # type: ignore[arg-type]


def store(root: Path, pages: int = 3, content: str = CONTENT, digest: str = "d1") -> PageStore:
    kept = PageStore(root, content, digest, NOBODY)
    kept.expect(source(pages, content))
    return kept


def page(number: int, *some: Line) -> ReadPage:
    return ReadPage(PageLayout(number, 100, 200, 300, some), 90, 0.25, (), thumbnail=b"\xff\xd8")


@settings(max_examples=40, deadline=None)
@given(st.lists(lines, max_size=4), st.lists(operations, max_size=3), st.floats(-5, 5))
def test_a_kept_page_is_the_page(
    tmp_path_factory: pytest.TempPathFactory,
    some: list[Line],
    done: list[Operation],
    skew: float,
) -> None:
    read = replace(page(2, *some), operations=tuple(done), skew=skew)
    kept = store(tmp_path_factory.mktemp("out"))
    kept.put(2, read)
    again = kept.get(2)
    assert again == read
    assert again
    assert repr(again) == repr(read)  # 1, 1.0 and True are equal, but written differently


def test_a_real_page_is_kept_as_it_is(scan_pdf: Path, tmp_path: Path) -> None:
    first = read_source(Candidate(scan_pdf, (scan_pdf,)), Settings()).pages[0]
    read = read_page(first, Settings(), show=True)
    kept = store(tmp_path)
    kept.put(1, read)
    again = kept.get(1)
    assert again
    assert again.picture
    assert read.picture
    assert (again.picture.data, again.picture.width) == (read.picture.data, read.picture.width)
    assert repr(replace(again, picture=None)) == repr(replace(read, picture=None))


def test_pages_are_of_one_content_and_one_digest(tmp_path: Path) -> None:
    store(tmp_path).put(1, page(1))
    assert store(tmp_path).get(1)
    assert store(tmp_path).get(2) is None
    assert store(tmp_path, digest="d2").get(1) is None
    assert store(tmp_path, content="decaf" * 12).get(1) is None
    changed = PageStore(tmp_path, CONTENT, "d1", NOBODY)
    changed.expect(source(3, "another"))
    assert changed.get(1) is None
    changed.put(2, page(2))
    assert store(tmp_path).get(2) is None


@pytest.mark.parametrize("length", [0, 1, 20, -1])
def test_a_damaged_page_is_read_again(tmp_path: Path, length: int) -> None:
    kept = store(tmp_path)
    kept.put(1, page(1, Line("Số: 27/UBND-VX")))
    (file,) = (tmp_path / PAGES).glob("*/*")
    file.write_bytes(file.read_bytes()[:length])
    assert kept.get(1) is None
    kept.put(1, page(1))
    assert kept.get(1) == page(1)


def test_errors_and_single_pages_are_not_kept(tmp_path: Path) -> None:
    failed = replace(page(1), error=DocumentError("ocr_timeout", path="a", page=1, seconds=1))
    store(tmp_path).put(1, failed)
    store(tmp_path, pages=1).put(1, page(1))
    assert not (tmp_path / PAGES).exists()


def test_only_pages_of_unfinished_documents_stay(tmp_path: Path) -> None:
    store(tmp_path).put(1, page(1))
    store(tmp_path, digest="d2").put(1, page(1))
    keep_only(tmp_path, {folder_of(CONTENT, "d2")})
    assert [f.name for f in (tmp_path / PAGES).iterdir()] == [folder_of(CONTENT, "d2")]
    forget_pages(tmp_path, CONTENT, "d2")
    assert not (tmp_path / PAGES).exists()


class Interrupted(BaseException):
    """What a kill is to the code that runs."""


def test_an_interrupted_document_goes_on_at_its_page(
    tmp_path: Path, restorer: Restorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save_pdf(tmp_path / "long.pdf", *[f"Trang {n}\n{LETTER[:200]}" for n in range(4)])
    candidate, out = Candidate(path, (path,)), tmp_path / "out"
    out.mkdir()
    task = Task(Settings(), "d1", out, "en", False, TimeLimit())
    job = Job(candidate, content_hash(candidate), str(path))
    read: list[int] = []

    def counting(page: object, settings: Settings, *, show: bool = False) -> ReadPage:
        if len(read) == 2:
            raise Interrupted
        read.append(page.number)  # type: ignore[attr-defined]
        return read_page(page, settings, show=show)  # type: ignore[arg-type]

    monkeypatch.setattr("pipeline.reading.read_page", counting)
    with pytest.raises(Interrupted):
        do_job(job, task, restorer, NOBODY)
    monkeypatch.undo()

    told: list[tuple[int, int, int]] = []
    result = do_job(job, task, restorer, lambda *numbers: told.append(numbers))
    assert told == [(0, 4, 0), (1, 4, 1), (2, 4, 2), (3, 4, 2), (4, 4, 2)]
    assert result.pages == 4
    written = outputs(out)
    for letter in process_document(candidate, Settings(), restorer):
        for name in ("text.txt", "layout.json", THUMBNAIL):
            whole = letter.files[name]
            data = whole.encode() if isinstance(whole, str) else whole
            assert written[f"{letter.record.document_id}/{name}"] == data


def test_a_run_sweeps_pages_of_documents_that_are_settled(
    text_letter: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run_batch(Order((text_letter,), out, Settings(), 1))
    store(out).put(1, page(1))
    run_batch(Order((text_letter,), out, Settings(), 1))
    assert not (out / PAGES).exists()


def test_the_ledger_knows_whose_pages_are_wanted(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / LEDGER) as ledger:
        for content in ("waiting", "done", "gone"):
            ledger.plan(content, "d1", f"{content}.pdf")
            ledger.note_file(f"{content}.pdf", content, "1:1")
        ledger.note_file("gone.pdf", "new", "2:2")
        ledger.start("waiting")
        ledger.finish("done", Result("done.pdf", "failed", "done"))
        assert list(ledger.unfinished()) == [("waiting", "d1")]


def test_a_page_read_on_a_full_disk_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space, "LEAST_FREE", 1 << 60)
    with pytest.raises(OSError, match="No space") as caught:
        store(tmp_path).put(1, page(1))
    assert caught.value.errno == errno.ENOSPC


def test_a_run_does_not_begin_without_room(
    text_letter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space, "free_bytes", lambda _: 9 << 20)
    with pytest.raises(DiskFullError) as caught:
        run_batch(Order((text_letter,), tmp_path / "out", Settings(), 1))
    assert caught.value.code == "disk_too_small"
