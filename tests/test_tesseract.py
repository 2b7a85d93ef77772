"""Tesseract run for real, and played by programs that misbehave."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest
from PIL import Image

from pipeline import tesseract
from pipeline.document import PageImage
from pipeline.errors import DocumentError, MissingError
from pipeline.settings import Settings
from tests.conftest import draw_page

SETTINGS = Settings()
PAGE = Path("letter.pdf")
needs_tesseract = pytest.mark.skipif(
    "vie" not in tesseract.installed_models(), reason="Tesseract or its model vie is not installed"
)


def page_of(image: Image.Image) -> PageImage:
    return PageImage(4, image, 150, 0, 0.0, ())


@needs_tesseract
def test_a_page_is_read_with_boxes_and_confidences() -> None:
    image = draw_page("Kính gửi: Sở Nội vụ\nBáo cáo kết quả trước ngày 20 tháng 4.")
    page = tesseract.read_words(page_of(image), PAGE, SETTINGS)
    assert [w.text for w in page.words][:5] == ["Kính", "gửi:", "Sở", "Nội", "vụ"]
    assert (page.number, page.width, page.height) == (4, *image.size)
    for word in page.words:
        left, top, right, bottom = word.box
        assert 0 <= left < right <= image.width
        assert 0 <= top < bottom <= image.height
        assert 0 <= word.confidence <= 1
    assert page.operations[0].settings["model"] == "vie"


def test_a_blank_page_is_not_read(misbehaving: MakeProgram) -> None:
    misbehaving("exit 1")
    page = tesseract.read_words(page_of(Image.new("L", (600, 800), 255)), PAGE, SETTINGS)
    assert page.words == ()


class MakeProgram:
    """Puts a shell script named tesseract first on PATH."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def __call__(self, script: str) -> None:
        path = self.folder / "tesseract"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IEXEC)


@pytest.fixture
def misbehaving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeProgram:
    return MakeProgram(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo bad luck >&2; exit 3", "bad luck"),
        ("kill -9 $$", "signal 9"),
        ("exit 0", "bad output"),
        (r"printf 'level\tno\n5\t1\t1\t1\t1\t1\tx\t1\t1\t1\t9\tw\n' > $2.tsv", "bad output"),
        ('printf "\\\\377\\\\376\\\\000" > "$2.tsv"', "bad output"),
        ('echo nonsense > "$2.tsv"', "bad output"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told(misbehaving: MakeProgram, script: str, reason: str) -> None:
    misbehaving(script)
    with pytest.raises(DocumentError) as caught:
        tesseract.read_words(page_of(draw_page("Kính gửi: Sở Nội vụ")), PAGE, SETTINGS)
    assert caught.value.code == "ocr_failed"
    assert reason in str(caught.value)
    assert "letter.pdf" in str(caught.value)


def test_a_hanging_program_is_killed_with_all_it_started(
    misbehaving: MakeProgram, tmp_path: Path
) -> None:
    misbehaving(f"sleep 300 & echo $! > {tmp_path}/pid; wait")
    with pytest.raises(DocumentError) as caught:
        tesseract.read_words(
            page_of(draw_page("Kính gửi: Sở Nội vụ")), PAGE, Settings(page_timeout=1)
        )
    assert caught.value.code == "ocr_timeout"
    grandchild = Path("/proc") / (tmp_path / "pid").read_text().strip()
    for _ in range(50):
        if not grandchild.exists() or "(zombie)" in (grandchild / "status").read_text():
            break
        time.sleep(0.1)
    else:
        pytest.fail("the program's own child still runs")


def test_a_missing_program_or_model_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tesseract.version() is None
    assert tesseract.installed_models() == frozenset()
    with pytest.raises(MissingError) as caught:
        tesseract.require("vie")
    assert "apt-get install tesseract-ocr tesseract-ocr-vie" in str(caught.value)


@needs_tesseract
def test_require() -> None:
    tesseract.require("vie")
    with pytest.raises(MissingError) as caught:
        tesseract.require("vie+klingon")
    assert "klingon" in str(caught.value)
