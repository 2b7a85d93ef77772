"""Tables whose rules are all pale, and flow charts in cells, read box by box."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
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


@pytest.mark.parametrize("rule", [225, 205])
def test_a_table_may_have_none_but_pale_rules(rule: int) -> None:
    image = Image.new("L", (1654, 2339), 250)
    draw = ImageDraw.Draw(image)
    for n in range(8):
        draw.line((300, 400 + 60 * n, 1300, 400 + 60 * n), rule, 3)
        draw.text((320, 410 + 60 * n), f"{n}", 20, font("Tinos", 34))
        draw.text((460, 410 + 60 * n), "Đất ở nông thôn", 20, font("Tinos", 34))
    for x in (300, 440, 880, 1300):
        draw.line((x, 400, x, 820), rule, 3)
    noise = np.random.default_rng(0).normal(0, 3, (2339, 1654))
    scan = Image.fromarray((np.asarray(image, float) + noise).clip(0, 255).astype(np.uint8))
    (table,) = tables(PageImage(1, scan, 200, 0, 0.0, ()))
    assert len(table.cells) == 21
