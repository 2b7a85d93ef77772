"""How sure the OCR was of a word counts where it told, and only there."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.restore_accuracy import bare_page, read_pages
from pipeline.document import (
    UNTOLD,
    Correction,
    Line,
    PageLayout,
    RestoredLine,
    RestoredPage,
    Word,
    apply_corrections,
)
from pipeline.restore.restore import Restorer
from pipeline.restore.word_confidence import FEATURES, as_it_stands, features

SENTENCE = "Ủy ban nhân dân xã đã cử ông Phạm Hưu trao đối việc đó với bà con"


@cache
def restorer() -> Restorer:
    return Restorer.load()


def line_of(text: str, told: dict[str, float], usual: float = 0.96) -> Line:
    words = [
        Word(w, (10 * i, 0, 10 * i + 8, 10), told.get(w, usual))
        for i, w in enumerate(text.split(" "))
    ]
    return Line(text, box=(0, 0, 500, 10), words=tuple(words))


def page_of(*lines: Line) -> PageLayout:
    return PageLayout(1, 500, 500, 200, lines)


def restored(*lines: Line) -> RestoredPage:
    return restorer().restore_pages([page_of(*lines)], "vie")[0]


def column(page: PageLayout, name: str) -> dict[str, float]:
    slots, decoded = restorer().decoded([(0, page)], "vie")
    values = decoded.told[:, FEATURES.index(name)].tolist()
    return {s.token: v for s, v in zip(slots, values, strict=True) if s}


def taken(page: PageLayout, token: str) -> float:
    slots, decoded = restorer().decoded([(0, page)], "vie")
    at = next(i for i, s in enumerate(slots) if s and s.token == token)
    found, _, offered = decoded.offered()
    acceptance = restorer().acceptance("vie")
    assert acceptance is not None
    return float(acceptance.of(offered)[found.tolist().index(at)])


def test_of_bare_text_and_text_layers_nothing_is_told() -> None:
    assert np.isnan(list(column(bare_page([SENTENCE]), "confidence").values())).all()
    layer = page_of(line_of(SENTENCE, {}, UNTOLD))
    assert np.isnan(list(column(layer, "doubt").values())).all()
    told = restorer().restore_pages([layer], "vie")[0].lines[0]
    [bare] = restorer().restore_pages([bare_page([SENTENCE])], "vie")[0].lines
    assert (told.text, [c.score for c in told.corrections], [d.score for d in told.doubts]) == (
        bare.text,
        [c.score for c in bare.corrections],
        [d.score for d in bare.doubts],
    )


def test_a_word_has_its_own_confidence_and_what_stands_beside_it() -> None:
    page = page_of(line_of("nhân dân xã", {"dân": 0.5, "xã": UNTOLD}, 0.9))
    assert column(page, "confidence") == pytest.approx(
        {"nhân": 0.9, "dân": 0.5, "xã": np.nan}, nan_ok=True
    )
    assert column(page, "below 0.7")["dân"] == pytest.approx(0.2)
    mean = (np.log(0.1) + np.log(0.5)) / 2
    assert column(page, "doubt on the page")["nhân"] == pytest.approx(mean)
    assert column(page, "doubt beside")["dân"] == pytest.approx((np.log(0.1) + mean) / 2)


def test_parts_of_a_word_have_the_confidence_of_the_whole() -> None:
    text = "thị trường chứng.khoán"
    page = page_of(line_of(text, {"chứng.khoán": 0.4}))
    slots, _ = restorer().decoded([(0, page)], "vie")
    told = features([(0, page)], slots)[:, FEATURES.index("confidence")]
    parts = [v for s, v in zip(slots, told.tolist(), strict=True) if s and s.start >= 11]
    assert len(parts) == 2
    assert parts == pytest.approx([0.4, 0.4])


def test_the_surer_the_ocr_the_rather_a_word_stays() -> None:
    sure, unsure = (taken(page_of(line_of(SENTENCE, {"đối": c})), "đối") for c in (0.97, 0.3))
    assert sure < unsure


def test_words_read_badly_are_flagged_and_words_read_well_are_not() -> None:
    def doubted(told: float) -> set[str]:
        [line] = restored(line_of(SENTENCE, {"Hưu": told})).lines
        return {d.text for d in line.doubts}

    assert "Hưu" in doubted(0.2)
    assert "Hưu" not in doubted(0.97)


def test_a_speck_read_as_a_mark_becomes_no_word() -> None:
    text = "Thường trực Huyện uỷ, Uỷ ˆ"
    assert [line.text for line in restored(line_of(text, {"ˆ": 0.1})).lines] == [text]


def test_the_outcome_restored_again_stays_as_it_is() -> None:
    texts = (
        SENTENCE,
        "Các tô chức, cá nhân có liên quan chiu trách nhiêm thi hành Quyết đinh nảy.",
    )
    first = restored(*(line_of(t, {"đối": 0.4, "tô": 0.9, "nảy.": 0.2}) for t in texts))
    assert any(line.corrections for line in first.lines)
    again = restored(*(as_it_stands(line) for line in first.lines))
    assert [line.text for line in again.lines] == [line.text for line in first.lines]


WORDS = st.lists(st.text("abđêố", min_size=1, max_size=5), min_size=1, max_size=8)


@st.composite
def corrected(draw: st.DrawFn) -> RestoredLine:
    texts = draw(WORDS)
    raw = Line(
        " ".join(texts),
        box=(0, 0, 99, 9),
        words=tuple(Word(t, (i, 0, i + 1, 9), i / 10) for i, t in enumerate(texts)),
    )
    cuts = sorted(draw(st.sets(st.integers(0, len(raw.text)), max_size=8)))
    changes = []
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        after = draw(st.sampled_from(["", "x", "x y", "xy", " "]))
        before = raw.text[start:end]
        changes.append(Correction(1, 1, start, None, before, after, 0.9, 1.0, "model"))
    return RestoredLine(raw, apply_corrections(raw.text, tuple(changes)), tuple(changes))


@given(corrected())
def test_of_a_restored_line_only_words_left_alone_have_a_confidence(line: RestoredLine) -> None:
    found = as_it_stands(line)
    assert found.text == line.text
    if found.words:
        assert " ".join(w.text for w in found.words) == line.text
    raw = list(line.raw.words)
    for word in found.words:
        if word.confidence < UNTOLD:  # each is one of the raw words, in their order
            while raw[0] != word:
                raw.pop(0)
            raw.pop(0)
    starts = {c.start for c in line.corrections}
    if not starts:
        assert found is line.raw


def test_words_far_from_a_correction_keep_their_confidence() -> None:
    [line] = restored(line_of("Các tô chức, cá nhân có liên quan", {"tô": 0.5})).lines
    assert line.text == "Các tổ chức, cá nhân có liên quan"
    told = {w.text: w.confidence for w in as_it_stands(line).words}
    assert told.pop("tổ") == UNTOLD
    assert set(told.values()) == {0.96}


def test_pairs_are_read_with_and_without_confidence(tmp_path: Path) -> None:
    row = "dev\ta\tvie\tweak\t120\tMột hai\tMôt hai"
    path = tmp_path / "pairs.tsv"
    path.write_text(f"head\n{row}\t0.500 0.960\n{row.replace('a', 'b', 1)}\n", encoding="utf-8")
    pages = list(read_pages(path, "dev"))
    [told] = pages[0].read.lines
    assert [(w.text, w.confidence) for w in told.words] == [("Môt", 0.5), ("hai", 0.96)]
    assert pages[0].bare().lines == (replace(told, words=()),)
