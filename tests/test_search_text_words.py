"""Words of texts as arrays are the words that folding finds, whatever the text."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.search.folding import forms, words_in
from pipeline.search.passages import Page, Shower
from pipeline.search.query import parse
from pipeline.search.text_words import Texts

WORDS = (
    "uỷ|ủy|UỶ|thuỷ|lý|lí|nghiêng|đường|Ðường|1046|046|cv/đu|nghiengngang|ß|ﬁn|²|Ⅳ|Ελλάδα|中文|"
    "\U00010330|–|_|a\u0301\u0302"
)
ASKED = ("uỷ", "ban", "thuỷ", "lý", "1046", "cv")
SYLLABLES = st.sampled_from(WORDS.split("|"))
TEXTS = st.lists(SYLLABLES | st.text(max_size=12), max_size=12).map(
    lambda parts: " ".join(unicodedata.normalize("NFC", " ".join(parts)).split())
)


@given(st.lists(TEXTS, max_size=3))
@example(["\ua66fA"])
@example(["a \u0301b c\u0302\u0301", "\u0301"])
def test_every_word_is_found_where_it_stands_and_nowhere_else(texts: list[str]) -> None:
    words = Texts(texts)
    wanted = {}
    for text, begin in zip(texts, words.begins, strict=True):
        for exact, folded, start, end in words_in(text):
            wanted[begin + start, begin + end] = exact, folded
    for form in {*wanted.values()}:
        rows = words.rows(form[1])
        spans = list(zip(words.starts[rows].tolist(), words.ends[rows].tolist(), strict=True))
        assert spans == [span for span, other in wanted.items() if other[1] == form[1]]
        every = np.arange(len(words.starts))
        assert words.are(form[1], every).nonzero()[0].tolist() == rows.tolist()
        alike = words.alike(form, rows).tolist()
        assert alike == [wanted[span][0] == form[0] for span in spans]


@pytest.mark.parametrize("other", ["hoà", "hoa", "hòa", "hóa"])
def test_marks_are_told_apart(other: str) -> None:
    words = Texts([f"{other} hoá"])
    ((form,),) = [forms("hoá")]
    rows = words.rows("hoa")
    assert words.alike(form, rows).tolist() == [other == "hóa", True]


def test_texts_are_apart() -> None:
    words = Texts(["uỷ", "ban"])
    assert words.rows("ban").tolist() == [row + 2 for row in words.rows("uy").tolist()]


@given(st.lists(SYLLABLES, min_size=1, max_size=30), st.data())
def test_parts_of_a_text_with_all_terms_are_told(syllables: list[str], data: st.DataObject) -> None:
    text = " ".join(unicodedata.normalize("NFC", " ".join(syllables)).split())
    asked = data.draw(st.lists(st.sampled_from(ASKED), min_size=1))
    ends = [0, *(n for n, letter in enumerate(text) if letter == " "), len(text)]
    places = st.lists(st.sampled_from(ends), min_size=2, max_size=2).map(sorted)
    spans = data.draw(st.lists(places, min_size=1, max_size=6))
    found = Shower(parse(" ".join(asked))).found([text])
    told = found.has_all([found.begins[0] + place for span in spans for place in span])
    wanted = {folded for word in asked for _, folded in forms(word)}
    assert told == [wanted <= {folded for _, folded in forms(text[a:b])} for a, b in spans]


def test_the_passage_shown_is_where_most_of_many_numbers_stand() -> None:
    text = f"Theo Công văn số 1039 {'và nhiều nội dung khác ' * 20}số 1034, số 1035 và số 1036."
    shower = Shower(parse(" ".join(f"số:{n}" for n in range(1010, 1040))))
    found = shower.found([text])
    (shown,) = found.windows([Page(2, text, found.begins[0])]).shown([[0]])
    assert shown is not None
    page, passage = shown
    assert page == 2
    assert passage.marked().endswith("số «1034», số «1035» và số «1036».")
