"""What is learned from confirmed letters, and that it helps where it should and nowhere hurts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from cli import main
from pipeline.batch.fingerprint import digest_of
from pipeline.models import load_restorer
from pipeline.restore.adapt import adapted
from pipeline.restore.language_model import LanguageModel
from pipeline.restore.learned import FOLDER, LearnedFiles
from pipeline.restore.own_channel import merged
from pipeline.restore.own_words import as_model_words, own_phrases, sentences
from pipeline.restore.restore import Restorer
from pipeline.review.decisions import LETTER
from pipeline.review.desk import Asked, Desk
from pipeline.review.learning import built_in_model, learn_from, lesson_of
from pipeline.review.lines import confirmed_lines
from pipeline.review.writing import read_machine
from pipeline.settings import Settings
from tests.review_batch import letter_in

SENTENCES = [
    "Giao Tổ thuỷ nông Khe Giổi phối hợp với đồng chí Lò Thị Hặc kiểm tra.",
    "Đồng chí Lò Thị Hặc báo cáo trước ngày 20 tháng 4.",
    "Tổ thuỷ nông Khe Giổi nạo vét mương phai, sửa chữa cọn guồng ở bản Rộc Đùng.",
    "Việc tu bổ mương phai do đồng chí Lò Thị Hặc phụ trách.",
]


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return built_in_model()


def _letters(*texts: Sequence[str]) -> list[list[list[str]]]:
    return [[s for text in letter for s in sentences(text.split())] for letter in texts]


def test_names_and_terms_of_several_letters_are_found_and_common_words_are_not(
    model: LanguageModel,
) -> None:
    found = {p.text: p for p in own_phrases(_letters(SENTENCES[:2], SENTENCES[2:]), model)}
    assert "Lò Thị Hặc" in found
    assert "Tổ thuỷ nông Khe Giổi" in found
    assert found["Lò Thị Hặc"].letters == 2
    assert not {"đồng chí", "phối hợp", "ở", "bản Rộc Đùng", "cọn guồng"} & found.keys()


def test_no_phrase_goes_across_a_comma(model: LanguageModel) -> None:
    found = own_phrases(_letters(["ông Hặc, Khuê và"], ["ông Hặc, Khuê và"]), model)
    assert not any("Hặc Khuê" in p.text for p in found)


def test_the_model_expects_what_it_was_taught_and_else_what_it_did(model: LanguageModel) -> None:
    taught = adapted(model, [as_model_words(s.split()) for s in SENTENCES])
    ids = taught.ids()

    def log(m: LanguageModel, *words: str) -> float:
        u, v, w = (np.array([ids[x]]) for x in words)
        return float(m.trigram(u, v, w)[0])

    assert log(taught, "lò", "thị", "hặc") > log(taught, "lò", "thị", "hoa")
    assert log(taught, "ủy", "ban", "nhân") == log(model, "ủy", "ban", "nhân")
    assert len(model.words) <= len(taught.words)
    assert built_in_model().bigrams.marks.sum() == model.bigrams.marks.sum(), "not changed in place"


def test_nothing_taught_changes_nothing(model: LanguageModel) -> None:
    assert adapted(model, []).words == model.words


def test_misreadings_that_came_again_are_added_to_the_channel() -> None:
    own = ["rime\tổ\tố\t3", "rime\tổ\tổ\t90", "rime\tỗ\tố\t1"]
    rows = dict(
        line.rpartition("\t")[::2]
        for line in merged(["# head", "onset\tt\tt\t10", "rime\tổ\tố\t2"], own, 2)
    )
    assert rows == {"onset\tt\tt": "10", "rime\tổ\tố": "8"}


def _checked(folder: Path) -> Desk:
    """The scanned letter with a word typed and all of it checked."""
    desk = Desk(folder, "Lan")
    letter = letter_in(folder, "scanned")
    word = next(w for w in desk.view(letter).words() if w.text == "cuốn")
    asked = [Asked(word.place, "change", "quyển"), Asked(LETTER, "confirm")]
    desk.decide(letter, asked, seen=0)
    return desk


def test_of_a_checked_letter_all_lines_are_confirmed_as_people_left_them(
    review_folder: Path,
) -> None:
    desk = _checked(review_folder)
    letter = letter_in(review_folder, "scanned")
    machine = read_machine(review_folder / letter)
    lines = confirmed_lines(machine, desk.decisions.of_letter(letter))
    assert len(lines) == sum(bool(t.strip()) for t in machine.pages[0].raw_text.split("\n"))
    text = " ".join(token for line in lines for token in line.tokens)
    assert "mười quyển sách" in text
    pairs = [pair for line in lines for pair in line.pairs()]
    assert ("quyển", "cuốn") in pairs
    assert ("sách", "sách") in pairs


def test_of_other_letters_only_lines_in_which_nothing_is_left_open(grouped_folder: Path) -> None:
    desk = Desk(grouped_folder, "Lan")
    letter = letter_in(grouped_folder, "grouped")
    words = [w for w in desk.view(letter).words() if w.raw == "tố"][:3]
    desk.decide(letter, [Asked(w.place, "confirm") for w in words], seen=0)
    machine = read_machine(grouped_folder / letter)
    lines = confirmed_lines(machine, desk.decisions.of_letter(letter))
    assert len(lines) == 1, "two in the first line, of the second one is still open"
    assert lines[0].tokens.count("tổ") == 2


def test_learning_writes_files_that_people_can_read_and_edit(review_folder: Path) -> None:
    _checked(review_folder)
    done = CliRunner().invoke(main, ["learn", str(review_folder)])
    assert done.exit_code == 0, done.output
    folder = review_folder / FOLDER
    assert "mười quyển sách" in (folder / "learned-text.txt").read_text("utf-8")
    assert (folder / "learned.tsv").read_text("utf-8").startswith("# ")
    own = folder / "own.tsv"
    own.write_text(own.read_text("utf-8") + "Khe Giổi\n-Bến Gỗ\n", encoding="utf-8")
    (folder / "learned.tsv").write_text("Bến Gỗ\t0.5\t3\nNà Pheo\t0.5\t2\n", encoding="utf-8")
    phrases = {p.words for p in LearnedFiles(folder).phrases()}
    assert phrases == {("khe", "giổi"), ("nà", "pheo")}
    learn_from(review_folder)
    assert "Khe Giổi" in own.read_text("utf-8"), "what people wrote stays"
    assert {p.name for p in LearnedFiles(folder).files()} == {p.name for p in folder.iterdir()}


def test_learning_again_from_the_same_decisions_writes_the_same(review_folder: Path) -> None:
    _checked(review_folder)
    folder = learn_from(review_folder).folder
    before = {p: p.read_bytes() for p in folder.iterdir()}
    learn_from(review_folder)
    assert {p: p.read_bytes() for p in folder.iterdir()} == before


def test_nothing_is_learned_from_nothing_or_from_secret_letters(review_folder: Path) -> None:
    assert CliRunner().invoke(main, ["learn", str(review_folder)]).exit_code == 4
    _checked(review_folder)
    assert len(lesson_of(review_folder).letters) == 1
    path = review_folder / letter_in(review_folder, "scanned") / "record.machine.json"
    path.write_text(path.read_text("utf-8").replace('"secrecy": null', '"secrecy": "MẬT"'), "utf-8")
    assert CliRunner().invoke(main, ["learn", str(review_folder)]).exit_code == 4


def test_process_uses_it_when_told_and_not_else(review_folder: Path, tmp_path: Path) -> None:
    scan = tmp_path / "letter.txt"
    scan.write_text("Đồng chí Lò Thị Hặc báo cáo.\n", encoding="utf-8")
    asked = ["process", str(scan), "--out", str(review_folder), "--jobs", "1", "--quiet"]
    refused = CliRunner().invoke(main, [*asked, "--learned"])
    assert refused.exit_code == 2
    assert "congvan learn" in refused.output
    _checked(review_folder)
    learned = learn_from(review_folder).folder
    plain, taught = Settings(), Settings(learned=learned)
    assert digest_of(plain) != digest_of(taught)
    before = digest_of(taught)
    (learned / "own.tsv").write_text("Lò Thị Hặc\t0.5\n", encoding="utf-8")
    assert digest_of(taught) != before, "an edited list has effect"
    done = CliRunner().invoke(main, [*asked, "--learned"])
    assert done.exit_code == 0, done.output


def test_a_name_that_was_changed_into_a_word_stays_when_it_was_confirmed(
    restorer: Restorer, tmp_path: Path
) -> None:
    text = "Giao đồng chí Lò Thị Hặc theo dõi, báo cáo kết quả cho Tổ thuỷ nông Khe Giổi."
    misread = text.replace("Giổi", "Giối")
    (tmp_path / "learned-text.txt").write_text("\n".join(SENTENCES * 2), encoding="utf-8")
    taught = load_restorer(learned=tmp_path)
    assert taught.restore_text(text, "vie").lines[0].text == text
    assert taught.restore_text(misread, "vie").lines[0].text == text
    plain = "Uỷ ban nhân dân tỉnh yêu cầu các sở, ngành tố chức thực hiện nghiêm túc Kế hoạch này."
    both = [r.restore_text(plain, "vie").lines[0].text for r in (restorer, taught)]
    assert both[0] == both[1]


def test_reviewed_text_makes_a_model_of_its_own(review_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "own.npz"
    assert CliRunner().invoke(main, ["train", "--out", str(out)]).exit_code == 2
    asked = ["train", "--reviewed", str(review_folder), "--out", str(out)]
    assert CliRunner().invoke(main, asked).exit_code == 4
    text = tmp_path / "corpus"
    text.mkdir()
    (text / "letters.txt").write_text("\n\n".join(SENTENCES * 40), encoding="utf-8")
    _checked(review_folder)
    done = CliRunner().invoke(main, [*asked, "--text", str(text)])
    assert done.exit_code == 0, done.output
    assert "quyển" in LanguageModel.load(out.read_bytes()).words
