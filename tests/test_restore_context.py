"""The network that weighs readings by the words around them: what it keeps, and how it learns."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from pipeline.restore.appearance import CAPITAL, STATES
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
from pipeline.restore.train_context import (
    learn,
    load,
    loss_of,
    network,
    parameters_of,
    vocabulary,
)

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
        "printed": (STATES, 8),
        "own": (STATES, 10),
    }
    return {n: rng.normal(scale=0.4, size=s).astype(np.float32) for n, s in shapes.items()}


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    model = ContextModel.of(WORDS, drawn_parameters(), WORDS)
    model.save(tmp_path / "m.npz")
    again = ContextModel.load((tmp_path / "m.npz").read_bytes(), WORDS)
    text, printed = rng.integers(2, len(WORDS), 200), rng.integers(0, STATES, 200)
    at = np.arange(0, 200, 3)
    readings = rng.integers(5, len(WORDS) - 2, (len(at), 4))
    before, after = (m.scores(text, printed, at, readings) for m in (model, again))
    assert np.allclose(before, after, atol=0.05)


def test_words_are_found_under_the_ids_of_any_language_model() -> None:
    parameters = drawn_parameters()
    model = ContextModel.of(WORDS, parameters, WORDS)
    turned = (*WORDS[:5], *WORDS[:4:-1], "mới")
    other = ContextModel.of(WORDS, parameters, turned)
    ids = np.arange(len(WORDS))
    same = np.array([turned.index(word) for word in WORDS])
    at, printed = np.array([0, 7, 19]), np.arange(len(ids)) % STATES
    readings = np.array([[5, 6], [8, 9], [10, 5]])
    found = model.scores(ids, printed, at, readings)
    assert np.allclose(found, other.scores(same, printed, at, same[readings]), atol=1e-5)
    assert not other.knows(np.array([turned.index("mới"), 1, len(turned) + 7])).any()


def test_a_place_is_not_told_its_own_word() -> None:
    model = ContextModel.of(WORDS, drawn_parameters(), WORDS)
    text, printed = np.arange(5, 17), np.arange(12) % STATES
    other = text.copy()
    other[6] = 5
    at, readings = np.array([6]), np.array([[5, 6, 7]])
    found = model.scores(text, printed, at, readings)
    assert np.allclose(found, model.scores(other, printed, at, readings), atol=1e-4)


def test_how_a_word_and_those_around_are_printed_tells_of_it() -> None:
    model = ContextModel.of(WORDS, drawn_parameters(), WORDS)
    text, at, readings = np.arange(5, 17), np.array([6]), np.array([[5, 6, 7]])
    plain = np.zeros(12, np.int64)
    found = model.scores(text, plain, at, readings)
    for place in (2, 5, 6, 7, 11):
        other = plain.copy()
        other[place] = CAPITAL
        assert not np.allclose(found, model.scores(text, other, at, readings), atol=1e-4)


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
        words, printed = rng.integers(0, len(WORDS), length), rng.integers(0, STATES, length)
        given = parameters["inputs"][words]
        vectors = given + parameters["printed"][printed]
        near = np.concatenate([np.zeros((1, 8)), vectors, np.zeros((1, 8))])
        at = np.arange(min(length, LEAD))  # all that stands before them is read
        found = wanted_at(parameters, words, printed, at)
        for place in at:
            before = told(parameters, 0, list(vectors[:place]))
            after = told(parameters, 1, list(vectors[:place:-1]))
            around = given[max(0, place - FAR) : place + FAR]
            far = (around.sum(0) - given[place]) * 2 / FAR
            memory = np.concatenate([before, after])
            seen = np.concatenate([memory, near[place], near[place + 2], far])
            own = parameters["own"][printed[place]] + parameters["b1"]
            units = np.maximum(seen @ parameters["w1"] + own, 0)
            wanted = np.concatenate([units, memory]) @ parameters["w2"] + parameters["b2"]
            assert np.allclose(found[place], wanted, atol=2e-3)


def test_it_does_not_matter_what_else_is_asked() -> None:
    """Places of a long text are read in stretches, side by side: each as if it were asked alone."""
    parameters = drawn_parameters()
    rng = np.random.default_rng(5)
    words, printed = (rng.integers(0, n, 40 * STRETCH) for n in (len(WORDS), STATES))
    at = np.random.default_rng(6).permutation(len(words))[:300]
    found = wanted_at(parameters, words, printed, at)
    for place, wanted in zip(at[:40], found, strict=False):
        alone = wanted_at(parameters, words, printed, np.array([place]))[0]
        assert np.allclose(wanted, alone, atol=1e-4)
        start = max(0, int(place) - STRETCH - 3 * LEAD)
        part = slice(start, place + STRETCH + 3 * LEAD)
        near = wanted_at(parameters, words[part], printed[part], np.array([place - start]))[0]
        assert np.allclose(wanted, near, atol=0.05)


def test_what_pytorch_learns_is_what_the_program_knows() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(1)
    learned = network(len(WORDS), np.zeros(len(WORDS) - 2, np.float32))
    for values in (learned.printed.weight, learned.own.weight):
        torch.nn.init.normal_(values)
    rng = np.random.default_rng(8)
    text, printed = (rng.integers(0, n, LEAD) for n in (len(WORDS), STATES))
    parameters = parameters_of(learned)
    again = network(len(WORDS), np.zeros(len(WORDS) - 2, np.float32))
    load(again, parameters)
    with torch.no_grad():
        shown = torch.from_numpy(text[None]), torch.from_numpy(printed[None])
        wanted = learned(*shown)[0].numpy()
        assert torch.allclose(learned(*shown), again(*shown), atol=1e-5)
    found = wanted_at(parameters, text, printed, np.arange(len(text)))
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
        loss = loss_of(learned, text, np.zeros_like(text), drawn, rng)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[0] > 0.5
    assert losses[-1] < 0.1


def test_several_processes_learn_one_network() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(1)
    learned = network(len(WORDS), np.zeros(len(WORDS) - 2, np.float32))
    before = {name: values.clone() for name, values in learned.state_dict().items()}
    rows = np.array([[w, *np.setdiff1d(np.arange(5, 17), [w])[:3]] for w in range(5, 17)])
    start = np.concatenate([np.zeros(5, np.int64), np.arange(12)])
    count = np.array([0] * 5 + [1] * 12)
    drawn = Drawn(rows, np.zeros(rows.shape, np.float32), (start, start), (count, count))
    text = np.stack([np.tile(np.arange(5, 17), 30), np.zeros(360, np.int64)])
    learn(learned, text, text[:, :0], drawn, minutes=0.02, cores=2)
    after = learned.state_dict()
    assert all(bool(torch.isfinite(values).all()) for values in after.values())
    assert not torch.equal(before["outputs.weight"], after["outputs.weight"])


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
        np.zeros(len(text), np.int64),
        np.array([place]),
        np.array([[ids["chức"], ids["chục"], ids["chút"]]]),
    )
    assert found.argmax() == 0
