"""Reviewing in a real browser: headless Chromium, driven by Playwright, keyboard only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.review.decisions import Decisions
from tests.review_batch import letter_in, served
from tests.review_browser import enter, launched, needs_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WORD_TO_LOOK_AT = ".word[aria-current=true]"
pytestmark = needs_chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with launched() as browser:
        yield browser


def _press(page: Page, key: str) -> None:
    """Press a key that decides, and wait until it is kept."""
    with page.expect_response(lambda answer: answer.url.endswith("/decisions")) as answer:
        page.keyboard.press(key)
    assert answer.value.status == 200
    page.wait_for_function(
        "seen => document.body.dataset.seen !== seen",
        arg=page.evaluate("document.body.dataset.was"),
    )
    page.evaluate("document.body.dataset.was = document.body.dataset.seen")


def _current(page: Page) -> str:
    return page.locator("[aria-current=true]").get_attribute("data-place") or ""


def test_confirm_reject_type_and_edit_by_keyboard_and_all_is_still_there(
    browser: Browser, review_folder: Path
) -> None:
    letter = letter_in(review_folder, "scanned")
    with served(review_folder) as address:
        page, wrong = enter(browser, address, "/?q=sach")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/letters/{letter}")
        page.evaluate("document.body.dataset.was = document.body.dataset.seen")
        page.wait_for_selector("[aria-current=true]")
        waiting = page.locator(".item[data-order]:not([data-order=''])").count()
        assert waiting > 0
        page.keyboard.press("p")
        for _ in range(waiting):
            page.keyboard.press("n")
            if page.locator(WORD_TO_LOOK_AT).count():
                break
        assert _current(page).startswith("p1.")
        first = _current(page)
        _press(page, "Enter")
        confirmed = page.locator(f".item[data-place='{first}']")
        assert confirmed.get_attribute("data-verdict") == "confirm"
        page.locator(".word", has_text="cuốn").click()
        word = _current(page)
        page.keyboard.press("e")
        page.keyboard.type("quyển")
        _press(page, "Enter")
        page.locator(".word", has_text="giới").click()
        rejected = _current(page)
        _press(page, "r")
        page.locator(".field", has_text="Number").click()
        page.keyboard.press("e")
        page.keyboard.type("72/UBND-VX")
        _press(page, "Enter")
        page.keyboard.press("?")
        assert page.locator("#help").is_visible()
        page.keyboard.press("Escape")
        assert not wrong
        page.context.close()
    assert [d.verdict for d in Decisions(review_folder).all()] == [
        "confirm", "change", "reject", "change",
    ]  # fmt: skip
    with served(review_folder) as address:
        page, wrong = enter(browser, address, f"/letters/{letter}")
        assert (
            page.locator(f".item[data-place='{first}']").get_attribute("data-verdict") == "confirm"
        )
        assert page.locator(f".item[data-place='{word}']").inner_text() == "quyển"
        assert (
            page.locator(f".item[data-place='{rejected}']").get_attribute("data-verdict")
            == "reject"
        )
        assert (
            "72/UBND-VX" in page.locator(".field[data-place='header.number_symbol']").inner_text()
        )
        page.locator(f".word[data-place='{word}']").click()
        page.evaluate("document.body.dataset.was = document.body.dataset.seen")
        _press(page, "u")
        assert page.locator(f".item[data-place='{word}']").inner_text() == "cuốn"
        assert not wrong
        page.context.close()


def test_hovering_a_word_marks_its_place_on_the_scan_and_back(
    browser: Browser, review_folder: Path
) -> None:
    with served(review_folder) as address:
        page, wrong = enter(browser, address, f"/letters/{letter_in(review_folder, 'scanned')}")
        page.wait_for_load_state("networkidle")
        word = page.locator(".word", has_text="cuốn")
        place = word.get_attribute("data-place")
        word.hover()
        box = page.locator(f"rect[data-place='{place}']")
        assert "hover" in (box.get_attribute("class") or "")
        box.hover()
        assert "hover" in (word.get_attribute("class") or "")
        assert page.evaluate("document.querySelector('.scan img').naturalWidth") > 100
        assert not wrong
        page.context.close()


def test_markup_in_a_letter_does_nothing(browser: Browser, review_folder: Path) -> None:
    with served(review_folder) as address:
        for path in (f"/letters/{letter_in(review_folder, 'hostile')}", "/?q=document", "/"):
            page, wrong = enter(browser, address, path)
            page.wait_for_load_state("networkidle")
            if path.startswith("/letters"):
                for _ in range(12):
                    page.keyboard.press("n")
            assert page.title() != "taken"
            assert page.locator("main script, main img[src=x], main svg[onload]").count() == 0
            assert not wrong
            page.context.close()
