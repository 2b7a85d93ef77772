"""Right letters come first, whichever engine is asked: judged queries over the samples."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.search_judged import (
    DATA,
    OTHERS,
    SAMPLES,
    Judged,
    ask,
    judged,
    read_data,
    record_of_truth,
)
from benchmarks.search_letters import letters
from pipeline.evaluate.gold import truths_in
from pipeline.search import Index, connect
from tests.conftest import NewIndex

QUERIES = [*read_data(), *read_data(DATA.with_name("judged_by_hand.tsv"))]


@pytest.fixture(scope="module")
def index(new_index: NewIndex) -> Iterator[Index]:
    """The samples, as they would be if nothing were misread, among made-up letters."""
    with connect(new_index()) as made:
        made.add([*map(record_of_truth, truths_in(SAMPLES)), *letters(OTHERS)])
        yield made


def test_right_letters_are_found_first(index: Index) -> None:
    assert len(QUERIES) >= 150
    score = ask(index, QUERIES)["all"]
    assert score.recall >= 0.98
    assert score.first >= 0.93


@pytest.mark.parametrize("kind", ["number", "who cites", "by hand"])
def test_a_kind_of_query_never_fails(index: Index, kind: str) -> None:
    assert ask(index, [one for one in QUERIES if one.kind == kind])[kind].recall >= 0.98


def test_the_data_are_those_of_the_samples() -> None:
    """Made again from the samples they would be the same."""
    assert read_data() == judged(truths_in(SAMPLES))


def test_a_score_can_be_bad(index: Index) -> None:
    wrong = [Judged("wrong", one.query, frozenset({"letter-000001"})) for one in QUERIES]
    assert ask(index, wrong)["all"].first < 0.1
