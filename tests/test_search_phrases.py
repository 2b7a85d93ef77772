"""Phrases: pairs of words that are kept, and what is told by them, against the texts themselves."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest

from benchmarks.search_letters import letters
from pipeline.search import connect, sqlite
from pipeline.search.content import Content, unpack
from pipeline.search.folding import forms
from pipeline.search.sqlite_file import open_index
from pipeline.search.sqlite_pairs import Pair
from pipeline.search.sqlite_phrases import UNKNOWN, implied_words
from pipeline.search.sqlite_reader import Reader
from pipeline.search.sqlite_segment_reader import in_a_row, is_among
from pipeline.search.sqlite_segments import columns_of, segments

COUNT = 150


@pytest.fixture(scope="module", params=["pairs", "no pairs"])
def index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of several segments, some merged, some letters withdrawn; small segments that have
    no pairs among those that have."""
    path = tmp_path_factory.mktemp("phrases") / "i.sqlite"
    with pytest.MonkeyPatch.context() as patch:
        fewest = 20 if request.param == "pairs" else 10**6
        for name in ("pipeline.search.sqlite_pairs", "pipeline.search.sqlite_merge"):
            patch.setattr(f"{name}.FEWEST", fewest)
        patch.setattr(sqlite, "AT_ONCE", 4)
        source = letters(COUNT)
        with connect(str(path)) as made:
            for size in (40, 3, 40, 9, 30, COUNT):
                made.add(record for _, record in zip(range(size), source, strict=False))
            made.withdraw([f"letter-{n:06}" for n in (1, 5, 41, 43, 100)])
    return path


def texts(path: Path) -> dict[int, list[list[str]]]:
    """By letter the folded words of what is searched: heading, text, raw lines, each of them."""
    db = open_index(path)
    out = {}
    for letter, data in db.execute("SELECT letter, content FROM kept"):
        content: Content = unpack(data)
        parts = (content.title, content.text, content.raw, *content.beyond)
        out[letter] = [[folded for _, folded in forms(part)] for part in parts]
    db.close()
    return out


def phrases(of: dict[int, list[list[str]]], chance: Random) -> list[tuple[str, ...]]:
    """Phrases that stand in letters, and some whose words stand there, but not in a row."""
    out = [("uy", "ban", "nhan", "dan"), ("nhan", "dan", "xa"), ("dan", "xa"), ("ban", "nhan")]
    for parts in of.values():
        text = parts[1]
        start, length = chance.randrange(len(text) - 6), chance.randint(2, 5)
        out.append(tuple(text[start : start + length]))
        out.append(tuple(chance.sample(text, 2)))
    return out


def times(phrase: tuple[str, ...], parts: list[list[str]]) -> int:
    return sum(
        tuple(part[i : i + len(phrase)]) == phrase for part in parts for i in range(len(part))
    )


def test_phrases_are_found_just_where_they_stand(index: Path) -> None:
    of = texts(index)
    db = open_index(index)
    reader = Reader(db)
    for phrase in phrases(of, Random(3)):
        words = [word for form in phrase if (word := reader.word(form))]
        assert len(words) == len(phrase)
        found = reader.phrase(words)
        counts = dict(zip(reader.columns.letter[found.letters].tolist(), found.counts, strict=True))
        true = {letter: n for letter, parts in of.items() if (n := times(phrase, parts))}
        alive = {letter: n for letter, n in counts.items() if letter in of}
        assert alive.keys() == true.keys(), phrase
        assert all(alive[letter] <= true[letter] for letter in true)
        some = found.letters[::3]
        assert reader.phrase(words, some).letters.tolist() == some.tolist()
    db.close()


def test_phrases_are_counted_in_a_few_letters(index: Path) -> None:
    """Words that a pair implies are not looked at there, which must not change what is found."""
    of, chance = texts(index), Random(5)
    db = open_index(index)
    reader = Reader(db)
    letter = reader.columns.letter.tolist()
    for phrase in phrases(of, Random(4)):
        words = [word for form in phrase if (word := reader.word(form))]
        everywhere = reader.phrase(words).letters[:4].tolist()
        some = sorted({*everywhere, *chance.sample(range(reader.size), 4)})
        found = reader.phrase(words, np.array(some))
        counts = dict(zip(found.letters.tolist(), found.counts.tolist(), strict=True))
        alive = [place for place in some if letter[place] in of]
        true = {place: times(phrase, of[letter[place]]) for place in alive}
        assert {place: counts.get(place, 0) for place in alive} == true, phrase
    db.close()


def test_a_word_is_implied_by_the_one_it_always_stands_beside() -> None:
    pairs = [np.array([3, 2, 5], np.uint8), None, np.array([9, 9, 9], np.uint8)]
    counts = [
        np.array(of_word, np.uint8)
        for of_word in ([4, 2, 5], [3, 2, 5], [9, 9, 9], [UNKNOWN, UNKNOWN, UNKNOWN])
    ]
    implied = implied_words(pairs, counts)
    assert {n: flags.tolist() for n, flags in implied.items()} == {
        0: [True, True, True],
        3: [True, True, True],
    }


def test_pairs_are_kept_of_all_letters_of_a_segment(index: Path) -> None:
    of = texts(index)
    db = open_index(index)
    words = dict(db.execute("SELECT id, folded FROM word WHERE folded NOT GLOB '[>@]*'"))
    sql = "SELECT first, second, letters FROM pair WHERE segment = ?"
    seen = 0
    for segment in segments(db):
        letter = columns_of(db, segment).letter.tolist()
        for first, second, data in db.execute(sql, (segment.id,)).fetchall():
            if first not in words or second not in words:
                continue
            pair = Pair.from_bytes(data)
            kept = zip(pair.places.tolist(), pair.counts.tolist(), strict=True)
            counts = Counter({letter[place]: count for place, count in kept})
            two = (words[first], words[second])
            true = {n: times(two, of[n]) for n in letter if n in of}
            assert {n: counts[n] for n in true} == true, two
            seen += 1
    with_pairs = db.execute("SELECT count(DISTINCT segment) FROM pair").fetchone()[0]
    assert seen > 500 if with_pairs else not seen
    db.close()


@pytest.mark.parametrize("size", [3, 900, 40_000])
def test_numbers_are_looked_up_in_one_another(size: int) -> None:
    chance = np.random.default_rng(size)
    one, other = (np.unique(chance.integers(0, 30 * size, size)) for _ in range(2))
    assert is_among(one, other).tolist() == np.isin(one, other).tolist()
    assert not is_among(one, other[:0]).any()
    third = np.unique(chance.integers(0, 30 * size, size))
    row = in_a_row([one, other, third], [2, 3])
    assert set(row.tolist()) == {n for n in one.tolist() if n + 2 in other and n + 5 in third}
