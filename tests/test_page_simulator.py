"""The page simulator: what it says stands on a page does stand there, and seeds decide all."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.page_simulator import corpus, degrade, fonts, letter_layout, pairs, seals
from benchmarks.page_simulator.compose import Mix, page_blocks, printable
from benchmarks.page_simulator.typeset import Columns, Gap, PageStyle, Rule, plain, typeset
from pipeline.document import Word

pytestmark = pytest.mark.skipif(
    not fonts.installed_families(), reason="no typeface: sudo apt-get install fonts-croscore"
)

BODY = (
    "Uỷ ban nhân dân các xã, phường tổ chức lấy ý kiến của từng hộ về mức đóng góp, niêm yết kết "
    "quả tại nhà văn hoá trong bảy ngày, rồi gửi biên bản về Phòng Kinh tế trước ngày 05/9/2022."
)
SMALL = PageStyle(
    dpi=150, height=300, family=(fonts.installed_families() or ["Tinos"])[0], page_numbers=False
)


def dark(picture: degrade.Picture, box: degrade.Box) -> int:
    left, top, right, bottom = box
    return int((picture[max(0, top) : bottom, max(0, left) : right] < 128).sum())


def test_every_word_stands_in_its_box_and_nothing_outside() -> None:
    (page,) = typeset([plain(BODY, first_indent=28.0), plain("Nơi nhận:")], SMALL)
    picture = np.array(page.image)
    assert [word.text for word in page.words] == [*BODY.split(), "Nơi", "nhận:"]
    for word in page.words:
        assert dark(picture, word.box) > 0
        left, top, right, bottom = word.box
        picture[top:bottom, left:right] = 255
    assert (picture == 255).all()


def test_reading_order_is_left_column_then_right() -> None:
    head = letter_layout.letterhead(
        "state", ["UỶ BAN NHÂN DÂN", "TỈNH HƯNG YÊN"], "Số: 7/UBND-TH", "Hưng Yên, ngày …"
    )
    (page,) = typeset([head, plain("Thân bài.")], SMALL)
    assert page.text.splitlines() == [
        "UỶ BAN NHÂN DÂN",
        "TỈNH HƯNG YÊN",
        "Số: 7/UBND-TH",
        "",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Hưng Yên, ngày …",
        "",
        "Thân bài.",
    ]


def test_long_text_runs_over_pages_and_only_later_pages_are_numbered() -> None:
    blocks = [plain(BODY) for _ in range(8)]
    bare = typeset(blocks, SMALL)
    numbered = typeset(blocks, replace(SMALL, page_numbers=True))
    assert len(bare) == len(numbered) > 1
    assert "".join(page.text for page in bare).split() == (BODY + " ").split() * 8
    assert [page.text for page in bare] == [page.text for page in numbered]
    same = [a.image.tobytes() == b.image.tobytes() for a, b in zip(bare, numbered, strict=True)]
    assert same == [True] + [False] * (len(bare) - 1)


def test_identifiers_break_after_a_hyphen_as_word_processors_do() -> None:
    texts = ["a " * count + "50-KL/TW" for count in range(30, 60)]
    pages = [typeset([plain(text)], SMALL)[0] for text in texts]
    ends = [line.text for page in pages for line in page.lines if line.text.endswith(" 50-")]
    assert ends
    assert all("".join(page.text.split()).endswith("50-KL/TW") for page in pages)


def test_columns_higher_than_a_page_are_refused() -> None:
    tall = Columns((Gap(400.0), plain("x")), (Rule(10),))
    with pytest.raises(ValueError, match="higher than a page"):
        typeset([tall], SMALL)


def test_a_missing_typeface_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = ("fonts-nowhere", "/nonexistent", ("a", "b", "c", "d"))
    monkeypatch.setitem(fonts.FACES, "Nowhere Serif", absent)
    with pytest.raises(fonts.FontMissingError, match="apt-get install fonts-nowhere"):
        fonts.font_path("Nowhere Serif")


DAMAGES = st.builds(
    degrade.Damage,
    dpi=st.sampled_from([100, 150, 200]),
    ink=st.floats(-0.6, 1.2),
    generations=st.integers(0, 1),
    bleed=st.sampled_from([0.0, 0.1]),
    skew=st.floats(-3, 3),
    blur=st.floats(0, 1.0),
    fade=st.floats(0, 0.3),
    noise=st.floats(0, 12),
    speckle=st.floats(0, 3),
    threshold=st.sampled_from([None, 160]),
    jpeg=st.sampled_from([None, 50]),
)


@settings(max_examples=15, deadline=None)
@given(damage=DAMAGES, seed=st.integers(0, 1000))
def test_damage_is_decided_by_the_seed_and_words_are_found_again(
    damage: degrade.Damage, seed: int
) -> None:
    (page,) = typeset([plain(BODY)], SMALL)
    picture = np.asarray(page.image)
    once = degrade.scan(picture, page.dpi, damage, np.random.default_rng(seed))
    again = degrade.scan(picture, page.dpi, damage, np.random.default_rng(seed))
    assert (once.picture == again.picture).all()
    assert once.picture.dtype == np.uint8
    if damage.threshold is not None and damage.jpeg is None:
        assert set(np.unique(once.picture)) <= {0, 255}
    clean = replace(damage, ink=0.0, generations=0, fade=0.0, speckle=0.0, noise=0.0, bleed=0.0)
    moved = degrade.scan(picture, page.dpi, clean, np.random.default_rng(seed))
    found = [
        (moved.picture[t:b, left:r] < 215).any() for left, t, r, b in map(moved.box, boxes(page))
    ]
    assert sum(found) >= 0.95 * len(found)


def boxes(page: object) -> list[degrade.Box]:
    return [word.box for word in page.words]  # type: ignore[attr-defined]


def test_colour_goes_through_every_damage() -> None:
    (page,) = typeset([plain(BODY)], SMALL)
    colour = np.repeat(np.asarray(page.image)[..., None], 3, axis=2)
    damage = degrade.Damage(dpi=120, ink=0.4, generations=1, bleed=0.1, skew=1, blur=0.5, fade=0.1)
    damage = replace(damage, noise=4, speckle=2, jpeg=60)
    scan = degrade.scan(colour, page.dpi, damage, np.random.default_rng(1))
    assert scan.picture.ndim == 3
    assert degrade.uneven_light(scan.picture, 0.3, np.random.default_rng(2)).mean() < 250


def test_words_read_are_laid_to_the_line_they_overlap() -> None:
    (page,) = typeset([plain(BODY)], SMALL)
    damage = degrade.Damage(dpi=100, skew=1.5)
    scan = degrade.scan(np.asarray(page.image), page.dpi, damage, np.random.default_rng(5))
    read = [Word(word.text.upper(), scan.box(word.box), 0.9) for word in page.words]
    stray = Word("~", (0, 0, 4, 4), 0.1)
    shuffled = [stray, *(read[i] for i in np.random.default_rng(6).permutation(len(read)))]
    for pair, line in zip(pairs.align(page.lines, shuffled, scan), page.lines, strict=True):
        assert (pair.truth, pair.ocr) == (line.text, line.text.upper())


@pytest.mark.parametrize(
    ("truth", "ocr", "kept"),
    [
        ("Nghị quyết Hội nghị Trung ương", "Nghi quyet Hpi nghi Trung wong", True),
        ("Nơi nhận:", "", False),
        ("- Như trên;", "CHỦ TỊCH HỘI ĐỒNG NHÂN DÂN", False),
    ],
)
def test_only_failures_of_layout_are_left_out(truth: str, ocr: str, kept: bool) -> None:
    assert pairs.believable(pairs.Pair(truth, ocr)) is kept


def test_hard_wrapped_lines_are_joined_and_markers_start_paragraphs() -> None:
    text = (
        "CHƯƠNG TRÌNH\n"
        "1. Các cơ quan thuộc Uỷ ban nhân dân thành phố báo cáo tình hình thực\n"
        "hiện nhiệm vụ được giao.\n"
        "a) Sở Y tế;\n\n"
        "b) Sở Xây dựng."
    )
    assert corpus.paragraphs(text) == [
        "CHƯƠNG TRÌNH",
        "1. Các cơ quan thuộc Uỷ ban nhân dân thành phố báo cáo tình hình thực hiện nhiệm vụ "
        "được giao.",
        "a) Sở Y tế;",
        "b) Sở Xây dựng.",
    ]


@pytest.mark.parametrize(
    ("paragraph", "fit"),
    [
        (BODY, True),
        ("Họ và tên: .................... Nam/Nữ: ............", False),
        ("The Socialist Republic of Viet Nam and its provinces, cities and towns", False),
        ("会议 Hội nghị", False),
    ],
)
def test_what_is_fit_to_print(paragraph: str, fit: bool) -> None:
    assert printable(paragraph) is fit


def test_pages_are_composed_by_the_seed() -> None:
    texts = [BODY, "Điều 4. " + BODY, "CHƯƠNG II", "- " + BODY]
    mix = Mix(letterhead=1.0, foot=1.0)
    once, again = (page_blocks(texts, np.random.default_rng(3), mix) for _ in range(2))
    assert once == again
    assert isinstance(once[0], Columns)
    assert isinstance(once[-1], Columns)


class Scribe:
    """Reads a page without looking: the words that stand on it, as an OCR would give them."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, picture: degrade.Picture, model: str, dpi: int) -> list[Word]:
        self.calls += 1
        height, width = picture.shape[:2]
        assert (model, dpi > 0) == ("vie", True)
        return [Word("chữ", (0, 0, width, height), 0.9)]


def test_rows_keep_splits_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "read_words", Scribe())
    monkeypatch.setattr(pairs, "believable", lambda pair: bool(pair.ocr))
    texts = [f"{BODY}\nMục {number}. {BODY}" for number in range(60)]
    made: dict[str, set[str]] = {}
    for split in ("train", "dev", "test"):
        rows = pairs.rows([texts], "vie", "weak", np.random.default_rng(1), split)
        lines = [next(rows)[0].split("\n")[0].split("\t") for _ in range(4)]
        assert {line[0] for line in lines} == {split}
        assert all(len(line) == len(pairs.HEADER.split("\t")) for line in lines)
        made[split] = {line[1] for line in lines}
    assert not made["train"] & made["dev"]
    assert not made["train"] & made["test"]
    assert not made["dev"] & made["test"]


@pytest.mark.parametrize("kind", ["heavy", "weak", "light"])
def test_damages_are_drawn_by_the_seed(kind: pairs.Kind) -> None:
    once, again = (pairs.draw_damage(kind, np.random.default_rng(8)) for _ in range(2))
    assert once == again
    assert 100 <= once.dpi <= 300


def test_ink_darkens_paper_and_leaves_print_below_it_dark() -> None:
    page = np.full((300, 300, 3), 255, dtype=np.uint8)
    page[140:160, 140:160] = 0
    ring = seals.seal("SỞ NGOẠI VỤ TỈNH HẬU GIANG", 150, np.random.default_rng(1))
    pressed = seals.press(page, ring, seals.RED, (-20, 40))
    assert (pressed <= page).all()
    assert (pressed[140:160, 140:160] == 0).all()
    red, _, blue = (pressed[..., channel].astype(int).mean() for channel in range(3))
    assert red > blue
    assert (seals.press(page, ring, seals.RED, (400, 400)) == page).all()


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="no Tesseract on this machine")
def test_pairs_by_the_real_tesseract(tmp_path: Path) -> None:
    text, out = tmp_path / "text.txt", tmp_path / "pairs.tsv"
    text.write_text("\n".join([BODY] * 12), encoding="utf-8")
    asked = ["--text", text, "--out", out, "--model", "vie", "--damage", "light", "--pages", "1"]
    assert pairs.main([str(word) for word in asked]) == 0
    header, *lines = (line.split("\t") for line in out.read_text(encoding="utf-8").splitlines())
    assert "\t".join(header) == pairs.HEADER
    assert len(lines) > 5
    right = sum(truth.split() == ocr.split() for *_, truth, ocr, _ in lines)
    assert right > 0.3 * len(lines)
    for *_, ocr, confidence in lines:
        told = [float(c) for c in confidence.split()]
        assert len(told) == len(ocr.split())
        assert all(0 <= c < 1 for c in told)


def test_text_that_is_not_there_is_said_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--text", str(tmp_path / "none"), "--out", str(tmp_path / "pairs.tsv")]
    assert pairs.main([*asked, "--model", "eng", "--damage", "heavy"]) == 3
    assert "no text in it" in capsys.readouterr().err
    assert not (tmp_path / "pairs.tsv").exists()
