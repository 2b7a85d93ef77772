"""Small batches to review, of our own words: one scanned letter and one hostile text; a page on
which the same correction stands fifty-two times."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from click.testing import CliRunner

from cli import main
from pipeline.review.app import make_app
from pipeline.review.desk import Desk
from pipeline.review.serve import HOST, listening
from tests.conftest import LETTER, draw_page

TOKEN = "a-token-for-tests"
HOSTILE = """\
ỦY BAN NHÂN DÂN XÃ AN BÌNH
Số: 28/UBND-VX
An Bình, ngày 15 tháng 3 năm 2022
V/v "><img src=x onerror=alert(1)> kiểm tra

Kính gửi: <script>document.title = "taken"</script> các trường

1. Đề nghị </textarea><svg onload=alert(2)> các trường báo cáo trước ngày 20 tháng 4 năm 2022.
2. {{ 7 * 7 }} &lt;b&gt; ' onmouseover='alert(3)
"""
EVENTS = """ngày hội đọc sách|cuộc thi vẽ tranh|lễ ra quân|hội nghị tổng kết|buổi tập huấn
đợt kiểm tra|lớp bồi dưỡng|phong trào thi đua|đêm văn nghệ|giải bóng đá|tuần lễ áo dài|buổi toạ đàm
hội thi nấu ăn"""
HEAD = """\
ỦY BAN NHÂN DÂN XÃ AN BÌNH
Số: 31/UBND-VX
An Bình, ngày 20 tháng 3 năm 2022

Kính gửi: các trường trong xã.
"""


def make_batch(folder: Path) -> Path:
    """Process both letters; returns the output folder."""
    scan, text = folder / "scanned.png", folder / "hostile.txt"
    folder.mkdir(parents=True, exist_ok=True)
    draw_page(LETTER.replace("Mỗi trường chọn", "Mỗi trường chôn")).save(scan, dpi=(150, 150))
    text.write_text(HOSTILE, encoding="utf-8")
    return _processed(folder / "out", scan, text)


def make_grouped_batch(folder: Path) -> Path:
    """A page that prints `tố chức` fifty-two times for `tổ chức`; returns the output folder."""
    folder.mkdir(parents=True, exist_ok=True)
    events = EVENTS.replace("\n", "|").split("|")
    lines = HEAD
    for number, (one, other) in enumerate(zip(events, events[1:] + events[:1], strict=True), 1):
        lines += f"{number}. Nhà trường tố chức {one} và tố chức {other} theo kế hoạch.\n"
        lines += f"Các đơn vị tố chức {other}, sau đó tố chức {one} trong tháng.\n"
    scan = folder / "grouped.png"
    draw_page(lines).save(scan, dpi=(150, 150))
    return _processed(folder / "out", scan)


def _processed(out: Path, *sources: Path) -> Path:
    asked = ["process", *map(str, sources), "--out", str(out), "--jobs", "1", "--quiet"]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(main, ["index", str(out), "--to", str(out / "index.sqlite")])
    assert done.exit_code == 0, done.output
    return out


def letter_in(out: Path, name: str) -> str:
    """The id of the letter whose file was called `name`."""
    (found,) = (path.name for path in out.glob(f"{name}-*"))
    return found


def copied_letter(out: Path, name: str, copy: str) -> None:
    """Add a copy of a letter under another id, as if its scan had come a second time."""
    original = letter_in(out, name)
    shutil.copytree(out / original, out / copy)
    record = out / copy / "record.json"
    text = record.read_text("utf-8")
    record.write_text(text.replace(f'"{original}"', f'"{copy}"'), encoding="utf-8")


@contextmanager
def served(out: Path, who: str = "Lan") -> Iterator[str]:
    """The pages of `out` on a real server; gives its address without the token."""
    desk = Desk(out, who)
    desk.follow()
    with listening(0) as listener:
        address = f"{HOST}:{listener.getsockname()[1]}"
        app = make_app(desk, TOKEN, frozenset({address}))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        running = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        running.start()
        try:
            yield f"http://{address}"
        finally:
            server.should_exit = True
            running.join()
            desk.follower.settle()
