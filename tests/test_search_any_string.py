"""Whatever a person types, the index answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.search_letters import letters
from pipeline.search import Index, connect
from tests.conftest import NewIndex

CASES = Path(__file__).parent / "cases" / "search"
PIECES: list[str] = json.loads((CASES / "pieces.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def index(new_index: NewIndex) -> Iterator[Index]:
    """An index of twenty made-up letters."""
    with connect(new_index()) as made:
        made.add(letters(20))
        yield made


def check(index: Index, query: str) -> None:
    results = index.search(query, limit=3)
    assert results.total >= len(results.hits)
    assert results.total or not results.hits
    for hit in results.hits:
        ends = [0, *(place for mark in hit.passage.marks for place in mark)]
        assert ends == sorted(ends)
        assert ends[-1] <= len(hit.passage.text)
    results.text()


def random_query(chance: Random) -> str:
    glue = chance.choice(["", " ", " "])
    return glue.join(chance.choice(PIECES) for _ in range(chance.randint(1, 12)))


def test_strings_of_what_engines_stumble_over(index: Index) -> None:
    """A part of what python -m benchmarks.search_strings tries."""
    chance = Random(1)
    for _ in range(800):
        check(index, random_query(chance))


def test_the_total_is_the_number_of_hits(index: Index) -> None:
    """Counting and ranking ask the engine in two ways; they must find the same."""
    chance = Random(2)
    words = [piece for piece in PIECES if piece.isalpha()] + ["“chợ phiên”", "-chợ", "ngày:2005.."]
    for _ in range(100):
        query = " ".join(chance.choice(words) for _ in range(chance.randint(1, 4)))
        results = index.search(query, limit=1000)
        assert len(results.hits) == results.total
        letters_found = {hit.document_id for hit in results.hits}
        assert sum(results.facets.type.values()) == len(letters_found)


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60))
def test_any_text(index: Index, query: str) -> None:
    check(index, query)


@pytest.mark.parametrize(
    "piece",
    ['"', "-", "a", "a ", "đê ", "1 ", "1/", "số:", "-a ", "(", "NOT ", "\x00", "😀", "“đê"],
)
def test_ten_thousand_characters(index: Index, piece: str) -> None:
    check(index, piece * (10_000 // len(piece)))
