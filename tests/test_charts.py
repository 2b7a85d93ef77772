"""Flow charts in cells of tables: box by box, as they are read."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from benchmarks.page_simulator.fonts import font
from pipeline.document import PageImage, PageKind, PageSource
from pipeline.layout.frames import tables
from pipeline.reading import read_page
from pipeline.settings import Settings

TABLE = (180, 300, 1480, 1300)
BOXES = {
    (440, 620, 760, 800): "Công chức tiếp\nnhận hồ sơ và\nkiểm tra hồ sơ",
    (800, 580, 1080, 840): "Phòng chuyên\nmôn thẩm định\nvà dự thảo\nvăn bản trả lời",
    (1120, 600, 1440, 820): "Lãnh đạo xem\nxét, ký duyệt\nkết quả",
    (1120, 900, 1440, 1080): "Văn thư đóng dấu\nvà trả kết quả",
}


def page() -> Image.Image:
    image = Image.new("L", (1654, 2339), 255)
    draw = ImageDraw.Draw(image)
    face = font("Tinos", 34)
    left, top, right, bottom = TABLE
    draw.rectangle(TABLE, outline=0, width=3)
    draw.line((left, 400, right, 400), 0, 3)
    draw.line((420, top, 420, bottom), 0, 3)
    draw.text((200, 330), "Mã thủ tục", 0, face)
    draw.text((440, 330), "1.013313", 0, face)
    draw.text((200, 430), "Trình tự", 0, face)
    draw.text((440, 430), "Cá nhân nộp hồ sơ tại bộ phận một cửa của xã.", 0, face)
    draw.text((440, 1160), "Thời gian thực hiện không quá ba ngày làm việc.", 0, face)
    for box, text in BOXES.items():
        draw.rounded_rectangle(box, 30, outline=60, width=4)
        draw.multiline_text((box[0] + 30, box[1] + 25), text, 0, face, spacing=12)
    return image


def test_a_cell_with_a_chart_is_parted_and_others_stay() -> None:
    (table,) = tables(PageImage(1, page(), 200, 0, 0.0, ()))
    assert len(table.cells) == 3 + 2 + len(BOXES)


def test_a_chart_is_read_box_by_box(tmp_path: Path) -> None:
    path = tmp_path / "chart.png"
    page().save(path, dpi=(200, 200))
    read = read_page(PageSource(1, path, 0, PageKind.IMAGE, 200.0), Settings()).layout
    text = " ".join(line.text for line in read.lines if line.text)
    wanted = [words.replace("\n", " ") for words in BOXES.values()]
    wanted = ["bộ phận một cửa của xã.", *wanted, "Thời gian thực hiện"]
    places = [text.find(words) for words in wanted]
    assert -1 not in places, text
    assert places == sorted(places)
