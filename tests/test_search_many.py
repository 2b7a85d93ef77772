"""Answers with very many hits: the best of them and their facets, against plain counting."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.search_letters import letters
from pipeline.search import connect
from pipeline.search.protocol import Sort
from pipeline.search.sqlite_columns import Columns
from pipeline.search.sqlite_facets import FacetColumns
from pipeline.search.sqlite_find import Found
from pipeline.search.sqlite_search import _order


@pytest.mark.parametrize("sort", ["relevance", "date"])
@pytest.mark.parametrize("different", [1, 7, 10**6])
def test_the_best_of_many_are_those_of_all_sorted(sort: Sort, different: int) -> None:
    chance = np.random.default_rng(different)
    found = Found(np.arange(20_000), chance.integers(0, different, 20_000).astype(np.float32))
    dates = chance.integers(20050101, 20241231, 20_000).astype(np.uint32)
    by_score, by_date = -found.scores, -dates.astype(np.int64)
    keys = (by_date, by_score) if sort == "relevance" else (by_score, by_date)
    whole = np.lexsort((found.letters, *keys))
    for count in (1, 10, 100, 5000, 30_000):
        assert _order(found, found.letters, dates, sort, count).tolist() == whole[:count].tolist()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.7, 1.0])
def test_facets_of_many_and_of_few_are_counts_of_those_found(share: float) -> None:
    chance = np.random.default_rng(5)
    size = 3000
    columns = [chance.integers(0, 40, size).astype(np.uint32) for _ in range(7)]
    columns[1] = (chance.integers(1999, 2030, size) * 10000 + 101).astype(np.uint32)
    table = Columns(*(*columns, np.empty((0, 2), np.uint32)))
    alive = chance.random(size) < 0.9
    found = np.flatnonzero(alive & (chance.random(size) < share))
    counts = FacetColumns(table, alive).of(found)
    for counted, column in zip(counts, (table.date // 10000, table.body, table.type), strict=True):
        assert counted[counted > 0].tolist() == np.unique_counts(column[found]).counts.tolist()


def test_letters_without_directives_have_none_to_be_found(tmp_path: Path) -> None:
    plain = (record.model_copy(update={"directives": []}) for record in letters(3))
    with connect(str(tmp_path / "i.sqlite")) as index:
        index.add(plain)
        assert index.search("uỷ ban nhân dân").total == 3
        assert index.search('là:"nhiệm vụ" uỷ ban nhân dân').total == 0
