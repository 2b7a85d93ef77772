"""The choice among the readings weighed to the end, under heavy damage."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.document import Line, PageLayout
from pipeline.restore.choice import CERTAIN, FEATURES, REACH, beside, learn, shares
from pipeline.restore.restore import Restorer


@settings(max_examples=100)
@given(st.lists(st.lists(st.floats(-50, 50), min_size=4, max_size=4), min_size=1, max_size=5))
def test_shares_are_probabilities_of_the_readings_there_are(scores: list[list[float]]) -> None:
    live = np.tile([True, True, False, True], (len(scores), 1))
    found = shares(np.array(scores), live)
    np.testing.assert_allclose(found.sum(1), 1)
    assert not found[:, 2].any()
    given_best = np.array(scores)[np.arange(len(scores)), found.argmax(1)]
    np.testing.assert_allclose(given_best, np.where(live, scores, -np.inf).max(1), atol=1e-9)


def test_what_is_asked_again_stands_beside_what_changed() -> None:
    changed = np.zeros(12, bool)
    changed[5] = True
    near = beside(changed)
    assert near.tolist() == [abs(t - 5) <= REACH and t != 5 for t in range(12)]


def test_weights_are_learned_back() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(4000, 4, 3)) * [1, 5, 0.2]
    live = rng.random((4000, 4)) < 0.8
    live[:, :2] = True
    true = np.array([1.5, -0.3, 4.0])
    right = np.array(
        [rng.choice(4, p=p) for p in shares(features @ true, live)],
    )
    np.testing.assert_allclose(learn(features, live, right), true, rtol=0.15)


def test_every_feature_has_a_weight() -> None:
    text = (files("dictionaries") / "choice.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    assert [feature for _, feature, _ in rows] == list(FEATURES)


def test_certain_words_are_not_asked_about_and_chosen_ones_add_up() -> None:
    lines = ("ho lam binh bién cép toc", "vi so hai nén ba con dem the", "mét ca diém quan trong")
    page = PageLayout(1, 0, 0, 0, tuple(Line(line) for line in lines))
    slots, _, keep, chosen = Restorer.load().chosen([(0, page)])
    assert len(slots) == len(keep) == len(chosen.share)
    np.testing.assert_allclose(chosen.share.sum(1), 1, atol=1e-6)
    assert len(chosen.asked)
    by_ngrams = np.exp(chosen.features[..., FEATURES.index("n-grams")])
    assert (np.where(chosen.live, by_ngrams, 0).max(1) < CERTAIN).all()
