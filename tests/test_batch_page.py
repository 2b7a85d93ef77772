"""summary.html: whole, escaped, in two languages, without a network."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.batch.histogram import histogram
from pipeline.batch.result import Heading, LetterResult, Quality, Result, failure
from pipeline.batch.results import duplicate_of
from pipeline.batch.run import Order, run_batch
from pipeline.batch.summary import Summary
from pipeline.batch.summary_page import MOST_CARDS, summary_page
from pipeline.errors import DocumentError
from pipeline.messages import set_language
from pipeline.settings import Settings
from pipeline.thumbnails import MOST_BYTES
from tests.conftest import LETTER, draw_page, save_pdf

EVIL = "<script>alert('1&2')</script>\"><img src=http://example.org/x>"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language("en")


class Page(HTMLParser):
    """What stands in a page; unclosed or wrongly closed elements are errors."""

    EMPTY = frozenset({"meta", "link", "input", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, tag: str, name: str) -> list[str]:
        return [a[name] or "" for t, a in self.tags if t == tag and name in a]


def letter(n: int, status: str = "needs_review", **quality: object) -> Result:
    heading = Heading(f"{n}/UBND-VX", "2022-03-14", "UBND xã An Bình", "đọc sách")
    found = LetterResult(f"letter-{n}", status, 1, 2, heading, Quality(**quality))  # type: ignore[arg-type]
    return Result(f"scans/{n}.pdf", status, f"content{n}", (found,), pages=2)  # type: ignore[arg-type]


def page(*results: Result, planned: int | None = None) -> Page:
    count = len(results) if planned is None else planned
    return Page(summary_page(Summary(results, count, 0), Path("out")))


def test_tells_totals_reasons_and_what_to_do() -> None:
    good = letter(1, "done", confidences=(96, 91))
    bad = failure("scans/bad.pdf", DocumentError("pdf_encrypted", path="scans/bad.pdf"))
    found = page(good, duplicate_of(good, "scans/copy.pdf"), bad, planned=5)
    assert "save a copy without it" in found.text
    assert "PDF with a password" in found.text
    assert "not reached" in found.text
    assert "same content as scans/1.pdf" in found.text
    assert "lowest 91 %" in found.text
    assert "../scans/bad.pdf" in found.values("a", "href")
    assert "letter-1/text.txt" in found.values("a", "href")


def test_whatever_a_name_holds_is_text() -> None:
    heading = Heading(EVIL, "2022-03-14", EVIL, EVIL)
    evil = Result(
        f"scans/{EVIL}\n.pdf",
        "needs_review",
        "c",
        (LetterResult("x", "needs_review", heading=heading, quality=Quality(flags=((EVIL, 2),))),),
    )
    bad = failure(EVIL, DocumentError("pdf_damaged", path=EVIL, reason=EVIL))
    found = page(evil, bad)
    assert [t for t, _ in found.tags].count("script") == 1
    assert EVIL in found.text
    assert not [a for _, a in found.tags if any(k.startswith("on") for k in a)]


def test_needs_nothing_from_the_network() -> None:
    found = page(letter(1, thumbnail=True))
    for value in (v for _, a in found.tags for k, v in a.items() if k in ("src", "href") and v):
        assert ":" not in value or value == "data:,"
    (policy,) = (v for v in found.values("meta", "content") if "default-src" in v)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_what_needs_review_most_comes_first() -> None:
    partial = letter(1, "partial", confidences=(99,))
    flagged = letter(2, flags=(("missing_date", 1), ("doubtful_word", 2)), confidences=(98,))
    weak = letter(3, confidences=(97, 60), flags=(("doubtful_word", 50),))
    well = letter(4, confidences=(97,))
    done = letter(5, "done", confidences=(10,))
    text = page(done, well, weak, flagged, partial).text.partition("To review first")[2]
    text = text.partition("All letters")[0]
    at = [text.index(f"{n}/UBND-VX") for n in (1, 2, 3, 4)]
    assert at == sorted(at)
    assert "5/UBND-VX" not in text
    assert "no date" in text
    assert "doubtful words (50)" in text


def test_a_large_batch_lists_all_and_shows_the_worst() -> None:
    found = page(*(letter(n, thumbnail=True) for n in range(MOST_CARDS + 10)))
    assert len(found.values("img", "src")) == MOST_CARDS
    assert len(found.values("tr", "data-status")) == MOST_CARDS + 10
    assert "and 10 more" in found.text


def test_speaks_vietnamese() -> None:
    set_language("vi")
    found = page(letter(1))
    assert ("html", {"lang": "vi"}) in found.tags
    assert "Cần xem lại trước" in found.text
    assert "14/3/2022" in found.text


def test_is_there_after_a_run_with_pictures_that_are_small(tmp_path: Path) -> None:
    noisy = tmp_path / "in" / "noisy.png"
    noisy.parent.mkdir()
    draw_page(LETTER).effect_spread(3).save(noisy, dpi=(150, 150))
    save_pdf(tmp_path / "in" / "letter.pdf", LETTER)
    run_batch(Order((tmp_path / "in",), tmp_path / "out", Settings(), 1))
    found = Page((tmp_path / "out" / "summary.html").read_text(encoding="utf-8"))
    for source in found.values("img", "src"):
        picture = tmp_path / "out" / source
        assert picture.read_bytes().startswith(b"\xff\xd8")
        assert picture.stat().st_size <= MOST_BYTES
    assert len(found.values("img", "src")) == 2


@pytest.mark.parametrize(
    ("confidences", "bars", "labels"),
    [
        ([96, 96, 95], 2, ["80 %", "95 %"]),
        ([100, 51], 2, ["50 %", "90 %"]),
        ([0, 100], 2, ["0 %", "75 %"]),
        ([84, 85], 2, []),
    ],
)
def test_every_page_is_in_the_histogram(
    confidences: list[int], bars: int, labels: list[str]
) -> None:
    found = Page(histogram(confidences))
    assert len(found.values("rect", "height")) == bars
    assert all(label in found.text for label in labels)


def test_the_script_filters_and_sorts(tmp_path: Path) -> None:
    results = [letter(n, "done" if n % 2 else "needs_review") for n in (10, 9, 100)]
    data = summary_page(Summary(tuple(results), 3, 0), tmp_path)
    trial = """
<script>
document.querySelector("#status").value = "needs_review";
document.querySelector("#status").dispatchEvent(new Event("change"));
document.querySelector("thead button").click();
document.title = [...document.querySelectorAll("tbody tr[data-status]")]
    .filter((row) => !row.hidden).map((row) => row.cells[0].textContent).join(" ");
</script>"""
    policy = data.index("<meta http-equiv")
    data = data[:policy] + data[data.index(">", policy) + 1 :]  # it would forbid the trial
    (tmp_path / "page.html").write_text(data + trial, encoding="utf-8")
    try:
        done = subprocess.run(
            [
                "chromium",
                *("--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
                f"--user-data-dir={tmp_path / 'profile'}",
                str(tmp_path / "page.html"),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        pytest.skip("no working chromium on this machine")
    assert "<title>10/UBND-VX 100/UBND-VX</title>" in done.stdout
    assert "2 of 3 rows" in done.stdout
