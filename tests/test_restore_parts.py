"""The parts of restoring: syllables, tokens, language model, channel, decoder, corrections."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.document import Correction, apply_corrections
from pipeline.restore import corpus, damage
from pipeline.restore.channel import Channel
from pipeline.restore.corrections import compose
from pipeline.restore.decoder import Decoder, Weights
from pipeline.restore.kneser_ney import smooth
from pipeline.restore.language_model import NONE, LanguageModel, Table
from pipeline.restore.lattice import Lattice, Rows
from pipeline.restore.lexicon import PhraseTable, read_phrases
from pipeline.restore.orthography import analyse, canonical, in_style, parted, tone_style
from pipeline.restore.phrase_patterns import expand
from pipeline.restore.remains import LOST, LOST_MARKS, Remains
from pipeline.restore.stacked_marks import misread_marks, with_misread_marks
from pipeline.restore.tokens import SPECIALS, classify, core_of
from pipeline.restore.train import mix, train
from pipeline.restore.train_channel import align_tokens, learn, read_pairs


@pytest.mark.parametrize(
    ("word", "onset", "rime"),
    [
        ("nghiêng", "ngh", "iêng"),
        ("quyết", "qu", "yết"),
        ("gì", "g", "ì"),
        ("giếng", "gi", "ếng"),
        ("Uỷ", "", "ủy"),
        ("khoẻ", "kh", "ỏe"),
    ],
)
def test_syllables_part_into_onset_and_rime(word: str, onset: str, rime: str) -> None:
    assert analyse(word) == (onset, rime)


@pytest.mark.parametrize("word", ["quyet", "thưc", "kóng", "ngi", "xyz", "hai1", "", "bă"])
def test_what_is_no_syllable(word: str) -> None:
    assert analyse(word) is None


def test_both_tone_placements_are_one_word() -> None:
    assert canonical("Thuỷ") == canonical("thủy") == "thủy"
    assert in_style("hóa", second_vowel=True) == "hoá"
    assert in_style("quý", second_vowel=True) == "quý"
    assert tone_style("uỷ hoá hòa") == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("(UBND)", "ubnd"),
        ("50-KL/TW", "<id>"),
        ("30/5/2019,", "<date>"),
        ("98,5%", "<num>"),
        ("V/v", "v/v"),
        ("“về", "về"),
        ("--", ""),
    ],
)
def test_tokens_fall_into_classes(token: str, kind: str) -> None:
    assert classify(token[slice(*core_of(token))]) == kind


@settings(max_examples=30)
@given(st.sets(st.integers(1, 2**40), min_size=1, max_size=300))
def test_a_table_finds_what_it_stores(keys: set[int]) -> None:
    array = np.array(sorted(keys), np.uint64)
    values = (np.arange(len(array)) % 256).astype(np.uint8)[:, None]
    table = Table.build(array, values)
    rows = table.find(array)
    assert (rows >= 0).mean() > 0.85  # a full bucket turns the last away
    assert (table.values[rows[rows >= 0], 0] == values[rows >= 0, 0]).all()


@settings(max_examples=30)
@given(st.sets(st.integers(1, 2**40), min_size=1, max_size=300))
def test_a_table_is_the_same_after_packing(keys: set[int]) -> None:
    array = np.array(sorted(keys), np.uint64)
    values = np.stack([np.arange(len(array)) % 64, np.arange(len(array)) % 7], 1).astype(np.uint8)
    table = Table.build(array, values)
    again = Table.unpacked("t", table.packed("t"))
    assert (again.marks == table.marks).all()
    assert (again.values == table.values).all()


def write_corpus(folder: Path) -> None:
    line = "Ủy ban nhân dân xã tổ chức ngày hội đọc sách cho các trường học trên địa bàn.\n"
    (folder / "letters.txt").write_text((line * 40 + "\n") * 30, encoding="utf-8")
    (folder / "news.txt").write_text(
        ("Các em học sinh vui mừng đọc sách ở trường.\n" * 40 + "\n") * 30, encoding="utf-8"
    )


def test_training_builds_a_model_that_knows_its_text(tmp_path: Path) -> None:
    write_corpus(tmp_path)
    model = train(tmp_path, tmp_path / "model.npz", held_out=True)
    again = LanguageModel.load((tmp_path / "model.npz").read_bytes())
    assert again.words == model.words
    ids = again.ids()
    u, v, good, bad = (np.array([ids[w]]) for w in ("ủy", "ban", "nhân", "sách"))
    assert again.trigram(u, v, good)[0] > again.trigram(u, v, bad)[0] + 2
    total = np.exp(again.trigram(*np.broadcast_arrays(u, v, np.arange(len(ids))))).sum()
    assert total == pytest.approx(1, abs=0.15)


def test_training_leaves_out_what_it_is_told_to(tmp_path: Path) -> None:
    text, held = tmp_path / "text", tmp_path / "held"
    text.mkdir()
    held.mkdir()
    write_corpus(text)
    secret = "Một câu riêng của lá thư mẫu này không được có mặt trong mô hình ngôn ngữ nào cả.\n"
    (held / "letter.txt").write_text(secret, encoding="utf-8")
    (text / "leak.txt").write_text(secret * 30, encoding="utf-8")
    without = train(text, tmp_path / "a.npz", [held], held_out=True)
    assert "riêng" not in without.words
    assert "riêng" in train(text, tmp_path / "b.npz", held_out=True).words


def test_training_without_text_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no training text"):
        train(tmp_path, tmp_path / "model.npz")


def test_what_many_documents_share_tells_of_none(tmp_path: Path) -> None:
    formula = "Độc lập Tự do Hạnh phúc là tiêu ngữ của mọi văn bản hành chính nước ta.\n"
    own = "Thư này mời các cụ trong xóm đến uống nước chè tươi dưới gốc đa chiều mai.\n"
    bodies = [
        f"Đoạn văn số {i} nói chuyện riêng về việc thứ {i} của làng.\n" * 60 for i in "abcdef"
    ]
    (tmp_path / "many.txt").write_text("\n".join(formula + b for b in bodies), encoding="utf-8")
    excluded = corpus.shingles(formula + own)
    told = corpus.telling(excluded, [tmp_path / "many.txt"])
    assert told >= corpus.shingles(own)
    assert not told & corpus.shingles(formula)


def test_only_the_passage_shared_with_a_test_letter_is_left_out() -> None:
    own = [f"Dòng thứ {i} của công văn này viết về việc số {i} ở trong làng ta." for i in range(60)]
    held = "Một câu riêng của lá thư mẫu này không được có mặt trong mô hình ngôn ngữ."
    excluded = corpus.shingles(held)
    mixed = "\n".join([*own[:30], held, *own[30:]])
    kept = corpus.unshared(mixed, excluded)
    assert not corpus.shingles(kept) & excluded
    assert kept.split("\n") == [*own[:29], *own[31:]]
    assert corpus.unshared("\n".join([held] * 9), excluded) == ""
    assert corpus.unshared("\n".join(own), excluded) == "\n".join(own)


def test_a_context_tells_which_kind_of_text_counts() -> None:
    official = np.tile(np.array([0, 5, 6, 7]), 50)  # after 5 6 always 7
    other = np.concatenate([np.tile(np.array([0, 8, 6, 9]), 50), [0, 5, 6, 9]])
    parts = [(0.5, smooth(official, 10)), (0.5, smooth(other, 10))]
    model = mix(parts, (*SPECIALS, "a", "b", "c", "d", "e"), 100, 100, 100)
    t, u, v = (np.array([x]) for x in (0, 5, 6))
    after = np.exp([model.fourgram(t, u, v, np.array([w]))[0] for w in (7, 9)])
    assert after[0] > 0.8  # a mixture in equal shares would give it half
    assert after.sum() < 1.1


@pytest.mark.parametrize(
    ("pattern", "phrases"),
    [
        ("Tỉnh uỷ", ["Tỉnh uỷ"]),
        ("(Phó |)Bí thư (Tỉnh|Thành) uỷ", 4),
        ("{bậc} (bộ|)", ["đảng bộ", "đảng", "chi bộ", "chi"]),
        ("(a (b|c)|d)", ["a b", "a c", "d"]),
        ("thư (mật)", ["thư (mật)"]),
        ("{lạ} x", ["{lạ} x"]),
        ("(a|b", ["(a|b"]),
    ],
)
def test_patterns_stand_for_all_their_combinations(pattern: str, phrases: list[str] | int) -> None:
    found = list(expand(pattern, {"bậc": ("đảng", "chi")}))
    assert len(found) == phrases if isinstance(phrases, int) else found == phrases


def test_a_pattern_has_a_bound() -> None:
    assert len(list(expand("(a|b)" * 20, {}))) == 20_000


def test_a_list_of_phrases_may_hold_patterns() -> None:
    lines = ["# own", "{cấp}\tTỉnh uỷ|Thành uỷ", "Bí thư {cấp}\t0.7", "^Kính gửi\t0.3"]
    found = {" ".join(p.words): p.weight for p in read_phrases(lines)}
    assert found == {"bí thư tỉnh ủy": 0.7, "bí thư thành ủy": 0.7, "<s> kính gửi": 0.3}


def test_a_document_is_always_in_the_same_split() -> None:
    splits = [corpus.split_of(f"  tài liệu {i}\n") for i in range(500)]
    assert splits == [corpus.split_of(f"tài liệu {i}") for i in range(500)]
    assert 20 < splits.count("dev") < 85
    assert 20 < splits.count("test") < 85


def test_the_channel_learns_from_pairs_and_guesses_the_rest() -> None:
    counts = learn(iter([("hội", "h6i")] * 5 + [("bộ", "b6")] * 5 + [("tội", "t6i")]))
    channel = Channel.of("test", counts.lines(1), ("", "b", "h", "m", "t"), ("ài", "ội", "ộ"))
    rimes = channel.rimes["lower"]
    assert rimes.units[int(rimes.log("6i").argmax())] == "ội"
    assert rimes.units[int(rimes.log("ai").argmax())] == "ài"
    onsets = channel.onsets["lower"]
    assert onsets.units[int(onsets.log("m").argmax())] == "m"


def test_a_channel_learns_on_from_an_earlier_table() -> None:
    first, then = [("hội", "hộl")] * 3, [("hội", "hội"), ("bộ", "bộ")]
    both = learn(iter([*first, *then])).lines(1)
    assert learn(iter(then), more=learn(iter(first)).lines(1)).lines(1) == both


@pytest.mark.parametrize("told", ["", "\t0.91 0.4"])
def test_a_channel_learns_from_pairs_with_and_without_confidences(
    tmp_path: Path, told: str
) -> None:
    path = tmp_path / "pairs.tsv"
    rows = ("train\td1\teng\tsoft\t150\thội bộ\th6i b6", "test\td2\teng\tsoft\t150\ttội\tt6i")
    path.write_text("\n".join(["header", *(row + told for row in rows)]) + "\n", encoding="utf-8")
    assert list(read_pairs([path])) == [("hội bộ", "h6i b6")]
    assert list(read_pairs([path], "all")) == [("hội bộ", "h6i b6"), ("tội", "t6i")]


def test_what_is_left_of_a_word_tells_of_it() -> None:
    syllables = ["tập", "cấp", "sản", "dịch", "và", "án"]
    remains = Remains(syllables)

    def found(read: str) -> dict[str, float]:
        numbers, scores = remains.of(read)
        return {syllables[i]: float(s) for i, s in zip(numbers, scores, strict=True)}

    assert found("p") == {"tập": LOST, "cấp": LOST}
    assert found("v") == {"và": LOST}
    assert found("án")["sản"] == LOST_MARKS
    assert not found("x")


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("lắk", ("l", "ắk")),
        ("krông", ("kr", "ông")),
        ("kạn", ("k", "ạn")),
        ("kar", None),
        ("bazơ", None),
        ("đăng-tin", None),
    ],
)
def test_words_built_like_syllables_are_parted(word: str, parts: tuple[str, str] | None) -> None:
    assert parted(word) == parts


def test_tokens_align_across_joins_and_splits() -> None:
    groups = align_tokens(
        ["phát", "triển", "kinh", "tế", "xã", "hội"], ["phat", "trién", "kinhté", "xa", "h", "oi"]
    )
    assert ([2, 3], [2]) in groups
    assert ([5], [4, 5]) in groups


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Ủy ban nhân dân xã tổ chức ngày hội đọc sách", "vie"),
        ("Uy ban nhan dén x4 t6 chitc ngay hdi doc sach cho cac trudng", "eng"),
        ("The committee shall report to the board of directors on Monday.", "none"),
        ("", "none"),
        ("1234 56/78", "none"),
    ],
)
def test_damage_is_recognised_from_the_text(text: str, kind: str) -> None:
    assert damage.recognise(text) == kind


def tiny_model() -> LanguageModel:
    words = ("<s>", "<unk>", "<num>", "<date>", "<id>", "a", "b", "c", "d")
    rng = np.random.default_rng(3)
    p = rng.dirichlet(np.ones(len(words)))
    trigrams = np.array([(5 << 32) | (6 << 16) | 7, (6 << 32) | (7 << 16) | 8], np.uint64)
    fourgrams = np.array([(5 << 48) | (6 << 32) | (7 << 16) | w for w in (5, 8)], np.uint64)
    bigrams = np.array([(5 << 16) | 6, (6 << 16) | 7, (7 << 16) | 5, (8 << 16) | 8], np.uint64)
    values = np.array([[10, 3], [25, 0], [5, 8], [40, 1]], np.uint8)
    return LanguageModel(
        words,
        np.log(p).astype(np.float32),
        np.full(len(words), -0.4, np.float32),
        Table.build(bigrams, values),
        Table.build(trigrams, np.array([[8, 2], [30, 6]], np.uint8)),
        Table.build(fourgrams, np.array([[3], [20]], np.uint8)),
    )


def by_trying_all(model: LanguageModel, lattice: Lattice) -> npt.NDArray[np.float64]:
    """P(each reading) of one sentence between boundaries, by every sequence there is."""
    live = lattice.score > -1e3
    found = np.zeros(live.shape)
    for path in itertools.product(*[np.flatnonzero(row).tolist() for row in live]):
        ids = [int(lattice.first[t, k]) for t, k in enumerate(path)]
        total = sum(float(lattice.score[t, k]) for t, k in enumerate(path))
        for t in range(1, len(ids)):
            u = ids[t - 2] if t > 1 and ids[t - 1] != 0 else NONE
            before = ids[t - 3] if t > 2 and u not in (0, NONE) else NONE
            run = (np.array([x]) for x in (before, u, ids[t - 1], ids[t]))
            total += float(model.fourgram(*run)[0])
        for t, k in enumerate(path):
            found[t, k] += np.exp(total)
    found /= found.sum(1, keepdims=True)
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=7), min_size=1, max_size=3))
@example([[2, 1, 1, 1, 1, 2, 2]] * 3)
def test_the_decoder_agrees_with_trying_every_sequence(sentences: list[list[int]]) -> None:
    """Whatever stands beside: sentences are worked on together, and runs of certain words in them
    are passed over."""
    model = tiny_model()
    decoder = Decoder(model, PhraseTable.of([], {}), Weights(1.0, 1.0, 0.2, 0.0, 0.0))
    sizes = [1, *itertools.chain.from_iterable([*sentence, 1] for sentence in sentences)]
    rng = np.random.default_rng(sizes)
    first = np.full((len(sizes), 3), NONE)
    score = np.full((len(sizes), 3), -1e4, np.float32)
    boundary = np.cumsum([0, *(len(sentence) + 1 for sentence in sentences)])
    for t, size in enumerate(sizes):
        first[t, :size] = 0 if t in boundary else rng.choice(np.arange(5, 9), size, replace=False)
        score[t, :size] = 0 if t in boundary else rng.uniform(-1, 0, size)
    readings = Rows(Lattice(first, np.full_like(first, NONE), score), np.arange(len(sizes)))
    with pytest.MonkeyPatch.context() as patch:  # else what trigrams put far behind is left out
        patch.setattr("pipeline.restore.decoder.LAST_SHARE", 0.0)
        keep, share = decoder.posteriors(readings)
    for start, end in itertools.pairwise(boundary.tolist()):
        expected = by_trying_all(model, readings.at(np.arange(start, end + 1)))[1:-1]
        for t, probabilities in zip(range(start + 1, end), expected, strict=True):
            told = np.bincount(keep[t], share[t], 3)
            np.testing.assert_allclose(told, probabilities, atol=2e-3)


def fix(start: int, before: str, after: str) -> Correction:
    return Correction(1, 1, start, None, before, after, 0.9, 1.0, "model")


@settings(max_examples=200)
@given(st.data())
def test_corrections_of_corrections_compose(data: st.DataObject) -> None:
    def some(text: str) -> tuple[Correction, ...]:
        cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
        spans = list(zip(cuts[::2], cuts[1::2], strict=False))
        news = [data.draw(st.text("xyz", max_size=3)) for _ in spans]
        return tuple(fix(a, text[a:b], n) for (a, b), n in zip(spans, news, strict=True))

    raw = data.draw(st.text("abcdef", max_size=20))
    first = some(raw)
    middle = apply_corrections(raw, first)
    second = some(middle)
    final = apply_corrections(middle, second)
    assert apply_corrections(raw, compose(raw, first, second)) == final


def test_marks_lost_in_real_letters_are_added_to_every_rime_of_the_class() -> None:
    rows = ["rime\tể\tể\t200", "rime\tuyển\tuyển\t100", "rime\tỂN\tỂN\t10", "onset\tđ\tđ\t50"]
    misread = misread_marks(["# a comment", "ổ\tô\t0.1", "Ổ\tÓ\t0.3"])
    assert list(with_misread_marks(rows, misread)) == [
        *rows,
        "rime\tể\tê\t20",
        "rime\tuyển\tuyên\t10",
        "rime\tỂN\tÉN\t3",
    ]
    assert list(with_misread_marks([rows[0], "rime\tể\tê\t5"], misread)) == [
        rows[0],
        "rime\tể\tê\t25.5",
    ]
