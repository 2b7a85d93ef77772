"""The readings kept in `dictionaries/common-readings.npz`: those of the models beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.restore.built_in import channel_counts
from pipeline.restore.candidates import Candidates
from pipeline.restore.common_readings import CommonReadings, digest_of
from pipeline.restore.restore import Restorer
from pipeline.restore.train_readings import common_tokens

DATA = Path("dictionaries/common-readings.npz").read_bytes()
NAMES = ("eng", "vie")


@pytest.fixture(scope="module")
def restorer() -> Restorer:
    return Restorer.load()


@pytest.fixture(scope="module", params=NAMES)
def candidates(request: pytest.FixtureRequest, restorer: Restorer) -> Candidates:
    """The readings of tokens under one channel."""
    return restorer.candidates(request.param)


def test_they_belong_to_the_models_beside_them(candidates: Candidates) -> None:
    """Else all is worked out, several times as slowly, and nobody is told: run
    `python -m pipeline.restore.train_readings` after any change of model, channel or word list."""
    assert candidates.common is not None
    assert len(candidates.common.place) > 5_000


def test_they_are_those_that_are_worked_out(candidates: Candidates) -> None:
    common = candidates.common
    assert common is not None
    for key in [*common.place][::25]:
        token, in_capitals = key.rstrip("\t"), key.endswith("\t")
        kept, worked_out = common.row(token, in_capitals), candidates.worked_out(token, in_capitals)
        assert kept is not None, key
        assert [*kept.readings] == worked_out.readings, key
        assert list(kept.first) == list(worked_out.first), key
        assert list(kept.second) == list(worked_out.second), key
        halves = np.array(worked_out.score, np.float16).astype(np.float32)
        assert kept.score.tolist() == halves.tolist(), key  # type: ignore[union-attr]


def test_the_commonest_tokens_are_words_as_they_are_read(restorer: Restorer) -> None:
    eng = common_tokens(restorer.candidates("eng"), channel_counts("eng"), 300)
    vie = common_tokens(restorer.candidates("vie"), channel_counts("vie"), 300)
    assert {("dong", False), ("cua", False)} <= {*eng}
    assert {("của", False), ("đồng", False)} <= {*vie}


def test_a_word_more_and_they_do_not_hold(restorer: Restorer) -> None:
    rows = channel_counts("vie")
    digest = digest_of(restorer.model, [*rows, "onset\tth\tlh\t3"])
    assert CommonReadings.read(DATA, "vie", digest, restorer.model.words) is None


@pytest.mark.parametrize(
    ("token", "word"), [("(chủ", "chủ"), ("“Đảng", "Đảng"), ("tich,", "tich"), ("việc”.", "việc")]
)
def test_marks_around_a_word_change_no_reading(restorer: Restorer, token: str, word: str) -> None:
    candidates = restorer.candidates("vie")
    around, alone = candidates.row(token, False), candidates.row(word, False)
    start = token.index(word)
    assert (candidates.score[around] == candidates.score[alone]).all()
    assert [(r.start - start, r.end - start, *r[2:]) for r in candidates.readings[around]] == [
        tuple(r) for r in candidates.readings[alone]
    ]
