"""Group check, samples and accessibility in a real browser, by keyboard alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import normalize

import pytest

from pipeline.review.decisions import Decisions
from tests.axe import axe_script
from tests.review_batch import copied_letter, letter_in, served
from tests.review_browser import enter, launched, needs_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = needs_chromium
READY = "body[data-ready] .tiles"
MOST_KEYSTROKES = 1.3
"""For a correction, counted over a session of group check."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


class Keys:
    """A keyboard that counts."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.pressed = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self._page.keyboard.press(key)
            self.pressed += 1

    def decide(self, key: str) -> None:
        """Press a key that sends decisions, and wait until they are kept."""
        with self._page.expect_response(lambda a: a.url.endswith("/decisions")) as answer:
            self.press(key)
        assert answer.value.status == 200

    def type(self, text: str) -> None:
        """Type text; a mark above or below a letter is a keystroke of its own."""
        self._page.keyboard.type(text)
        self.pressed += len(normalize("NFD", text))


def _text(folder: Path, name: str = "grouped") -> str:
    return (folder / letter_in(folder, name) / "text.txt").read_text("utf-8")


def test_a_hundred_corrections_take_few_keys_and_stay(
    browser: Browser, grouped_folder: Path
) -> None:
    copied_letter(grouped_folder, "grouped", "second-000000000000")
    with served(grouped_folder) as address:
        page, wrong = enter(browser, address, "/corrections?only=changed")
        keys = Keys(page)
        keys.press("j", "Enter")
        page.wait_for_selector(READY)
        assert page.locator("h1").inner_text() == "tố chức → tổ chức"
        assert page.locator(".tiles > li").count() == 48
        keys.press("0", "3", "1", "7")
        keys.decide("Enter")  # 46 are confirmed
        page.wait_for_selector(".tiles > li.done")
        keys.decide("r")  # the two ticked were printed so
        page.wait_for_url("**after=**")
        page.wait_for_selector(READY)
        first = page.url
        keys.press("0", "5")
        keys.decide("Enter")
        page.wait_for_selector(".tiles > li.done")
        keys.press("e")
        keys.type("tô")
        keys.decide("Enter")
        page.wait_for_url(lambda url: url != first)
        page.wait_for_selector(READY)
        assert page.locator(".tiles > li").count() == 8
        keys.decide("Enter")
        page.wait_for_url("**/corrections/rare")
        assert not wrong
        page.context.close()
    made = list(Decisions(grouped_folder).all())
    assert (len(made), {d.what for d in made}) == (104, {"group"})
    assert [sum(d.verdict == v for d in made) for v in ("reject", "change")] == [2, 1]
    assert keys.pressed / len(made) < MOST_KEYSTROKES
    assert keys.pressed == 17, "as docs/review.md says"
    texts = _text(grouped_folder) + _text(grouped_folder, "second")
    assert texts.count("tố chức") == 2
    assert texts.count("tổ chức") == 101
    assert texts.count("tô chức") == 1
    with served(grouped_folder) as address:
        page, wrong = enter(browser, address, "/corrections?only=decided")
        assert "104" in page.locator(".sums").inner_text()
        keys = Keys(page)
        keys.press("j", "Enter")
        page.wait_for_selector(READY)
        keys.press("0", "1")
        keys.decide("Enter")  # taken back
        assert not wrong
        page.context.close()
    assert [d.verdict for d in Decisions(grouped_folder).all()][-1] == "withdraw"


def test_the_list_ends_by_offering_the_sample(browser: Browser, grouped_folder: Path) -> None:
    with served(grouped_folder) as address:
        page, wrong = enter(browser, address, "/")
        assert page.locator(".letters > li").count() == 1
        page.keyboard.press("j")  # the letter
        page.keyboard.press("j")  # what comes behind the last
        page.keyboard.press("Enter")
        page.wait_for_url("**/samples")
        page.goto(f"{address}/corrections")
        page.keyboard.press("s")
        page.wait_for_url("**/samples")
        assert not wrong
        page.context.close()


def test_the_last_batch_can_be_taken_back_from_the_next_sheet(
    browser: Browser, grouped_folder: Path
) -> None:
    with served(grouped_folder) as address:
        page, wrong = enter(browser, address, "/corrections?only=changed")
        keys = Keys(page)
        keys.press("j", "Enter")
        page.wait_for_selector(READY)
        keys.decide("Enter")
        page.wait_for_url("**after=**")
        page.wait_for_selector(READY)
        with page.expect_navigation():
            keys.press("u")
        page.wait_for_selector(READY)
        assert "52" in page.locator("#left").inner_text()
        assert not wrong
        page.context.close()
    assert _text(grouped_folder).count("tổ chức") == 52
    assert {d.verdict for d in Decisions(grouped_folder).all()} == {"confirm", "withdraw"}


def test_a_word_typed_for_the_ticked_ones(browser: Browser, grouped_folder: Path) -> None:
    with served(grouped_folder) as address:
        page, wrong = enter(browser, address, "/corrections?only=changed")
        keys = Keys(page)
        keys.press("j", "Enter")
        page.wait_for_selector(READY)
        keys.press("0", "2", "e")
        page.keyboard.type("tô")
        keys.decide("Enter")
        page.wait_for_selector(".tiles > li.done")
        assert page.locator(".tiles > li.done").count() == 1
        assert not wrong
        page.context.close()
    assert _text(grouped_folder).count("tô chức") == 1


def test_every_tile_of_a_scan_has_its_picture(browser: Browser, grouped_folder: Path) -> None:
    with served(grouped_folder) as address:
        page, wrong = enter(browser, address, "/corrections?only=changed")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_selector(READY)
        page.wait_for_load_state("networkidle")
        sizes = "images => images.map((i) => [i.naturalWidth, i.naturalHeight])"
        shown = page.locator(".tile img").evaluate_all(sizes)
        assert len(shown) == 48
        assert all(30 < wide < 460 and 20 < high <= 60 for wide, high in shown)
        assert not wrong
        page.context.close()


def test_a_sample_is_drawn_judged_and_states_the_error_rate(
    browser: Browser, grouped_folder: Path
) -> None:
    with served(grouped_folder) as address:
        page, wrong = enter(browser, address, "/samples")
        page.locator(".draw[data-unit=words] select").select_option("100")
        page.locator(".draw[data-unit=words] button").press("Enter")
        page.wait_for_selector(READY)
        keys = Keys(page)
        keys.press("0", "5")
        keys.decide("Enter")
        page.wait_for_selector(".tiles > li.done")
        keys.press("e")
        page.keyboard.type("khác")
        keys.decide("Enter")
        for part in (2, 3):
            page.wait_for_url(f"**part={part}")
            page.wait_for_selector(READY)
            keys.decide("Enter")
        page.wait_for_url("**/samples")
        told = page.locator(".estimate").inner_text()
        assert "1 letters, 1.00 % of words wrong (95 %: 0." in told
        assert "100 of 100 judged" in told
        assert not wrong
        page.context.close()


def test_axe_finds_no_serious_fault_on_any_page_in_either_language(
    browser: Browser, grouped_folder: Path
) -> None:
    script = axe_script()
    letter = letter_in(grouped_folder, "grouped")
    paths = ["/", "/?q=sach", "/corrections", "/corrections/1", "/corrections/rare", "/samples",
             "/samples/1", "/samples/2", f"/letters/{letter}", "/nowhere"]  # fmt: skip
    with served(grouped_folder) as address:
        page, _ = enter(browser, address, "/samples")
        for unit in ("words", "fields"):
            page.locator(f".draw[data-unit={unit}] button").press("Enter")
            page.wait_for_selector(READY)
            page.goto(f"{address}/samples")
        faults = []
        for language in ("en", "vi"):
            page.goto(f"{address}/language/{language}")
            for path in paths:
                page.goto(address + path)
                faults += [f"{language} {path}: {told}" for told in _serious(page, script)]
                if page.locator("#help-open").count():
                    page.keyboard.press("?")
                    faults += [f"{language} {path} help: {told}" for told in _serious(page, script)]
        page.context.close()
    assert not faults, "\n".join(faults)


def _serious(page: Page, script: str) -> list[str]:
    """What axe-core calls serious or critical on the page as it is."""
    page.wait_for_load_state("load")
    session = page.context.new_cdp_session(page)  # not bound by the page's own policy
    session.send("Runtime.evaluate", {"expression": script})
    told = session.send(
        "Runtime.evaluate",
        {
            "expression": "axe.run(document, {resultTypes: ['violations']}).then(JSON.stringify)",
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    found = json.loads(told["result"]["value"])["violations"]
    return [
        f"{v['impact']} {v['id']}: {v['nodes'][0]['html'][:120]}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
