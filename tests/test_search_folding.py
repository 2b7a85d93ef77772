"""How words are folded, and how numbers of letters become keys."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.search.folding import fold, folding_digest, forms, forms_of_letter, has_marks
from pipeline.search.identifiers import keys, number_keys, own_keys

VOWELS = "aăâeêioôơuưy"
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Uỷ ban NHÂN DÂN", "uy ban nhan dan"),
        ("Đường Ðồng Ɖinh đê ðê", "duong dong dinh de de"),
        ("lý lí quý quí y tế kỹ sư", "li li qui qui i te ki su"),
        ("thuỷ ngày tây yêu", "thuy ngay tay yeu"),
        ("15/2021/QĐ-UBND", "15 2021 qd ubnd"),
        ("QH15", "qh 15"),
        ("  “đê”…  ", "de"),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("one", "other"),
    [("uỷ", "ủy"), ("hoà", "hòa"), ("khoẻ", "khỏe"), ("thuý", "thúy"), ("việt", "vịêt")],
)
def test_tone_placement_is_one_exact_word(one: str, other: str) -> None:
    assert forms(one) == forms(other)


@pytest.mark.parametrize(
    ("one", "other"), [("năm", "nam"), ("hoá", "hoà"), ("lý", "lí"), ("ưu", "uu"), ("đê", "dê")]
)
def test_other_marks_are_other_exact_words(one: str, other: str) -> None:
    assert forms(one)[0][0] != forms(other)[0][0]
    assert forms(one)[0][1] == forms(other)[0][1]


def test_every_vietnamese_letter_folds_to_one_letter() -> None:
    for vowel in VOWELS:
        for tone in TONES:
            letter = unicodedata.normalize("NFC", vowel + tone)
            plain = unicodedata.normalize("NFD", letter)[0]
            assert fold(f"b{letter}n") == fold(f"B{letter.upper()}N") == f"b{plain}n"
            assert forms_of_letter(letter)[2] == forms_of_letter(letter.upper())[2] == plain
            assert has_marks(letter) == (letter != plain)


@given(st.text())
def test_any_text_folds_to_plain_words(text: str) -> None:
    for exact, folded in forms(text):
        assert exact
        assert folded
        assert not {*exact, *folded} & set(' "\x00*:^-+()')


@given(st.text())
def test_folding_is_the_same_whatever_the_normal_form(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


def test_the_digest_is_stable() -> None:
    assert folding_digest() == folding_digest()


@pytest.mark.parametrize(
    "written", ["46-CV/ĐU", "46 CV ĐU", "46cv/đu", "46CVDU", "046-cv/du", "46 – CV/ĐU."]
)
def test_a_number_has_one_key_in_any_writing(written: str) -> None:
    assert keys(written) == ("n46cvdu",)


def test_numbers_that_differ_have_other_keys() -> None:
    assert keys("1/5/CV") != keys("15/CV")
    assert keys("15/2021/QĐ-UBND") == ("n15n2021qdubnd",)


def test_older_writing_of_trung_uong() -> None:
    assert set(keys("50-KL/TW")) <= set(keys("50-KL/TƯ"))
    assert set(keys("50-KL/TU")) <= set(keys("50-KL/TƯ"))


def test_the_number_alone_is_a_key_too() -> None:
    assert own_keys("46-CV/ĐU", "46") == ("n46cvdu", "n46")
    assert number_keys("15/2021/QĐ-UBND") == ("n15",)
    assert own_keys(None, None) == ()
