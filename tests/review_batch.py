"""A small batch to review: one scanned letter and one hostile text, of our own words."""

from __future__ import annotations

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


def make_batch(folder: Path) -> Path:
    """Process both letters; returns the output folder."""
    folder.mkdir(parents=True, exist_ok=True)
    scan, text = folder / "scanned.png", folder / "hostile.txt"
    draw_page(LETTER.replace("Mỗi trường chọn", "Mỗi trường chôn")).save(scan, dpi=(150, 150))
    text.write_text(HOSTILE, encoding="utf-8")
    out = folder / "out"
    asked = ["process", str(scan), str(text), "--out", str(out), "--jobs", "1", "--quiet"]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(main, ["index", str(out), "--to", str(out / "index.sqlite")])
    assert done.exit_code == 0, done.output
    return out


def letter_in(out: Path, name: str) -> str:
    """The id of the letter whose file was called `name`."""
    (found,) = (path.name for path in out.glob(f"{name}-*"))
    return found


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
