"""How words are printed: capitals inside sentences, and commas."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from pipeline.restore import train_appearance
from pipeline.restore.appearance import CAPITAL, COMMA, OTHERS, SMALL, STATES, Appearance, states
from pipeline.restore.corpus import split_of
from pipeline.restore.tokens import UNKNOWN


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Ông Hà đi chợ", [0, CAPITAL, SMALL, SMALL]),
        ("gạo, cá", [COMMA, SMALL]),
        ("với Hà, Lan", [0, CAPITAL + COMMA, CAPITAL]),
        ("đã đi. Về nhà", [0, SMALL, 0, SMALL]),
        ("b) Các xã", [0, 0, SMALL]),
        ("theo UBND xã", [0, 0, SMALL]),
        ("tên (Lan) và", [0, 0, SMALL]),
        ("có 15, rồi", [0, COMMA, 0]),
        ("gọi “đá”, rồi", [0, COMMA, SMALL]),
    ],
)
def test_what_case_and_comma_tell_where_they_tell_of_the_word(
    line: str, expected: list[int]
) -> None:
    assert states(line.split()) == expected


def test_behind_a_boundary_a_capital_tells_nothing() -> None:
    assert states([None, "Hà", None, "Hà", "Hà"]) == [0, 0, 0, 0, CAPITAL]


def test_shares_are_counted_in_running_text(tmp_path: Path) -> None:
    line = "Ở đây ông Nam gặp bà Nam, rồi về nhà.\n"
    texts = (line * times + "THÔNG BÁO\n" for times in range(30, 60))
    text = next(text for text in texts if split_of(text) == "train")
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    out = tmp_path / "appearance.tsv"
    train_appearance.main(["--text", str(tmp_path), "--out", str(out)])
    rows = [x.split("\t") for x in out.read_text(encoding="utf-8").splitlines() if x[0] != "#"]
    table = {word: (float(capital), float(comma)) for word, capital, comma in rows}
    assert table["nam"][0] > 0.98
    assert 0.3 < table["nam"][1] < 0.5
    assert table["gặp"][0] < 0.02
    assert table["gặp"][1] < 0.1
    assert "nhà" not in table  # nothing but the end of sentences
    assert {OTHERS, UNKNOWN} <= table.keys()


def test_without_training_text_nothing_is_written(tmp_path: Path) -> None:
    out = tmp_path / "appearance.tsv"
    with pytest.raises(ValueError, match="no training text"):
        train_appearance.main(["--text", str(tmp_path), "--out", str(out)])
    assert not out.exists()


def test_a_word_without_a_row_counts_as_its_kind() -> None:
    lines = [f"{OTHERS}\t0.25\t0.1", f"{UNKNOWN}\t0.9\t0.2", "nam\t0.8\t0.05"]
    ids = {"nam": 0, "xã": 1, "torres": 2}
    logs = Appearance.read(lines, ids, np.array([0, 1])).logs
    assert logs.shape == (STATES, 4)
    np.testing.assert_allclose(np.exp(logs[CAPITAL]), [0.8 * 0.95, 0.25 * 0.9, 0.9 * 0.8, 1], 1e-4)
    np.testing.assert_allclose(np.exp(logs[SMALL + COMMA]), [0.2 * 0.05, 0.075, 0.02, 1], 1e-4)


def test_the_table_that_comes_along_has_names_and_particles() -> None:
    text = (files("dictionaries") / "appearance.tsv").read_text(encoding="utf-8")
    logs = Appearance.read(text.splitlines(), {"nguyễn": 0, "của": 1}, np.arange(2)).logs
    assert logs[CAPITAL, 0] > logs[SMALL, 0] + 2
    assert logs[SMALL, 1] > logs[CAPITAL, 1] + 2
    assert logs[COMMA, 0] > logs[COMMA, 1] + 1
