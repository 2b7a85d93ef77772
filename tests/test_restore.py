"""Restoring: cases as data, and what must always hold."""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cli
from pipeline.batch.fingerprint import digest_of
from pipeline.document import Box, Line, PageLayout, RestoredPage, Word, apply_corrections
from pipeline.models import load_restorer
from pipeline.process import extract_text
from pipeline.restore import candidates
from pipeline.restore.restore import Model, Restorer
from pipeline.restore.train import train
from pipeline.settings import Settings

CASES = Path(__file__).parent / "cases/restore"


@cache
def restorer() -> Restorer:
    return Restorer.load()


def cases(name: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((CASES / name).read_text(encoding="utf-8"))
    return found


def text_of(page: RestoredPage) -> str:
    return "\n".join(line.text for line in page.lines)


def restored(text: str, model: str) -> str:
    chosen: dict[str, Model] = {"auto": "auto", "eng": "eng", "vie": "vie"}
    return text_of(restorer().restore_text(text, chosen[model]))


@pytest.mark.parametrize("case", cases("in-the-wild.json"), ids=lambda c: c["text"])
def test_damage_seen_in_the_wild_is_repaired(case: dict[str, str]) -> None:
    assert restored(case["text"], case["model"]) == case["restored"]


@pytest.mark.parametrize("case", cases("negative.json"), ids=lambda c: c["why"])
def test_what_looks_wrong_but_is_right_stays(case: dict[str, str]) -> None:
    assert restored(case["text"], case["model"]) == case["text"]


@pytest.mark.parametrize("case", cases("known-failures.json"), ids=lambda c: c["why"])
def test_known_failures_still_fail(case: dict[str, str]) -> None:
    """When one of these is repaired, move it to in-the-wild.json."""
    assert restored(case["text"], case["model"]) != case["restored"]


SIGNS = "áạảấệốữĐÐð0123456789 .,;:/-()&@'\"’“”|…–\n\u0301\u200b\x00\x0b\x85\u2028😀"
PIECES = ["S6", "ngay ", "cua ", "uỷ ", "số ", *"aăâbcdđeêghiklmnoôơpqrstuưvxyAĐÊÔ", *SIGNS]
LETTERS = st.sampled_from(PIECES)
TEXTS = st.one_of(st.text(max_size=120), st.lists(LETTERS, max_size=60).map("".join))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS, st.sampled_from(["auto", "eng", "vie"]))
def test_always(text: str, model: Model) -> None:
    page = restorer().restore_text(text, model)
    assert len(page.lines) == len(text.split("\n"))
    for raw, line in zip(text.split("\n"), page.lines, strict=True):
        assert line.raw.text == raw
        assert apply_corrections(raw, line.corrections) == line.text
        assert all(c.before != c.after for c in line.corrections)
        for doubt in line.doubts:
            assert raw[doubt.start : doubt.start + len(doubt.text)] == doubt.text
        for word in line.text.split():
            assert unicodedata.is_normalized("NFC", word)
    out = text_of(page)
    assert text_of(restorer().restore_text(out, model)) == out


def test_none_leaves_the_text_alone() -> None:
    text = "S6 27-CV/TU ngay 18 thing 9"
    assert text_of(restorer().restore_text(text, "none")) == text


def test_a_line_of_a_million_characters_passes() -> None:
    text = "a" * 1_000_000
    assert restored(text, "auto") == text


def test_pages_keep_their_lines_boxes_and_damage() -> None:
    boxes: list[Box] = [(0, 0, 10, 10), (12, 0, 40, 10), (42, 0, 60, 10), (62, 0, 99, 10)]
    texts = ["sửa", "đối,", "bố", "sung"]
    words = tuple(Word(t, b, 0.9) for t, b in zip(texts, boxes, strict=True))
    light = PageLayout(
        1, 100, 100, 300, (Line(" ".join(texts), words=words), Line("một số điều của Luật"))
    )
    heavy = PageLayout(
        2, 0, 0, 0, (Line("thyc hién Nghi quyét cua Ban Chép hanh Trung wong"), Line(""))
    )
    first, second = restorer().restore_pages([light, heavy])
    assert [line.text for line in first.lines] == ["sửa đổi, bổ sung", "một số điều của Luật"]
    assert [c.box for c in first.lines[0].corrections] == [boxes[1], boxes[2]]
    assert second.lines[0].text == "thực hiện Nghị quyết của Ban Chấp hành Trung ương"
    assert [len(p.lines) for p in (first, second)] == [2, 2]
    assert all(c.page == 2 for c in second.lines[0].corrections)


def test_a_line_added_to_a_word_list_changes_the_outcome(tmp_path: Path) -> None:
    text = "Theo tai liéu cia Tram Quan trac Khi tuqng Suéi Mugm"
    plain = restored(text, "eng")
    extra = tmp_path / "extra.tsv"
    extra.write_text("# our own\nSuối Mượm\t0.9\n", encoding="utf-8")
    with_list = text_of(Restorer.load([extra]).restore_text(text, "eng"))
    assert "Suối Mượm" in with_list
    assert "Suối Mượm" not in plain


def test_explain_ranks_the_readings_of_a_word_in_its_place() -> None:
    found = restorer().explain("bố", "sửa đổi,", "sung một số điều", "vie")
    assert found[0].text == "bổ"
    assert found[0].probability > 0.9
    assert {c.text for c in found} >= {"bổ", "bố"}
    assert sum(c.probability for c in found) == pytest.approx(1, abs=0.01)


def test_explain_tells_what_the_words_around_say_under_heavy_damage() -> None:
    found = restorer().explain("chirc", "co quan, t6", "va doanh nghiép trén dia ban tinh", "eng")
    assert found[0].text == "chức"
    assert found[0].around == 0
    assert min(c.around for c in found if c.around is not None) < -1


def test_explain_tells_of_words_with_few_readings() -> None:
    """Fewer than the decoder keeps of a word."""
    for word in ("1046", "của"):
        found = restorer().explain(word, "ý kiến số", "anh", "vie")
        assert (found[0].text, found[0].probability) == (word, 1.0)


def test_explain_is_a_command_with_a_table_and_json() -> None:
    words = ["explain", "bố", "--before", "sửa đổi,", "--after", "sung một số điều"]
    table = CliRunner().invoke(cli.main, words)
    first = table.stdout.splitlines()[1].split()
    assert first[0] == "bổ"
    found = json.loads(CliRunner().invoke(cli.main, [*words, "--json"]).stdout)
    parts = {"text", "probability", "channel", "word", "before", "after", "around", "printed"}
    assert found[0].keys() == parts
    assert found[0]["before"] > found[1]["before"]
    assert CliRunner().invoke(cli.main, ["explain", "..."]).exit_code == 4


def test_a_model_of_ones_own_is_used_and_told_apart(tmp_path: Path) -> None:
    line = "Bó đũa ngà của cụ Đằm kể chuyện làng Mượm xưa và nay cho lũ trẻ nghe.\n"
    (tmp_path / "own.txt").write_text(line * 400, encoding="utf-8")
    own, broken = tmp_path / "own.npz", tmp_path / "broken.npz"
    train(tmp_path / "own.txt", own, held_out=True)
    broken.write_bytes(b"no model")
    text = "Bo diia nga cia cu Dim ké chuyén lang Mugm xua va nay cho lii tré nghe"
    out = text_of(load_restorer((), own).restore_text(text, "eng"))
    assert "làng Mượm" in out
    assert "Mượm" not in restored(text, "eng")
    digests = {digest_of(Settings(language_model=path)) for path in (own, broken)}
    assert len(digests) == 2
    (tmp_path / "ocr.txt").write_text(text, encoding="utf-8")
    command = ["restore", str(tmp_path / "ocr.txt"), "--language-model", str(broken)]
    result = CliRunner().invoke(cli.main, command)
    assert result.exit_code == 2
    assert "broken.npz" in result.stderr


def test_what_is_kept_between_documents_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    # As all is begun anew, the words of one text have the numbers of another's.
    heavy = ("Uy ban nhan dan tinh", "Can cu Luat Dau tu")
    light = ("sửa đối, bố sung một số điều", "tăng cương, kiêm tra công tac đảng")
    expected = {text: text_of(restorer().restore_text(text)) for text in (*heavy, *light)}
    own = Restorer.load()
    monkeypatch.setattr(candidates, "_MOST_ROWS", 0)
    for text in (*heavy, *light) * 2:
        assert text_of(own.restore_text(text)) == expected[text] != text


def test_a_word_the_document_is_sure_of_counts_elsewhere_in_it() -> None:
    heavy = "Trong qua trinh tht giéng"
    around = "miéng giéng khoan dau khi\nkhoan giéng dau khi ngoai khoi\n"
    assert "giếng" not in restored(heavy, "eng")
    assert "giếng" in restored(around * 3 + heavy, "eng").split("\n")[-1]


def test_digits_of_a_heavily_damaged_page_stay() -> None:
    text = "Sau 5 nim thyc hién, tir nim 2016 dén nim 2020, 43 x4 va 12 phudng dat 98,5%"
    out = restored(text, "eng")
    for number in ("5", "2016", "2020", "43", "12", "98,5%"):
        assert number in out.replace(",", " ").replace("98 5", "98,5").split()


def test_a_digit_that_was_a_letter_is_told_to_be_unsure() -> None:
    """As list marks are, whose neighbours tell of the letter."""
    page = restorer().restore_text("e) Lưu hồ sơ;\n8) Gửi phòng;\nh) Niêm yết.", "vie")
    assert [(c.before, c.after, c.score <= 0.9) for c in page.lines[1].corrections] == [
        ("8", "g", True)
    ]


def test_a_measure_that_is_taken_for_a_word_is_flagged() -> None:
    text = "Nguoi lao déng duge huong ché d6 6m dau va thai san theo quy dinh cua phap luat"
    record = extract_text(text, restorer())
    assert "ốm" in [c.after for c in record.corrections]
    flags = [f.message for f in record.flags if f.code == "number_read_as_word"]
    assert any("6m" in message for message in flags)
