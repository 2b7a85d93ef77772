"""A page's own text: used where it is good, laid out from its boxes; else the better reading."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageDraw

from benchmarks.page_simulator.fonts import font
from pipeline.document import TextLayer
from pipeline.intake import Candidate, read_source
from pipeline.process import process_document
from pipeline.reading import NothingKept, read_pages
from pipeline.recording import Outcome
from pipeline.restore.restore import Restorer
from pipeline.settings import Settings
from pipeline.textlayer import classify, is_legacy, worth
from tests.text_pdf import HEIGHT, SIZE, WIDTH, Line, write_text_pdf

PLAIN = Settings(restore_model="none")
BODY = (
    "Ủy ban nhân dân xã đề nghị các trường chuẩn bị ngày hội đọc sách, báo cáo",
    "kết quả trước ngày 20 tháng 4 năm 2022 để tổng hợp, trình lãnh đạo xem xét.",
    "Mỗi trường chọn mười cuốn sách hay để giới thiệu với học sinh toàn xã.",
)
LEFT = ("ỦY BAN NHÂN DÂN", "XÃ AN BÌNH", "Số: 27/UBND-VX")
RIGHT = (
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Độc lập - Tự do - Hạnh phúc",
    "An Bình, ngày 14 tháng 3 năm 2022",
)
LETTER: list[Line] = [
    *((70.0, 80.0 + 22 * n, f"{text}") for n, text in enumerate(LEFT)),
    *((320.0, 80.0 + 22 * n, text) for n, text in enumerate(RIGHT)),
    *((85.0, 220.0 + 22 * n, text) for n, text in enumerate(BODY)),
]
PLAIN_BODY: list[Line] = [(85.0, 220.0 + 22 * n, text) for n, text in enumerate(BODY)]
TCVN3 = (
    "Uû ban nh©n d©n tØnh ®Ò nghÞ c¸c së, ban, ngµnh tæ chøc thùc hiÖn nghiªm tóc kÕ",
    "ho¹ch, b¸o c¸o kÕt qu¶ tr­íc ngµy cuèi cïng cña th¸ng ®Ó tæng hîp, tr×nh l·nh ®¹o.",
)
VNI = (
    "UÛy ban nhaân daân tænh ñeà nghò caùc sôû, ban, ngaønh toå chöùc thöïc hieän nghieâm",
    "tuùc keá hoaïch, baùo caùo keát quaû tröôùc ngaøy cuoái cuøng cuûa thaùng.",
)
NOT_READ = "de nghi cdc trudng chuan bi ngiy h6i dgc sich, bio c6o kAt quii tru6c ngdy 20"


def drawn(lines: list[Line], dpi: int = 200) -> Image.Image:
    page = Image.new("L", (WIDTH * dpi // 72, HEIGHT * dpi // 72), 255)
    face = font("Tinos", SIZE * dpi // 72)
    for left, down, text in lines:
        at = (left * dpi / 72, down * dpi / 72)
        ImageDraw.Draw(page).text(at, text, 0, face, anchor="ls")
    return page


def processed(path: Path, restorer: Restorer) -> Outcome:
    (outcome,) = process_document(Candidate(path, (path,)), PLAIN, restorer)
    return outcome


def layer_of(path: Path) -> TextLayer:
    return read_source(Candidate(path, (path,)), PLAIN).pages[0].text_layer


def steps(outcome: Outcome) -> dict[str, dict[str, object]]:
    return {s.step: dict(s.settings) for s in outcome.record.processing}


def test_a_good_layer_is_laid_out_from_its_boxes(tmp_path: Path, restorer: Restorer) -> None:
    path = write_text_pdf(tmp_path / "letter.pdf", LETTER)
    assert layer_of(path) is TextLayer.GOOD
    outcome = processed(path, restorer)
    (page,) = outcome.record.pages
    assert [s for s in page.raw_text.split("\n") if s] == [*LEFT, *RIGHT, *BODY]
    assert page.confidence == 1.0
    assert "ocr" not in steps(outcome)
    box = outcome.record.evidence["header.number_symbol"].box
    assert box is not None
    scale = page.dpi / 72
    assert box[0] == pytest.approx(70 * scale, abs=60 * scale)
    assert box[3] == pytest.approx(124 * scale, abs=8 * scale)


def test_a_damaged_layer_worse_than_reading_is_left(tmp_path: Path, restorer: Restorer) -> None:
    damaged = [(85.0, 220.0 + 22 * n, NOT_READ) for n in range(3)]
    path = write_text_pdf(tmp_path / "letter.pdf", damaged, drawn(LETTER))
    assert layer_of(path) is TextLayer.DAMAGED
    outcome = processed(path, restorer)
    assert "Mỗi trường chọn mười cuốn sách" in outcome.record.pages[0].raw_text
    assert steps(outcome)["compare"] == {"text_layer": "damaged", "taken": "ocr"}


def test_a_damaged_layer_better_than_reading_is_taken(tmp_path: Path, restorer: Restorer) -> None:
    lines = [(left, down, text.replace("ngày", "ngdy")) for left, down, text in LETTER]
    blurred = drawn([(85.0, 300.0, NOT_READ)] * 3)
    path = write_text_pdf(tmp_path / "letter.pdf", lines, blurred)
    assert layer_of(path) is TextLayer.DAMAGED
    outcome = processed(path, restorer)
    assert "Mỗi trường chọn mười cuốn sách" in outcome.record.pages[0].raw_text
    assert steps(outcome)["compare"] == {"text_layer": "damaged", "taken": "text_layer"}


@pytest.mark.parametrize(("lines", "face"), [(TCVN3, ".VnTime"), (VNI, "VNI-Times")])
def test_a_legacy_layer_is_known_and_the_page_is_read(
    tmp_path: Path, restorer: Restorer, lines: tuple[str, ...], face: str
) -> None:
    layer = [(60.0, 220.0 + 22 * n, text) for n, text in enumerate(lines)]
    path = write_text_pdf(tmp_path / "letter.pdf", layer, drawn(LETTER), font=face)
    assert layer_of(path) is TextLayer.LEGACY
    outcome = processed(path, restorer)
    assert "Mỗi trường chọn mười cuốn sách" in outcome.record.pages[0].raw_text


def moved(lines: list[Line], right: float, down: float) -> list[Line]:
    return [(x + right, y + down, text) for x, y, text in lines]


@pytest.mark.parametrize("shift", [(0.0, 11.0), (30.0, 330.0)])
def test_a_clean_layer_off_its_print_is_not_taken(
    tmp_path: Path, restorer: Restorer, shift: tuple[float, float]
) -> None:
    path = write_text_pdf(tmp_path / "letter.pdf", moved(PLAIN_BODY, *shift), drawn(PLAIN_BODY))
    assert layer_of(path) is TextLayer.GOOD
    outcome = processed(path, restorer)
    assert "Mỗi trường chọn mười cuốn sách" in outcome.record.pages[0].raw_text
    compared = steps(outcome)["compare"]
    assert compared["taken"] == "ocr"
    assert isinstance(compared["on_print"], float)
    assert compared["on_print"] < 0.6


def test_a_clean_layer_on_its_print_is_taken(tmp_path: Path, restorer: Restorer) -> None:
    path = write_text_pdf(tmp_path / "letter.pdf", PLAIN_BODY, drawn(PLAIN_BODY))
    taken = steps(processed(path, restorer))
    assert "ocr" not in taken
    assert "compare" not in taken


def test_a_clean_layer_without_any_print_is_all_there_is(
    tmp_path: Path, restorer: Restorer
) -> None:
    white = Image.new("L", (400, 560), 255)
    path = write_text_pdf(tmp_path / "letter.pdf", PLAIN_BODY, white)
    outcome = processed(path, restorer)
    assert "Mỗi trường chọn mười cuốn sách" in outcome.record.pages[0].raw_text
    assert steps(outcome)["compare"]["taken"] == "text_layer"


def test_a_page_laid_sideways_with_its_layer_is_read_upright(
    tmp_path: Path, restorer: Restorer
) -> None:
    path = write_text_pdf(tmp_path / "letter.pdf", PLAIN_BODY, drawn(PLAIN_BODY))
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages[0].rotate(90, relative=True)
        pdf.save(path)
    outcome = processed(path, restorer)
    assert "Mỗi trường chọn mười cuốn sách" in outcome.record.pages[0].raw_text
    assert outcome.record.pages[0].rotation == 270
    assert steps(outcome)["compare"]["taken"] == "ocr"


def test_letters_without_their_meaning_are_no_good_layer(
    tmp_path: Path, restorer: Restorer
) -> None:
    """A subset font without a table back to Unicode: codes in the order of first use."""
    codes: dict[str, str] = {}
    broken = [
        (x, y, "".join(codes.setdefault(c, chr(0x21 + len(codes))) for c in text))
        for x, y, text in LETTER
    ]
    path = write_text_pdf(tmp_path / "letter.pdf", broken, drawn(LETTER))
    assert layer_of(path) is TextLayer.DAMAGED
    outcome = processed(path, restorer)
    assert "Mỗi trường chọn mười cuốn sách" in outcome.record.pages[0].raw_text
    assert steps(outcome)["compare"]["taken"] == "ocr"


def test_a_signature_alone_is_no_text(tmp_path: Path, restorer: Restorer) -> None:
    layer: list[Line] = [(300.0, 60.0, "Ký bởi: Ủy ban nhân dân"), (300.0, 75.0, "10:21:33 +07:00")]
    path = write_text_pdf(tmp_path / "letter.pdf", layer, drawn(LETTER))
    assert layer_of(path) is TextLayer.SIGNATURE
    text = processed(path, restorer).record.pages[0].raw_text
    assert "Mỗi trường chọn mười cuốn sách" in text
    assert "Ký bởi" not in text


def test_clean_and_misread_text_is_not_taken_for_legacy() -> None:
    assert not is_legacy(" ".join(BODY))
    assert not is_legacy(NOT_READ)
    assert not is_legacy("")
    assert is_legacy(" ".join(TCVN3))
    assert is_legacy(" ".join(VNI))
    assert classify(" ".join(BODY * 2), scanned=True) is TextLayer.GOOD


def test_the_better_reading_is_worth_more() -> None:
    assert worth(" ".join(BODY)) > 20 > 0 > worth(NOT_READ)
    assert worth("") == 0


def test_words_read_afresh_have_what_an_english_layer_read_in_their_place(tmp_path: Path) -> None:
    page = Image.new("L", (1654, 1200), 255)
    draw = ImageDraw.Draw(page)
    lines = [
        "Ủy ban nhân dân tỉnh yêu cầu các sở, ban, ngành tổ chức thực hiện",
        "nghiêm túc các quy định về phòng, chống dịch bệnh trên địa bàn tỉnh;",
        "kịp thời báo cáo những khó khăn, vướng mắc trong quá trình triển khai.",
    ]
    for n, text in enumerate(lines):
        draw.text((150, 200 + 70 * n), text, font=font("Tinos", 36), fill=0)
    picture = tmp_path / "page.png"
    page.save(picture, dpi=(200, 200))
    command = ["tesseract", str(picture), str(tmp_path / "page"), "-l", "eng", "pdf"]
    subprocess.run(command, check=True, capture_output=True)
    path = tmp_path / "page.pdf"
    source = read_source(Candidate(path, (path,)), Settings())
    (read,) = read_pages(source, Settings(), NothingKept())
    words = [word for line in read.layout.lines for word in line.words]
    assert "tổ chức" in " ".join(word.text for word in words)
    told = [word for word in words if word.english]
    assert len(told) > 0.8 * len(words)
    assert {w.english[0] + w.english[-1] for w in told if w.text == "chức"} == {"cc"}
    assert {w.english for w in told if w.text == "khai."} == {"khai."}
