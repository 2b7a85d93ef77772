"""The network that weighs readings by the words around them: what it keeps, and how it learns."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from pipeline.restore.context_model import FAR, ContextModel
from pipeline.restore.restore import Restorer
from pipeline.restore.tokens import SPECIALS
from pipeline.restore.train_context import Learner, vocabulary

WORDS = (*SPECIALS, *(f"từ{i}" for i in range(15)))


def learner() -> Learner:
    rng = np.random.default_rng(1)
    return Learner.start(len(WORDS), np.full(len(WORDS) - 2, -3.0, np.float32), rng)


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    model = ContextModel.of(WORDS, learner().parameters, WORDS)
    model.save(tmp_path / "m.npz")
    again = ContextModel.load((tmp_path / "m.npz").read_bytes(), WORDS)
    text, at = rng.integers(2, len(WORDS), 200), np.arange(0, 200, 3)
    readings = rng.integers(5, len(WORDS) - 2, (len(at), 4))
    assert np.allclose(
        model.scores(text, at, readings), again.scores(text, at, readings), atol=0.05
    )


def test_words_are_found_under_the_ids_of_any_language_model() -> None:
    parameters = learner().parameters
    model = ContextModel.of(WORDS, parameters, WORDS)
    turned = (*WORDS[:5], *WORDS[:4:-1], "mới")
    other = ContextModel.of(WORDS, parameters, turned)
    ids = np.arange(len(WORDS))
    same = np.array([turned.index(word) for word in WORDS])
    at = np.array([0, 7, 19])
    readings = np.array([[5, 6], [8, 9], [10, 5]])
    assert np.allclose(
        model.scores(ids, at, readings), other.scores(same, at, same[readings]), atol=1e-5
    )
    assert not other.knows(np.array([turned.index("mới"), 1, len(turned) + 7])).any()


def test_a_place_is_not_told_its_own_word() -> None:
    model = ContextModel.of(WORDS, learner().parameters, WORDS)
    text = np.arange(5, 17)
    other = text.copy()
    other[6] = 5
    at, readings = np.array([6]), np.array([[5, 6, 7]])
    assert np.allclose(
        model.scores(text, at, readings), model.scores(other, at, readings), atol=1e-4
    )


def test_a_step_goes_down_the_slope() -> None:
    """Each parameter's slope is that of the loss, as small steps of the parameter show it."""
    rng = np.random.default_rng(3)
    shown = rng.integers(2, len(WORDS), 2 * FAR + 30)
    at = FAR + np.arange(30)
    places = np.arange(0, 30, 2)
    readings = rng.integers(5, len(WORDS) - 2, (len(places), 5))
    read = rng.normal(size=readings.shape).astype(np.float32)
    moved: dict[str, np.ndarray] = {}

    class Watched(Learner):
        def move(self, name: str, slope: np.ndarray, rate: float) -> None:  # noqa: ARG002
            moved[name] = slope

        def move_rows(
            self,
            name: str,
            rows: np.ndarray,
            slope: np.ndarray,
            rate: float,  # noqa: ARG002
        ) -> None:
            total = np.zeros_like(self.parameters[name])
            np.add.at(total, rows, slope)
            moved[name] = total

    watched = Watched(learner().parameters)
    loss = watched.step(shown, at, places, readings, read, 0.0)
    slopes = dict(moved)
    for name in ("w1", "w2", "w3", "b1", "b2", "b3", "outputs", "bias"):
        values = watched.parameters[name]
        for _ in range(3):
            where = np.unravel_index(int(np.abs(slopes[name]).argmax()), values.shape)
            step = np.float32(0.004)
            values[where] += step
            up = watched.step(shown, at, places, readings, read, 0.0)
            values[where] -= 2 * step
            down = watched.step(shown, at, places, readings, read, 0.0)
            values[where] += step
            assert (up - down) / (2 * step) == pytest.approx(
                slopes[name][where], rel=0.05, abs=3e-4
            )
            slopes[name][where] = 0
    assert loss > 0


def test_it_learns_what_stands_beside_a_word() -> None:
    """A text in which each word tells the next: after some steps the right one is taken."""
    rng = np.random.default_rng(4)
    text = np.tile(np.arange(5, 17), 40)
    at = FAR + np.arange(len(text) - 2 * FAR)
    places = np.arange(len(at))
    other = rng.integers(5, 17, (len(at), 3))
    readings = np.concatenate([text[at][:, None], other], 1)
    readings[:, 1:][readings[:, 1:] == readings[:, :1]] = 0
    read = np.zeros(readings.shape, np.float32)
    network = learner()
    losses = [network.step(text, at, places, readings, read, 2e-3) for _ in range(40)]
    assert losses[0] > 0.5
    assert losses[-1] < 0.05


def test_the_network_that_comes_with_the_program_knows_the_syllables() -> None:
    restorer = Restorer.load()
    words = restorer.model.words
    ids = restorer.model.ids()
    order, asked = vocabulary(words)
    assert "chức" in {words[i] for i in order[:asked]}
    data = (files("dictionaries") / "context-model.npz").read_bytes()
    around = ContextModel.load(data, words)
    assert not around.knows(np.array([ids["<num>"], ids["<id>"], ids["<unk>"]])).any()
    text = str.split("báo cáo ban thường vụ tỉnh uỷ về công tác tổ X và cán bộ của đảng bộ")
    place = text.index("X")
    found = around.scores(
        np.array([ids.get(word, 1) for word in text]),
        np.array([place]),
        np.array([[ids["chức"], ids["chục"], ids["chút"]]]),
    )
    assert found.argmax() == 0
