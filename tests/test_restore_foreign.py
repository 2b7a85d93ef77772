"""Foreign words that a Vietnamese model misreads: only what it misreads so is taken."""

from __future__ import annotations

import pytest

from pipeline.restore.foreign import ForeignWords
from pipeline.restore.tokens import SPECIALS

WORDS = (
    *SPECIALS,
    *("frankfurt", "illinois", "jimmy", "domingo", "united", "louise", "amoniac", "gdańsk"),
    *("brief", "container", "nhà", "trump"),
)


@pytest.mark.parametrize(
    ("read", "word"),
    [
        ("Erankfurt", "frankfurt"),
        ("lllinois", "illinois"),
        ("Ilinois", "illinois"),
        ("IlIinois", "illinois"),
        ("]immy", "jimmy"),
        ("Đomingo", "domingo"),
        ("Dnited", "united"),
        ("Gdañsk", "gdańsk"),
        ("Brieƒ", "brief"),
        ("Trunp", "trump"),
    ],
)
def test_what_looks_alike_is_found(read: str, word: str) -> None:
    [(found, score)] = ForeignWords(WORDS).near(read)
    assert found == word
    assert score < -2


@pytest.mark.parametrize("read", ["Luise", "containner", "amôniắc", "Frankfort", "nhả", "Xyz"])
def test_what_may_be_another_word_is_not(read: str) -> None:
    assert ForeignWords(WORDS).near(read) == ()
