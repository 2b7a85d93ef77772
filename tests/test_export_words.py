"""Corrected words in the boxes of what was read: none lost, none invented, order kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.document import Correction, Word, apply_corrections
from pipeline.export.words import place_words
from pipeline.record import CorrectionInfo


def words(*texts: str) -> list[Word]:
    """Words of 10 pixels a letter, 10 apart."""
    out: list[Word] = []
    x = 0
    for text in texts:
        out.append(Word(text, (x, 0, x + 10 * len(text), 20), 0.9))
        x += 10 * len(text) + 10
    return out


def change(start: int, before: str, after: str) -> CorrectionInfo:
    return CorrectionInfo(
        page=1, line=1, start=start, before=before, after=after, score=0.8, margin=2, source="model"
    )


def test_a_corrected_word_keeps_the_box_of_what_was_read() -> None:
    placed = place_words(words("tố", "chức"), [change(0, "tố", "tổ")])
    assert [(w.text, w.raw, w.box) for w in placed] == [
        ("tổ", "tố", (0, 0, 20, 20)),
        ("chức", "chức", (30, 0, 70, 20)),
    ]
    assert placed[0].confidence == 0.8
    assert placed[1].confidence == 0.9


def test_a_word_parted_in_two_shares_its_box_by_letters() -> None:
    placed = place_words(words("kinhté", "xã"), [change(0, "kinhté", "kinh tế")])
    assert [w.text for w in placed] == ["kinh", "tế", "xã"]
    assert placed[0].box[0] == 0
    assert placed[0].box[2] < placed[1].box[0]
    assert placed[1].box[2] == 60


def test_words_joined_to_one_cover_both_boxes() -> None:
    placed = place_words(words("s&", "hir", "tu"), [change(3, "hir tu", "hữu")])
    assert [(w.text, w.box) for w in placed] == [("s&", (0, 0, 20, 20)), ("hữu", (30, 0, 90, 20))]


def test_as_many_words_after_as_before_keep_their_boxes_one_by_one() -> None:
    placed = place_words(words("day", "manh"), [change(0, "day manh", "đẩy mạnh")])
    assert [w.box for w in placed] == [w.box for w in words("day", "manh")]


def test_a_word_taken_away_leaves_no_word() -> None:
    placed = place_words(words("a", "~", "b"), [change(1, " ~", "")])
    assert [w.text for w in placed] == ["a", "b"]


def test_a_doubtful_word_has_its_other_readings() -> None:
    placed = place_words(words("thi", "hành"), [], {4: ["hàng"]})
    assert [w.readings for w in placed] == [(), ("hàng",)]


LETTERS = st.text("aăâbcdđeê", min_size=1, max_size=5)


@given(st.data())
def test_the_words_are_those_of_the_corrected_line_from_left_to_right(data: st.DataObject) -> None:
    line = words(*data.draw(st.lists(LETTERS, min_size=1, max_size=8)))
    raw = " ".join(w.text for w in line)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(raw)), max_size=6)))
    changes = [
        change(start, raw[start:end], data.draw(st.text("ăê đ", max_size=6)))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    placed = place_words(line, changes)
    as_values = tuple(Correction(**c.model_dump()) for c in changes)
    assert [w.text for w in placed] == apply_corrections(raw, as_values).split()
    lefts = [w.box[0] for w in placed]
    assert lefts == sorted(lefts)
    right = line[-1].box[2]
    assert all(0 <= w.box[0] <= w.box[2] <= right for w in placed)
