"""The network that weighs readings by the words around them: what it keeps, and how it learns."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from pipeline.restore.context_model import (
    FAR,
    LEAD,
    STRETCH,
    ContextModel,
    Parameters,
    wanted_at,
)
from pipeline.restore.drawn_readings import Drawn
from pipeline.restore.restore import Restorer
from pipeline.restore.tokens import SPECIALS
from pipeline.restore.train_context import loss_of, network, parameters_of, vocabulary

WORDS = (*SPECIALS, *(f"từ{i}" for i in range(15)))


def drawn_parameters() -> Parameters:
    """A network over `WORDS` of 8 numbers a word and a memory of 6, at random."""
    rng = np.random.default_rng(1)
    shapes = {
        "inputs": (len(WORDS), 8),
        "outputs": (len(WORDS) - 2, 8),
        "bias": (len(WORDS) - 2,),
        "seen": (2, 8, 24),
        "remembered": (2, 6, 24),
        "gates": (2, 24),
        "w1": (2 * 6 + 3 * 8, 10),
        "b1": (10,),
        "w2": (10 + 2 * 6, 8),
        "b2": (8,),
    }
    return {n: rng.normal(scale=0.4, size=s).astype(np.float32) for n, s in shapes.items()}


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    model = ContextModel.of(WORDS, drawn_parameters(), WORDS)
    model.save(tmp_path / "m.npz")
    again = ContextModel.load((tmp_path / "m.npz").read_bytes(), WORDS)
    text, at = rng.integers(2, len(WORDS), 200), np.arange(0, 200, 3)
    readings = rng.integers(5, len(WORDS) - 2, (len(at), 4))
    assert np.allclose(
        model.scores(text, at, readings), again.scores(text, at, readings), atol=0.05
    )


def test_words_are_found_under_the_ids_of_any_language_model() -> None:
    parameters = drawn_parameters()
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
    model = ContextModel.of(WORDS, drawn_parameters(), WORDS)
    text = np.arange(5, 17)
    other = text.copy()
    other[6] = 5
    at, readings = np.array([6]), np.array([[5, 6, 7]])
    assert np.allclose(
        model.scores(text, at, readings), model.scores(other, at, readings), atol=1e-4
    )


def told(parameters: Parameters, side: int, vectors: list[np.ndarray]) -> np.ndarray:
    """What one memory knows after `vectors`, step by step as the textbook has it."""
    size = parameters["remembered"].shape[1]
    memory, cell = np.zeros(size), np.zeros(size)
    for vector in vectors:
        gates = vector @ parameters["seen"][side] + memory @ parameters["remembered"][side]
        taken, kept, shown, new = np.split(gates + parameters["gates"][side], 4)
        cell = cell / (1 + np.exp(-kept)) + np.tanh(new) / (1 + np.exp(-taken))
        memory = np.tanh(cell) / (1 + np.exp(-shown))
    return memory


def test_what_stands_before_and_after_a_place_is_read_from_both_sides() -> None:
    parameters = drawn_parameters()
    rng = np.random.default_rng(3)
    for length in (1, 7, STRETCH):
        vectors = rng.normal(size=(length, 8)).astype(np.float32)
        near = np.concatenate([np.zeros((1, 8)), vectors, np.zeros((1, 8))])
        at = np.arange(min(length, LEAD))  # all that stands before them is read
        found = wanted_at(parameters, vectors, at)
        for place in at:
            before = told(parameters, 0, list(vectors[:place]))
            after = told(parameters, 1, list(vectors[:place:-1]))
            around = vectors[max(0, place - FAR) : place + FAR]
            far = (around.sum(0) - vectors[place]) * 2 / FAR
            memory = np.concatenate([before, after])
            seen = np.concatenate([memory, near[place], near[place + 2], far])
            units = np.maximum(seen @ parameters["w1"] + parameters["b1"], 0)
            wanted = np.concatenate([units, memory]) @ parameters["w2"] + parameters["b2"]
            assert np.allclose(found[place], wanted, atol=2e-3)


def test_it_does_not_matter_what_else_is_asked() -> None:
    """Places of a long text are read in stretches, side by side: each as if it were asked alone."""
    parameters = drawn_parameters()
    vectors = np.random.default_rng(5).normal(size=(40 * STRETCH, 8)).astype(np.float32)
    at = np.random.default_rng(6).permutation(len(vectors))[:300]
    found = wanted_at(parameters, vectors, at)
    for place, wanted in zip(at[:40], found, strict=False):
        alone = wanted_at(parameters, vectors, np.array([place]))[0]
        assert np.allclose(wanted, alone, atol=1e-4)
        start = max(0, int(place) - STRETCH - 3 * LEAD)
        part = vectors[start : place + STRETCH + 3 * LEAD]
        near = wanted_at(parameters, part, np.array([place - start]))[0]
        assert np.allclose(wanted, near, atol=0.05)


def test_what_pytorch_learns_is_what_the_program_knows() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(1)
    learned = network(len(WORDS), np.zeros(len(WORDS) - 2, np.float32))
    text = np.random.default_rng(8).integers(0, len(WORDS), LEAD)
    with torch.no_grad():
        wanted = learned(torch.from_numpy(text[None]))[0].numpy()
    parameters = parameters_of(learned)
    found = wanted_at(parameters, parameters["inputs"][text], np.arange(len(text)))
    assert np.allclose(found, wanted, atol=1e-4)


def test_it_learns_what_stands_beside_a_word() -> None:
    """A text in which each word tells the next: after some steps the right one is taken."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(1)
    rng = np.random.default_rng(4)
    learned = network(len(WORDS), np.zeros(len(WORDS) - 2, np.float32))
    rows = np.array([[w, *np.setdiff1d(np.arange(5, 17), [w])[:3]] for w in range(5, 17)])
    start = np.concatenate([np.zeros(5, np.int64), np.arange(12)])
    count = np.array([0] * 5 + [1] * 12)
    drawn = Drawn(rows, np.zeros(rows.shape, np.float32), (start, start), (count, count))
    text = np.tile(np.arange(5, 17), 10)[None]
    optimiser = torch.optim.Adam(learned.parameters(), 5e-3)
    losses = []
    for _ in range(60):
        loss = loss_of(learned, text, drawn, rng)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[0] > 0.5
    assert losses[-1] < 0.1


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
