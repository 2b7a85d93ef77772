"""What several tests share: small letters of our own words, as text and as scans."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import regex
from click.testing import CliRunner
from PIL import Image, ImageDraw

from benchmarks.page_simulator.fonts import font
from cli import main
from pipeline.messages import set_language
from tests.opensearch_node import NoNodeError, node

if TYPE_CHECKING:
    from pipeline.record import Record
    from pipeline.restore.restore import Restorer

# A shell that starts the tests in the background has SIGINT ignored, by all programs below it too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

SHARED = Path(__file__).parents[1].parent / "shared"

LETTER = """\
ỦY BAN NHÂN DÂN CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
XÃ AN BÌNH Độc lập - Tự do - Hạnh phúc

Số: 27/UBND-VX An Bình, ngày 14 tháng 3 năm 2022
V/v tổ chức ngày hội đọc sách

Kính gửi: Các trường học trên địa bàn xã

Ủy ban nhân dân xã đề nghị các trường chuẩn bị ngày hội đọc sách như sau:

1. Mỗi trường chọn mười cuốn sách hay để giới thiệu với học sinh.
2. Báo cáo kết quả trước ngày 20 tháng 4 năm 2022.

Nơi nhận: TM. ỦY BAN NHÂN DÂN
- Như trên; CHỦ TỊCH
- Lưu: VT.
Trần Văn Mẫu
"""


def draw_page(text: str, dpi: int = 150) -> Image.Image:
    """A white A5 page, grey, with `text` in a Times-like face."""
    page = Image.new("L", (round(5.83 * dpi), round(8.27 * dpi)), 255)
    face = font("Tinos", round(11 / 72 * dpi))
    ImageDraw.Draw(page).multiline_text((dpi // 3, dpi // 3), text, 0, face, spacing=dpi // 20)
    return page


def save_pdf(path: Path, *texts: str, dpi: int = 150) -> Path:
    """A scanned PDF, one page for each text."""
    first, *others = (draw_page(text, dpi) for text in texts)
    first.save(path, "PDF", resolution=dpi, save_all=True, append_images=others)
    return path


def counted_from_one(record: Record) -> dict[str, Any]:
    """The record without what tells of its file and of time, its pages counted from 1."""
    shift = (record.source.first_page or 1) - 1
    data = record.model_dump(exclude={"document_id", "source"})
    data["evidence"].pop("source.first_page", None)
    for page in data["pages"]:
        page["number"] -= shift
    for step in data["processing"]:
        step["seconds"] = 0
    counted: dict[str, Any] = _shifted(data, shift)
    return counted


def _shifted(value: Any, shift: int) -> Any:
    if isinstance(value, dict):
        return {
            k: v - shift if k == "page" and isinstance(v, int) else _shifted(v, shift)
            for k, v in value.items()
        }
    if isinstance(value, list):
        return [_shifted(v, shift) for v in value]
    if isinstance(value, str):
        return regex.sub(r"\bpage (\d+)", lambda m: f"page {int(m[1]) - shift}", value)
    return value


@pytest.fixture(autouse=True)
def in_english() -> None:
    """Messages in English, whatever language an earlier test spoke."""
    set_language("en")


@pytest.fixture
def text_letter(tmp_path: Path) -> Path:
    """A letter as a text file."""
    path = tmp_path / "letter.txt"
    path.write_text(LETTER, encoding="utf-8")
    return path


@pytest.fixture
def scan_png(tmp_path: Path) -> Path:
    """A letter as a grey page of 150 dpi."""
    path = tmp_path / "letter.png"
    draw_page(LETTER).save(path, dpi=(150, 150))
    return path


@pytest.fixture
def scan_pdf(tmp_path: Path) -> Path:
    """A letter as a scanned PDF of two pages."""
    return save_pdf(tmp_path / "letter.pdf", LETTER, "Phụ lục\nDanh sách các trường\n")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference letters kept outside the repository; skips where they are absent."""
    if not SHARED.is_dir():
        pytest.skip("the reference letters (../shared) are not on this machine")
    return SHARED


NewIndex = Callable[[], str]


@pytest.fixture(scope="session")
def opensearch() -> Iterator[str]:
    """The address of a real OpenSearch node; skips where there is no JDK or Maven."""
    try:
        with node() as address:
            yield address
    except NoNodeError as error:
        pytest.skip(f"OpenSearch is not tested here: {error}")


@pytest.fixture(scope="session", params=["sqlite", "opensearch"])
def new_index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NewIndex:
    """Gives targets of indexes that do not exist yet, of each engine."""
    if request.param == "sqlite":
        return lambda: str(tmp_path_factory.mktemp("index") / "letters.sqlite")
    address = request.getfixturevalue("opensearch")
    names = count(1)
    return lambda: f"{address}/letters-{next(names)}"


@pytest.fixture(scope="session")
def restorer() -> Restorer:
    """The restorer with the models of the program."""
    from pipeline.restore.restore import Restorer

    return Restorer.load()


@pytest.fixture(scope="session")
def processed_samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a batch over all samples; for reading only."""
    out = tmp_path_factory.mktemp("processed") / "out"
    sources = sorted((Path(__file__).parents[1] / "samples" / "scans").glob("*/source*"))
    options = ["--out", str(out), "--jobs", "2", "--quiet"]
    done = CliRunner().invoke(main, ["process", *map(str, sources), *options])
    assert done.exit_code == 0, done.output
    return out


@pytest.fixture(scope="session")
def review_batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a small batch to review; for copying only."""
    from tests.review_batch import make_batch

    return make_batch(tmp_path_factory.mktemp("review"))


@pytest.fixture
def review_folder(review_batch: Path, tmp_path: Path) -> Path:
    """A copy of that batch, to decide in."""
    return Path(shutil.copytree(review_batch, tmp_path / "out"))


@pytest.fixture(scope="session")
def grouped_batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a page with the same correction many times; for copying only."""
    from tests.review_batch import make_grouped_batch

    return make_grouped_batch(tmp_path_factory.mktemp("grouped"))


@pytest.fixture
def grouped_folder(grouped_batch: Path, tmp_path: Path) -> Path:
    """A copy of that batch, to decide in."""
    return Path(shutil.copytree(grouped_batch, tmp_path / "grouped"))
