"""The pictures of the review pages in docs/images: `python -m benchmarks.review_pictures DIR`.

DIR is an output folder, best of `benchmarks.office` letters. Takes Chromium and Playwright.
"""

from __future__ import annotations

import re
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from pipeline.review.app import make_app
from pipeline.review.desk import Desk
from pipeline.review.samples import draw
from pipeline.review.serve import HOST, listening
from pipeline.review.sheets import FIELD_TILES, TILES, sample_sheet

IMAGES = Path(__file__).parent.parent / "docs" / "images"
TOKEN = "a-token-for-pictures"


@contextmanager
def served(desk: Desk) -> Iterator[str]:
    """The pages of a desk on a real server; gives the address without the token."""
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


def main(folder: Path, images: Path = IMAGES) -> None:
    """Write the pictures into `images`."""
    desk = Desk(folder, "Lan")
    images.mkdir(exist_ok=True, parents=True)
    desk.follow()
    with sync_playwright() as playwright, served(desk) as address:
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1360, "height": 800})
        page.goto(f"{address}/?token={TOKEN}")
        page.goto(f"{address}/language/en")
        for name, path in (
            ("search", "/?q=mương"),
            ("queue", "/"),
            ("corrections", "/corrections?only=changed"),
        ):
            page.goto(address + path)
            _take(page, images / f"review-{name}.png")
        page.locator(".pairs a.go", has_text=re.compile(r"\w+ \w+")).first.click()
        page.wait_for_selector("#rest:not(:empty)")
        for digit in "0307":
            page.keyboard.press(digit)
        _take(page, images / "review-sheet.png")
        page.goto(f"{address}/corrections/rare")
        _take(page, images / "review-rare.png")
        page.goto(f"{address}/language/vi")
        _sample(page, desk, address, images)
        page.goto(f"{address}/language/en")
        page.goto(f"{address}/letters/{desk.letters.part(0, 1).rows[0].document_id}")
        _take(page, images / "review-letter.png")
        browser.close()
    desk.follower.settle()


def _sample(page: Page, desk: Desk, address: str, images: Path) -> None:
    """A sample of words, its first sheets judged but for two words each."""
    for unit, size in (("words", 200), ("fields", 50)):
        number = draw(desk, unit, size, seed="pictures").number  # type: ignore[arg-type]
        page.goto(f"{address}/samples/{number}")
        _take(page, images / f"review-sample-{unit}.png")
        for part in range(1, desk_parts(desk, number) + 1):
            page.goto(f"{address}/samples/{number}?part={part}")
            if part == 1:
                for digit in "05":
                    page.keyboard.press(digit)
            page.keyboard.press("Enter")
            if part == 1:
                page.wait_for_selector(".done")
                page.keyboard.press("e")
                page.keyboard.type("chữ khác" if unit == "words" else "2022-03-02")
                page.keyboard.press("Enter")
            page.wait_for_selector(f"body:not([data-part='{part}'])", state="attached")
    page.goto(f"{address}/samples")
    _take(page, images / "review-samples.png")


def desk_parts(desk: Desk, number: int) -> int:
    """How many sheets a sample has."""
    sheet = sample_sheet(desk, number, 1)
    assert sheet is not None
    assert sheet.sample is not None
    size = FIELD_TILES if sheet.sample.unit == "fields" else TILES
    return -(-sheet.sample.size // size)


def _take(page: Page, path: Path) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path)
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(128)
    small.save(path, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(Path, sys.argv[2:]))
