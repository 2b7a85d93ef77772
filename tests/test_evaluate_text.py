"""Error rates of texts, checked against simpler scorers of the same figures."""

from __future__ import annotations

import difflib
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluate import TextScore, score_text
from pipeline.evaluate.alignment import distance, pairs, right
from pipeline.evaluate.text import fold_tone, marks_right, words

CASES = Path(__file__).parent / "cases" / "evaluate"

SYLLABLES = ["uỷ", "ban", "nhân", "dân", "hoà", "phường", "quý", "thuỷ", "lợi", "đê", "số", "12/CV"]
texts = st.lists(st.sampled_from(SYLLABLES), max_size=30).map(" ".join)
tokens = st.lists(st.sampled_from("abcd"), max_size=12)


@pytest.mark.parametrize(
    "case",
    json.loads((CASES / "texts.json").read_text(encoding="utf-8")),
    ids=lambda case: case["says"],
)
def test_case(case: dict[str, Any]) -> None:
    got = score_text(case["text"], case["truth"], case.get("raw")).to_json()
    assert {key: got[key] for key in case["scores"]} == case["scores"]


def table_distance(a: list[str], b: list[str]) -> int:
    """Levenshtein distance by the textbook's table."""
    above = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (x != y)))
        above = row
    return above[-1]


@given(tokens, tokens)
def test_distance_is_that_of_the_table(a: list[str], b: list[str]) -> None:
    assert distance(a, b) == table_distance(a, b)


@given(tokens, tokens)
def test_the_alignment_costs_the_distance(a: list[str], b: list[str]) -> None:
    aligned = list(pairs(a, b))
    substituted = sum(a[i] != b[j] for i, j in aligned)
    assert substituted + len(a) + len(b) - 2 * len(aligned) == distance(a, b)
    assert aligned == sorted(aligned, reverse=True)


def edited(text: list[str], chance: random.Random) -> list[str]:
    """A few tokens of `text` replaced, dropped or doubled, none side by side."""
    out: list[str] = []
    for number, token in enumerate(text):
        what = chance.choice(["keep", "drop", "double", "replace"]) if number % 5 == 2 else "keep"
        out += {"keep": [token], "drop": [], "double": [token, token], "replace": ["†"]}[what]
    return out


@given(st.randoms(use_true_random=False), st.integers(0, 60))
def test_scores_agree_with_a_difflib_scorer(chance: random.Random, length: int) -> None:
    """With edits far apart and no word twice there is only one sensible alignment, so the scorer
    must find what difflib finds: its opcodes count the same errors."""
    truth = [f"từ{number}" for number in range(length)]
    text = edited(truth, chance)
    codes = difflib.SequenceMatcher(None, text, truth, autojunk=False).get_opcodes()
    errors = sum(max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in codes if tag != "equal")
    kept = {j for tag, _, _, j1, j2 in codes if tag == "equal" for j in range(j1, j2)}
    score = score_text(" ".join(text), " ".join(truth), raw="").now
    assert (score.words, score.errors) == (length, errors)
    assert right(text, truth) == kept


@given(texts)
def test_a_text_agrees_with_itself(text: str) -> None:
    now = score_text(text, text).now
    assert (now.errors, now.strict_errors) == (0, 0)
    assert now.common == now.given == now.words
    assert now.marks == now.marks_right


@given(texts, texts, texts)
def test_helped_less_hurt_is_the_gain(text: str, truth: str, raw: str) -> None:
    score = score_text(text, truth, raw)
    gold = words(truth)
    gain = len(right(words(text), gold)) - len(right(words(raw), gold))
    assert score.helped is not None
    assert score.hurt is not None
    assert score.helped - score.hurt == gain


@given(texts)
def test_marks_without_marks(text: str) -> None:
    bare = "".join(c if c.isascii() else "a" for c in fold_tone(text))
    back, marks = marks_right(bare, text)
    assert back == 0
    assert marks == sum(not c.isascii() for c in fold_tone(text))


@given(texts, texts)
def test_scores_add_up(a: str, b: str) -> None:
    both = score_text(a, b, a) + score_text(b, a)
    assert both.now.words == len(words(a)) + len(words(b))
    assert both.raw == score_text(a, b).now
    assert TextScore() + both == both
