"""The stock, sheets, samples and decisions over many letters, without a browser."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from click.testing import CliRunner
from httpx import Response
from starlette.testclient import TestClient

from cli import main
from pipeline.review.acceptance import estimate, estimates
from pipeline.review.app import make_app
from pipeline.review.decisions import Decisions
from pipeline.review.desk import Asked, Desk
from pipeline.review.entries import Occurrence, read_entry
from pipeline.review.group import AskedTogether, decide_together
from pipeline.review.samples import FILE, Samples, draw
from pipeline.review.sheets import pair_sheet, pairs_page, rare_sheet, sample_sheet
from pipeline.review.stock import FILE as STOCK
from tests.review_batch import TOKEN, letter_in

HOST = "127.0.0.1:8737"


@pytest.fixture
def desk(grouped_folder: Path) -> Iterator[Desk]:
    desk = Desk(grouped_folder, "Lan")
    desk.follow()
    yield desk
    desk.follower.settle()


def _asked(desk: Desk, count: int) -> list[AskedTogether]:
    sheet = pair_sheet(desk, pairs_page(desk, 1, "changed").rows[0].number, "")
    assert sheet
    return [AskedTogether(t.document_id, t.place, "confirm", t.text) for t in sheet.tiles[:count]]


def test_the_same_correction_stands_together_with_the_word_it_belongs_to(desk: Desk) -> None:
    row = pairs_page(desk, 1, "changed").rows[0]
    assert (row.raw, row.text, row.open, row.decided) == ("tố chức", "tổ chức", 52, 0)


def test_sheets_follow_one_another_without_a_place_twice(desk: Desk) -> None:
    number = pairs_page(desk, 1, "changed").rows[0].number
    first = pair_sheet(desk, number, "")
    assert first
    assert len(first.tiles) == 48
    second = pair_sheet(desk, number, first.on.partition("after=")[2])
    assert second
    places = [t.place for t in (*first.tiles, *second.tiles)]
    assert len(set(places)) == 52
    assert second.on == "/corrections/rare"
    assert pair_sheet(desk, 10**6, "") is None
    assert pair_sheet(desk, number, "nonsense").tiles == first.tiles  # type: ignore[union-attr]


def test_each_is_a_row_of_its_own_and_the_record_follows(desk: Desk) -> None:
    done = decide_together(desk, _asked(desk, 20), seen=0)
    assert len(done.kept) == 20
    assert not done.refused
    assert {d.what for d in desk.decisions.all()} == {"group"}
    assert pairs_page(desk, 1, "changed").rows[0].open == 32, "at once, before records follow"
    assert desk.follower.settle(30)
    folder = desk.root / letter_in(desk.root, "grouped")
    record = json.loads((folder / "record.json").read_text("utf-8"))
    assert sum(c["source"] == "person" for c in record["corrections"]) == 20
    row = pairs_page(desk, 1, "changed").rows[0]
    assert (row.open, row.decided) == (32, 20), "also when it was read again"


def test_what_is_taken_back_is_open_again(desk: Desk) -> None:
    done = decide_together(desk, _asked(desk, 5), seen=0)
    back = [AskedTogether(d.document_id, d.place, "withdraw", d.after) for d in done.kept]
    decide_together(desk, back, seen=done.seen)
    assert pairs_page(desk, 1, "changed").rows[0].open == 52
    desk.follower.settle(30)
    folder = desk.root / letter_in(desk.root, "grouped")
    record = json.loads((folder / "record.json").read_text("utf-8"))
    assert record["processing"][-1]["step"] != "review"


def test_one_that_cannot_be_kept_stops_none_of_the_others(desk: Desk) -> None:
    asked = _asked(desk, 4)
    minh = Desk(desk.root, "Minh")
    decide_together(minh, [asked[0]], seen=0)
    odd = [
        *asked,
        AskedTogether(asked[1].document_id, asked[1].place, "confirm", "something else"),
        AskedTogether(asked[1].document_id, "p9.l9.c9", "confirm", "x"),
        AskedTogether("../out", "p1.l1.c0", "confirm", "x"),
        AskedTogether(asked[1].document_id, "p1.l1.c0", "reject", "ỦY"),
    ]
    done = decide_together(desk, odd, seen=0)
    assert len(done.kept) == 3
    assert sorted(r.why for r in done.refused) == [
        "conflict", "no_such_place", "not_found", "reads_otherwise", "reads_same",
    ]  # fmt: skip
    minh.follower.settle(30)


def test_a_decision_on_the_letters_page_leaves_the_sheet_too(desk: Desk) -> None:
    one = _asked(desk, 1)[0]
    desk.decide(one.document_id, [Asked(one.place, "reject")], seen=0)
    assert pairs_page(desk, 1, "changed").rows[0].open == 51


def test_rare_ones_stand_together(desk: Desk) -> None:
    sheet = rare_sheet(desk, "")
    assert sheet.tiles
    assert {t.place for t in sheet.tiles}.isdisjoint(a.place for a in _asked(desk, 48))


def test_pages_see_what_others_decide_and_what_comes_by_themselves(desk: Desk) -> None:
    desk.stock.look()
    minh = Desk(desk.root, "Minh")
    decide_together(minh, _asked(desk, 2), seen=0)
    assert pairs_page(desk, 1, "changed").rows[0].open == 50
    minh.follower.settle(30)
    shutil.copytree(desk.root / letter_in(desk.root, "grouped"), desk.root / "copied-000000000000")
    late = monotonic() + 60
    while (shown := pairs_page(desk, 1, "changed").rows[0].open) == 50 and monotonic() < late:
        sleep(0.2)
    assert shown == 102


def test_the_stock_follows_what_comes_and_goes(desk: Desk) -> None:
    name = letter_in(desk.root, "grouped")
    shutil.copytree(desk.root / name, desk.root / "copied-000000000000")
    desk.stock.refresh()
    assert pairs_page(desk, 1, "changed").rows[0].open == 104
    shutil.rmtree(desk.root / "copied-000000000000")
    (desk.root / "broken").mkdir()
    (desk.root / "broken" / "record.json").write_text("{")
    desk.stock.refresh()
    assert pairs_page(desk, 1, "changed").rows[0].open == 52
    assert desk.letters.part(0, 10).total == 1


def test_the_stock_can_be_made_anew_at_any_time(desk: Desk) -> None:
    decide_together(desk, _asked(desk, 7), seen=0)
    desk.follower.settle(30)
    for path in desk.root.glob(f"{STOCK}*"):
        path.unlink()
    again = Desk(desk.root, "Lan")
    again.follow()
    row = pairs_page(again, 1, "changed").rows[0]
    assert (row.open, row.decided) == (45, 7)


def test_what_was_not_written_when_the_program_was_killed_follows_at_the_next_start(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.follower, "add", lambda names: list(names))
    decide_together(desk, [AskedTogether(a.document_id, a.place, "reject", a.shown)
                           for a in _asked(desk, 3)], seen=0)  # fmt: skip
    text = desk.root / letter_in(desk.root, "grouped") / "text.txt"
    assert "tố chức" not in text.read_text("utf-8")
    again = Desk(desk.root, "Lan")
    again.follow()
    assert again.follower.settle(30)
    assert text.read_text("utf-8").count("tố chức") == 3
    third = Desk(desk.root, "Lan")
    third.follow()
    assert third.follower.left == 0, "and only once"


@pytest.mark.parametrize(
    ("raw", "text", "before", "behind", "pair"),
    [
        ("(Tố", "(Tổ", "", "chức", ("tố chức", "tổ chức")),
        ("vi,", "vị,", "đơn", "", ("đơn vi", "đơn vị")),
        ("-", "-", "", "", ("-", "-")),
        ("~", "-", "", "", ("~", "-")),
    ],
)
def test_marks_and_case_make_no_other_correction(
    raw: str, text: str, before: str, behind: str, pair: tuple[str, str]
) -> None:
    assert Occurrence(1, 1, 0, raw, text, "model", before, behind).pair == pair


def test_a_folder_that_is_no_letter_has_no_entry(tmp_path: Path) -> None:
    assert read_entry(tmp_path) is None


# --- samples -----------------------------------------------------------------------------------


def _judge(desk: Desk, number: int, wrong: int, passed: int = 0) -> None:
    """Judge a sample: the first `wrong` are typed anew, the next `passed` left out."""
    for part in range(1, 20):
        sheet = sample_sheet(desk, number, part)
        assert sheet
        asked = []
        for at, tile in enumerate(sheet.tiles, 48 * (part - 1)):
            if at < wrong:
                asked.append(
                    AskedTogether(tile.document_id, tile.place, "change", tile.text, "khác hẳn")
                )
            elif at >= wrong + passed:
                asked.append(AskedTogether(tile.document_id, tile.place, "confirm", tile.text))
        decide_together(desk, asked, seen=desk.decisions.last())
        if sheet.on == "/samples":
            return


def test_a_sample_is_drawn_without_replacement_and_its_seed_draws_it_again(desk: Desk) -> None:
    one, other = (draw(desk, "words", 60, seed="s") for _ in range(2))
    store = Samples(desk.root)
    drawn = store.drawn(one.number)
    assert drawn == store.drawn(other.number)
    assert len({(d.document_id, d.place) for d in drawn}) == 60
    assert [d.rank for d in drawn] == list(range(1, 61))
    assert one.population > 400
    everything = draw(desk, "words", 5000)
    assert everything.size == pytest.approx(one.population, rel=0.02)


def test_the_estimate_is_of_the_words_as_they_were_when_drawn(desk: Desk) -> None:
    sample = draw(desk, "words", 100)
    _judge(desk, sample.number, wrong=2)
    (found,) = estimates(desk.root)
    assert (found.judged, found.wrong, found.passed, found.is_complete) == (100, 2, 0, True)
    assert found.low < 0.02 < found.high
    again = draw(desk, "words", 100, seed=sample.seed)
    drawn = Samples(desk.root).drawn(again.number)
    assert estimate(again, drawn, desk.decisions).judged == 0, "earlier decisions are no verdict"


def test_no_error_found_is_not_no_error(desk: Desk) -> None:
    sample = draw(desk, "words", 100)
    _judge(desk, sample.number, wrong=0)
    (found,) = estimates(desk.root)
    assert (found.rate, found.low) == (0.0, 0.0)
    assert 0.02 < found.high < 0.037


def test_passing_over_the_hard_ones_makes_the_interval_wider_not_the_rate_better(
    desk: Desk,
) -> None:
    sample = draw(desk, "words", 100)
    _judge(desk, sample.number, wrong=1, passed=10)
    (found,) = estimates(desk.root)
    assert (found.judged, found.wrong, found.passed) == (90, 1, 9 + 1)
    assert found.high > 0.15


def test_fields_are_sampled_too(desk: Desk) -> None:
    sample = draw(desk, "fields", 50)
    assert (sample.population, sample.size) == (4, 4)
    sheet = sample_sheet(desk, sample.number, 1)
    assert sheet
    date = next(t for t in sheet.tiles if t.place == "header.date")
    assert date.text == "2022-03-20"
    bad = AskedTogether(date.document_id, date.place, "change", date.text, "20/3/2022")
    assert decide_together(desk, [bad], seen=0).refused[0].why == "bad_date"
    good = AskedTogether(date.document_id, date.place, "change", date.text, "2022-03-21")
    assert decide_together(desk, [good], seen=0).kept[0].what == "field"
    assert estimates(desk.root)[0].wrong == 1


def test_samples_are_never_changed(desk: Desk) -> None:
    draw(desk, "words", 5)
    with sqlite3.connect(desk.root / FILE) as db:
        for sql in ("UPDATE samples SET size = 1", "DELETE FROM drawn", "DELETE FROM samples"):
            with pytest.raises(sqlite3.IntegrityError, match="never"):
                db.execute(sql)


def test_estimates_on_the_command_line(desk: Desk) -> None:
    asked = ["review", str(desk.root), "--estimate"]
    assert CliRunner().invoke(main, asked).exit_code == 4
    _judge(desk, draw(desk, "words", 100).number, wrong=1)
    done = CliRunner().invoke(main, asked)
    assert "1 letters, 1.00 % of words wrong (95 %: 0." in done.output
    told = json.loads(CliRunner().invoke(main, [*asked, "--json"]).output)
    assert (told[0]["judged"], told[0]["wrong"], told[0]["complete"]) == (100, 1, True)
    assert "hypergeometric" in told[0]["method"]
    vietnamese = CliRunner().invoke(main, ["--lang", "vi", *asked])
    assert "1,00 % số từ sai" in vietnamese.output


# --- over the web ------------------------------------------------------------------------------


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    app = make_app(desk, TOKEN, frozenset({HOST}))
    with TestClient(app, base_url=f"http://{HOST}", follow_redirects=False) as client:
        client.get("/", params={"token": TOKEN})
        yield client


def _post(client: TestClient, path: str, asked: object, **headers: str) -> Response:
    sent = {"Origin": f"http://{HOST}", "Content-Type": "application/json", **headers}
    answer: Response = client.post(path, content=json.dumps(asked), headers=sent)
    return answer


def test_sheets_are_written_to_by_our_own_pages_alone(client: TestClient, desk: Desk) -> None:
    one = _asked(desk, 1)[0]
    told = {"letter": one.document_id, "place": one.place, "verdict": "confirm",
            "shown": one.shown}  # fmt: skip
    asked = {"seen": 0, "decisions": [told]}
    for path, data in (("/decisions", asked), ("/samples", {"unit": "words", "size": 5})):
        assert _post(client, path, data, Origin="http://evil.example").status_code == 403
        assert _post(client, path, {}).status_code == 400
    assert client.get("/decisions").status_code == 405
    assert _post(client, "/samples", {"unit": "words", "size": 10**6}).status_code == 400
    too_many = {"seen": 0, "decisions": [told] * 201}
    assert _post(client, "/decisions", too_many).status_code == 400
    assert not list(Decisions(desk.root).all())
    assert not Samples(desk.root).all()
    answer = _post(client, "/decisions", asked).json()
    assert (answer["seen"], len(answer["kept"]), answer["told"]) == (1, 1, "1 decided")


@pytest.mark.parametrize(
    "path",
    ["/corrections/999999", "/samples/7", "/corrections/999999/decided",
     "/letters/nothing/words/p1.l1.c0.jpg"],
)  # fmt: skip
def test_what_is_not_there_is_told(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_word_pictures_stay_inside(client: TestClient, desk: Desk) -> None:
    letter = letter_in(desk.root, "grouped")
    good = _asked(desk, 1)[0].place
    assert client.get(f"/letters/{letter}/words/{good}.jpg").content[:2] == b"\xff\xd8"
    assert client.get(f"/letters/{letter}/words/header.date.jpg").content[:2] == b"\xff\xd8"
    for place in ("p9.l1.c0", "p1.l1.c999", "..%2f..%2fx", "p1.l99.c0"):
        answer = client.get(f"/letters/{letter}/words/{place}.jpg")
        assert answer.status_code in (200, 404)
        assert answer.status_code == 404 or place.startswith("..")


def test_nothing_of_a_letter_is_markup_on_a_sheet(review_folder: Path) -> None:
    desk = Desk(review_folder, "Lan")
    desk.follow()
    app = make_app(desk, TOKEN, frozenset({HOST}))
    with TestClient(app, base_url=f"http://{HOST}") as client:
        client.get("/", params={"token": TOKEN})
        number = draw(desk, "words", 5000).number
        parts = [client.get(f"/samples/{number}?part={n}").text for n in (1, 2, 3, 4)]
        pages = [*parts, client.get("/corrections").text, client.get("/corrections/rare").text]
    assert any("&lt;script&gt;" in page for page in pages)
    assert not any("<script>" in page or "<svg" in page or "<img src=x" in page for page in pages)
