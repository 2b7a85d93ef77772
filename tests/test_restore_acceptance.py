"""When another reading is taken: what a document tells of its own words and errors counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.restore_accuracy import bare_page
from benchmarks.train_acceptance import offers
from pipeline.document import Line, PageLayout
from pipeline.restore.acceptance import FEATURES, Acceptance, rates
from pipeline.restore.restore import Restorer


@pytest.fixture(scope="module")
def restorer() -> Restorer:
    return Restorer.load()


ONE = "Chủ tịch xã đã trao đổi với ông Phạm Hưu về việc đó."
AGAIN = "Ông Hưu nhận. Ông Hưu cho biết. Gia đình ông Hưu có bốn người. Ông Hưu ra về."


def probability(restorer: Restorer, text: str, token: str) -> float:
    page = PageLayout(1, 0, 0, 0, tuple(Line(line) for line in text.split("\n")))
    slots, decoded = restorer.decoded([(0, page)], "vie")
    at = next(i for i, s in enumerate(slots) if s is not None and s.token == token)
    found, _, offered = decoded.offered()
    acceptance = restorer.acceptance("vie")
    assert acceptance is not None
    return float(acceptance.of(offered)[found.tolist().index(at)]) if at in found else 0.0


def test_a_name_printed_again_and_again_is_rather_right(restorer: Restorer) -> None:
    alone = probability(restorer, ONE, "Hưu")
    assert probability(restorer, f"{ONE}\n{AGAIN}", "Hưu") < max(alone, 1e-9)


def test_what_is_taken_adds_up(restorer: Restorer) -> None:
    page = PageLayout(1, 0, 0, 0, (Line("Các tô chức, cá nhân có liên quan chiu trách nhiêm"),))
    _, decoded = restorer.decoded([(0, page)], "vie")
    acceptance = restorer.acceptance("vie")
    assert acceptance is not None
    share, needed = acceptance.weighed(decoded)
    assert share.shape == decoded.share.shape
    assert np.allclose(share.sum(1), decoded.share.sum(1), atol=0.05)
    assert ((needed >= 0) & (needed < 1)).all()


def test_the_heavy_channel_has_none(restorer: Restorer) -> None:
    assert restorer.acceptance("eng") is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_a_page_of_more_errors_has_a_higher_rate(unsure: list[float]) -> None:
    page = np.zeros(len(unsure), np.int64)
    less, more = (rates(np.array(u), page) for u in (unsure, [min(1, x + 0.1) for x in unsure]))
    assert (less <= more + 1e-12).all()
    assert (less > 0).all()


def test_weights_are_read_by_name() -> None:
    read = Acceptance.read(["# comment", "vie\todds\t2", "eng\todds\t3", "vie\tunknown\t9"], "vie")
    assert read is not None
    assert read.weights.plain[FEATURES.index("odds")] == 2
    assert read.weights.plain.sum() == 2
    with pytest.raises(ValueError, match="unpack"):
        Acceptance.read(["vie odds 2"], "vie")


def test_offers_tell_which_reading_is_right(restorer: Restorer) -> None:
    read = ["Các tô chức, cá nhân có liên quan chịu trách nhiệm thi hành"]
    truth = ["Các tổ chức, cá nhân có liên quan chịu trách nhiệm thi hành"]
    found = offers(restorer, bare_page(read), truth)
    assert found.other.sum() == 1
    assert not found.own[found.other].any()
    clean = offers(restorer, bare_page(truth), None)
    assert not clean.other.any()


def test_two_words_read_as_one_are_right_as_two(restorer: Restorer) -> None:
    read = ["THÔNG BÁO KẾHOẠCH NĂM HỌC"]
    truth = ["THÔNG BÁO KẾ HOẠCH NĂM HỌC"]
    assert offers(restorer, bare_page(read), truth).other.any()


def test_pairs_of_the_document_speak_for_a_reading(restorer: Restorer) -> None:
    once = "Nhà vườn Lâm Thủy bán cây tai chợ."
    pairs = "Nhà vườn bán cây tại chợ. Người dân bán cây tại chợ."
    assert probability(restorer, f"{pairs}\n{once}", "tai") > probability(restorer, once, "tai")
