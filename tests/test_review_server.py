"""The review pages from outside: who is let in, what is written, that letters stay text."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import regex
from httpx import Response
from PIL import Image
from starlette.testclient import TestClient

from pipeline.errors import UsageError
from pipeline.review.app import make_app
from pipeline.review.decisions import Decisions
from pipeline.review.desk import Desk
from pipeline.review.guard import HEADERS, MOST_BYTES
from pipeline.review.serve import listening
from pipeline.review.words import _table
from tests.review_batch import TOKEN, letter_in

HOST = "127.0.0.1:8737"
BASE = f"http://{HOST}"


def _client(folder: Path, *, enter: bool = True) -> TestClient:
    app = make_app(Desk(folder, "Lan"), TOKEN, frozenset({HOST}))
    client = TestClient(app, base_url=BASE, follow_redirects=False)
    if enter:
        assert client.get("/", params={"token": TOKEN}).status_code == 303
    return client


@pytest.fixture
def client(review_folder: Path) -> Iterator[TestClient]:
    """A browser that was given the token."""
    with _client(review_folder) as client:
        yield client


@pytest.fixture
def scanned(review_folder: Path) -> str:
    """The id of the scanned letter."""
    return letter_in(review_folder, "scanned")


def _post(client: TestClient, letter: str, asked: object, **headers: str) -> Response:
    sent = {"Origin": BASE, "Content-Type": "application/json", **headers}
    path = f"/letters/{letter}/decisions"
    answer: Response = client.post(path, content=json.dumps(asked), headers=sent)
    return answer


def _one(place: str = "header.subject", after: str = "x", seen: int = 0) -> dict[str, object]:
    return {"seen": seen, "decisions": [{"place": place, "verdict": "change", "after": after}]}


def test_who_has_no_token_sees_nothing(review_folder: Path, scanned: str) -> None:
    with _client(review_folder, enter=False) as client:
        paths = (
            "/",
            f"/letters/{scanned}",
            f"/letters/{scanned}/pages/1.jpg",
            "/static/review.css",
        )
        for path in paths:
            assert client.get(path).status_code == 403
        assert client.get("/", params={"token": "guess"}).status_code == 403
        assert _post(client, scanned, _one()).status_code == 403
    assert not list(Decisions(review_folder).all())


def test_the_token_leaves_the_address_for_a_strict_cookie(review_folder: Path) -> None:
    with _client(review_folder, enter=False) as client:
        answer = client.get("/", params={"token": TOKEN})
    assert answer.headers["location"] == "/"
    assert "samesite=strict" in answer.headers["set-cookie"].lower()
    assert "httponly" in answer.headers["set-cookie"].lower()


def test_another_host_name_is_refused(client: TestClient) -> None:
    for host in ("evil.example:8737", "127.0.0.1:1", ""):
        assert client.get("/", headers={"Host": host}).status_code == 421


def test_every_answer_has_the_strict_headers(client: TestClient, scanned: str) -> None:
    for path in ("/", f"/letters/{scanned}", "/nowhere", "/static/letter.js"):
        answer = client.get(path)
        assert {k: answer.headers[k] for k in HEADERS} == HEADERS
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


class _Tags(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_pages_have_no_script_or_style_in_them(client: TestClient, review_folder: Path) -> None:
    letters = [f"/letters/{letter_in(review_folder, name)}" for name in ("scanned", "hostile")]
    for path in ("/", "/?q=sách", *letters):
        tags = _Tags(client.get(path).text).found
        assert len(tags) > 10
        for tag, attributes in tags:
            assert tag != "style"
            assert tag != "script" or attributes.get("src")
            assert not any(name == "style" or name.startswith("on") for name in attributes)
            links = (attributes.get("src"), attributes.get("href"), attributes.get("action"))
            assert all(link is None or regex.match(r"/(?!/)", link) for link in links)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://127.0.0.1:8737"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_writes_come_from_our_own_pages_alone(
    client: TestClient, review_folder: Path, scanned: str, headers: dict[str, str], status: int
) -> None:
    assert _post(client, scanned, _one(), **headers).status_code == status
    assert not list(Decisions(review_folder).all())


def test_nothing_is_written_by_get(client: TestClient, review_folder: Path, scanned: str) -> None:
    before = {p: p.read_bytes() for p in review_folder.rglob("*") if p.is_file()}
    for path in ("/", "/?q=sách", f"/letters/{scanned}", "/language/vi"):
        client.get(path)
    assert client.get(f"/letters/{scanned}/decisions").status_code == 405
    assert client.put(f"/letters/{scanned}/decisions").status_code == 405
    changed = {
        p for p in review_folder.rglob("*") if p.is_file() and before.get(p) != p.read_bytes()
    }
    assert not {p for p in changed if "sqlite" not in p.name}
    assert not list(Decisions(review_folder).all())


def test_what_is_sent_is_bounded(client: TestClient, review_folder: Path, scanned: str) -> None:
    assert _post(client, scanned, _one(after="x" * MOST_BYTES)).status_code == 413
    many = {"seen": 0, "decisions": [{"place": "letter", "verdict": "confirm"}] * 201}
    assert _post(client, scanned, many).status_code == 400
    odd: list[object] = [
        [],
        {},
        {"seen": -1},
        "x",
        {**_one(), "more": 1},
        {**_one(), "decisions": []},
    ]
    for asked in odd:
        assert _post(client, scanned, asked).status_code == 400

    def unannounced() -> Iterator[bytes]:
        yield b"x" * (MOST_BYTES * 4)

    headers = {"Origin": BASE, "Content-Type": "application/json"}
    answer = client.post(f"/letters/{scanned}/decisions", content=unannounced(), headers=headers)
    assert answer.status_code == 411
    assert not list(Decisions(review_folder).all())


@pytest.mark.parametrize(
    "path",
    [
        "/letters/..%2f..%2fetc",
        "/letters/%2e%2e",
        "/letters/.congvan-pictures",
        "/letters/nothing",
        "/letters/a%00b",
        "/letters/..%2fout%2f/pages/1.jpg",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2f..%2fapp.py",
        "/static//etc/passwd",
    ],
)
def test_there_is_no_way_out_of_the_folder(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "import" not in answer.text


def test_a_letter_with_markup_stays_text(client: TestClient, review_folder: Path) -> None:
    page = client.get(f"/letters/{letter_in(review_folder, 'hostile')}").text
    assert "&lt;script&gt;document.title" in page
    assert not regex.search(r"<script>|<img src=x|<svg onload|>49<", page)
    found = client.get("/", params={"q": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in found
    assert "<script>" not in client.get("/", params={"q": "document title"}).text


def test_one_goes_back_only_to_our_own_pages(client: TestClient) -> None:
    for back in ("//evil.example", "https://evil.example", "/\\evil.example"):
        assert client.get("/language/vi", params={"back": back}).headers["location"] == "/"
    assert client.get("/language/vi", params={"back": "/?q=x"}).headers["location"] == "/?q=x"


def test_a_page_picture_fits_its_boxes(client: TestClient, scanned: str) -> None:
    answer = client.get(f"/letters/{scanned}/pages/1.jpg")
    page = client.get(f"/letters/{scanned}").text
    (shape,) = regex.findall(r'viewBox="0 0 (\d+) (\d+)" aria', page)
    wide, high = map(float, shape)
    picture = Image.open(io.BytesIO(answer.content)).convert("L")
    assert picture.width / picture.height == pytest.approx(wide / high, rel=0.01)
    scale = picture.width / wide
    words = [a for tag, a in _Tags(page).found if tag == "rect" and a["class"] != "field-box"]
    boxes = [[a[name] for name in ("x", "y", "width", "height")] for a in words]
    inked = 0
    for box in boxes:
        x, y, w, h = (float(v or 0) * scale for v in box)
        part = np.asarray(picture.crop((int(x), int(y), int(x + w), int(y + h))))
        inked += bool(part.min() < 128)
    assert len(boxes) > 50
    assert inked == len(boxes)
    assert client.get(f"/letters/{scanned}/pages/2.jpg").status_code == 404


def test_a_changed_original_is_not_shown(
    client: TestClient, review_folder: Path, scanned: str
) -> None:
    record = json.loads((review_folder / scanned / "record.json").read_bytes())
    original = Path(record["source"]["path"])
    kept = original.read_bytes()
    try:
        original.write_bytes(kept + b" ")
        assert client.get(f"/letters/{scanned}/pages/1.jpg").status_code == 404
    finally:
        original.write_bytes(kept)


def test_two_people_on_the_same_word(review_folder: Path, scanned: str) -> None:
    with _client(review_folder) as lan:
        assert _post(lan, scanned, _one(after="của Lan")).status_code == 200
    app = make_app(Desk(review_folder, "Minh"), TOKEN, frozenset({HOST}))
    with TestClient(app, base_url=BASE) as minh:
        minh.get("/", params={"token": TOKEN})
        refused = _post(minh, scanned, _one(after="của Minh"))
        assert refused.status_code == 409
        assert "Lan" in refused.json()["message"]
        assert _post(minh, scanned, _one(after="của Minh", seen=1)).status_code == 200
    assert [d.after for d in Decisions(review_folder).all()] == ["của Lan", "của Minh"]


def test_the_list_begins_with_what_is_worth_a_look_and_search_marks_hits(
    client: TestClient, scanned: str
) -> None:
    rows = regex.findall(r'<li>\s*<a href="/letters/([^"]+)"', client.get("/").text)
    assert len(rows) == 2
    assert scanned in rows
    found = client.get("/", params={"q": "ngay hoi doc sach"}).text
    assert regex.findall(r"<mark>([^<]+)</mark>", found)
    assert client.get("/", params={"q": "sách", "page": "99999999999"}).status_code == 200


def test_pages_are_in_both_languages(client: TestClient, scanned: str) -> None:
    assert ">Confirm " in client.get(f"/letters/{scanned}").text
    client.get("/language/vi")
    page = client.get(f"/letters/{scanned}").text
    assert '<html lang="vi">' in page
    assert ">Xác nhận " in page


def test_every_word_is_there_in_both_languages_with_the_same_values() -> None:
    for code, told in _table().items():
        values = [set(regex.findall(r"\{\w+\}", told[lang])) for lang in ("en", "vi")]
        assert values[0] == values[1], code
        assert all(told.values()), code


def test_only_this_machine_is_listened_to() -> None:
    with listening(0) as one:
        assert one.getsockname()[0] == "127.0.0.1"
        with pytest.raises(UsageError, match="--port"):
            listening(one.getsockname()[1])
