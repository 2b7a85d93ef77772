"""How sure the program is of each word: the model, its learning, and what becomes of it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from benchmarks.restore_accuracy import ReadPage, bare_page
from benchmarks.restore_errors import page_errors
from benchmarks.train_confidence import caught, wrong_tokens
from pipeline.document import Box, Doubt, Line, PageLayout, RestoredLine, Word
from pipeline.restore.confidence import (
    FEATURES,
    TOLD,
    TOLD_FEATURES,
    TRAITS,
    Confidence,
    learn,
    traits_of,
)
from pipeline.restore.restore import Model, Restorer

SAFE = "Các cơ quan, đơn vị tổ chức thực hiện nhiệm vụ được giao."
JUNK = "Các cơ quan tgọi gø đơn vị #ø thực hiện"


@cache
def restorer() -> Restorer:
    return Restorer.load()


def restored(text: str, model: Model = "vie") -> RestoredLine:
    return restorer().restore_text(text, model).lines[0]


def test_learning_finds_the_weights_that_made_the_truth() -> None:
    rng = np.random.default_rng(7)
    x = np.column_stack([np.ones(20_000), rng.normal(3, 2, 20_000), rng.random(20_000) < 0.1])
    true = np.array([-1.0, 0.8, -2.0])
    right = rng.random(20_000) < 1 / (1 + np.exp(-x @ true))
    found = learn(x, right)
    assert found == pytest.approx(true, abs=0.2)
    sure = 1 / (1 + np.exp(-x @ found))
    for low, high in ((0.2, 0.4), (0.6, 0.8), (0.9, 1.0)):
        some = (sure >= low) & (sure < high)
        assert right[some].mean() == pytest.approx(sure[some].mean(), abs=0.04)


def test_a_feature_that_is_always_the_same_weighs_nothing() -> None:
    x = np.column_stack([np.ones(50), np.full(50, 3.0), np.arange(50) % 2])
    found = learn(x, np.arange(50) % 4 != 0)
    assert found[1] == 0
    assert np.isfinite(found).all()


def test_weights_are_read_by_channel_and_name() -> None:
    lines = ["# comment", "vie\tconstant\t1.5", "eng\tconstant\t9", "vie\tof old\t4"]
    weights = Confidence.read([*lines, f"vie{TOLD}\tdoubt\t3"], "vie").weights
    assert weights.plain[FEATURES.index("constant")] == 1.5
    assert weights.plain.sum() == 1.5
    assert weights.told[TOLD_FEATURES.index("doubt")] == 3
    assert weights.told.sum() == 3
    with pytest.raises(ValueError, match="unpack"):
        Confidence.read(["vie\tconstant"], "vie")


@pytest.mark.parametrize(
    ("token", "traits"),
    [
        ("huyện", set()),
        ("(Tỉnh)", {"capital"}),
        ("12,5", {"digits"}),
        ("I0", {"digits and letters", "capital", "two letters"}),
        ("gø", {"foreign letters", "no syllable", "two letters"}),
        ("|a", {"signs around", "one letter"}),
        ("#a", {"signs inside", "two letters"}),
        ("UBND", {"capitals", "capital", "plain, no syllable"}),
        ("1046-CV/TU", {"digits and letters", "identifier", "capitals", "long"}),
        ("—", {"no word", "signs around"}),
    ],
)
def test_what_a_token_is_like(token: str, traits: set[str]) -> None:
    assert {t for t, x in zip(TRAITS, traits_of(token), strict=True) if x} == traits


def test_plain_text_raises_no_doubt_and_junk_does() -> None:
    assert restored(SAFE).doubts == ()
    found = {d.text: d.score for d in restored(JUNK).doubts}
    assert {"tgọi", "gø", "#ø"} <= found.keys()
    assert max(found[word] for word in ("tgọi", "gø", "#ø")) < 0.8


def test_a_change_is_as_sure_as_its_context_makes_it() -> None:
    told = restored("sửa đối, bố sung một số điều của Luật Đất đai").corrections
    assert [c.after for c in told] == ["đổi", "bổ"]
    assert all(0.5 < c.score <= 1 for c in told)
    alone = restored("Doan", "eng")
    shown: list[float] = [c.score for c in alone.corrections] + [d.score for d in alone.doubts]
    assert min(shown) < min(c.score for c in told)


def test_a_word_read_as_digits_becomes_one_only_where_that_is_nearly_certain() -> None:
    line = restored("day phai 14 mét trong nhting nhiém vu", "eng")
    assert [c.after for c in line.corrections if c.before == "14"] == ["là"]
    assert restored("trong 14 ngay ké tir ngay nhan", "eng").text.startswith("trong 14 ngày")


def test_boxes_are_those_of_the_raw_words_also_after_several_passes() -> None:
    raw = "Can ctr Nghi dinh s6 12/2018/ND-CP cua Chinh pht vé viéc thyc hién nhiém vu x4 hgi"
    words: list[Word] = []
    at = 0
    for text in raw.split(" "):
        box: Box = (at, 0, at + len(text), 10)
        words.append(Word(text, box, 0.9))
        at += len(text) + 1
    page = PageLayout(1, 500, 50, 200, (Line(raw, words=tuple(words)),))
    line = restorer().restore_pages([page], "eng")[0].lines[0]
    assert len(line.corrections) > 8
    for change in line.corrections:
        assert change.box is not None
        assert change.box[0] <= change.start < change.box[2] + 1


def test_wrong_words_lead_back_to_the_raw_line() -> None:
    line = restored("sửa đối, bố sung")
    assert line.text == "sửa đổi, bổ sung"
    assert wrong_tokens("sửa đổi, bổ sung", line) == []
    assert wrong_tokens("sửa đổi, bồ sung", line) == [9]
    assert wrong_tokens("sửa đổi, bổ xung", line) == [12]


def test_the_share_caught_counts_the_least_sure_first() -> None:
    sure = np.array([0.9, 0.1, 0.8, 0.2, *[0.99] * 96])
    right = np.array([True, False, False, True, *[True] * 96])
    assert caught(sure, right, 0.01) == 0.5
    assert caught(sure, right, 0.03) == 1.0


def test_errors_are_sorted_by_kind() -> None:
    truth = ["Uỷ ban nhân dân tỉnh họp ngày 20", "tgọi chung là Đề án"]
    read = ["Uỷ ban nhân dân tỉnh họp ngày 21", "tgọi ch ung là Đề án"]
    page = ReadPage(truth, bare_page(read))
    found = {(e.kind, e.truth) for e in page_errors(restorer(), page, "vie")}
    assert ("number or mark", "20") in found
    assert ("torn", "chung") in found


def test_doubts_lie_in_the_raw_line() -> None:
    line = restored(JUNK)
    doubt: Doubt
    for doubt in line.doubts:
        assert line.raw.text[doubt.start : doubt.start + len(doubt.text)] == doubt.text
