"""How far the text that a page already carries can be trusted.

In: the text of a page without its electronic signatures. Out: a `TextLayer`. Only text that is
clearly clean Vietnamese is GOOD; whatever an English model or a legacy font left is DAMAGED.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable

import regex

from pipeline.document import TextLayer

SIGNATURE = regex.compile(
    r"(?i)\b(ký bởi|người ký|ngày ký|thời gian ký|giờ ký|địa chỉ email|e-?mail|signed by|"
    r"signature valid|digitally signed|sao y|cơ quan:)|@|\d{1,2}:\d{2}:\d{2}|\+07:00"
)
SECRECY = regex.compile(
    r"\b(TUYỆT MẬT|TỐI MẬT|MẬT|HỎ?A ?[TŤ]ỐC|HOẢ TỐC|THƯỢNG KHẨN|KHẨN|SAO Y|SAO LỤC)\b(?! TRẬN)"
)
ARRIVAL = (
    regex.compile(r"\bĐ[EẾÊÉỀ]N\b|(?i:\b(?:công văn|số) đến\b)"),
    regex.compile(r"(?i)\b(?:giờ|ngày|số|chuyển|lưu hồ sơ)\b[\s:]*[.…:_|\d-]|\bng[aà]?y\.{2}"),
    regex.compile(r"(?i)\b(?:văn thư|c[oôổ]ng th[oô]ng|văn phòng|ubnd|sở)\b"),
)
"""What an arrival stamp says: that it is one; what is filled in; whose it is."""

FEWEST_NOTE_WORDS = 8  # "Đà Nẵng, ngày 26 tháng 7 năm 2020" has fewer that are none of digits
MOST_STAMP_WORDS = 30
ONSET = r"(?:ngh?|nh|ch|th|tr|kh|gh|gi|ph|qu|[bcdđghklmnpqrstvx])?"
NUCLEUS = (
    r"(?:uyê|uya|uye|iêu|yêu|uôi|ươi|ươu|oai|oay|oao|oeo|uây|uyu|uêu|iê|yê|ia|ya|uô|ua|ươ|ưa|ai|ao|au|"
    r"ay|âu|ây|eo|êu|iu|oa|oă|oe|oi|oo|ôi|ơi|uâ|uê|ui|uy|uơ|ưi|ưu|[aăâeêioôơuưy])"
)
CODA = r"(?:ch|ng|nh|[cmnpt])?"
SYLLABLE = regex.compile(rf"{ONSET}{NUCLEUS}{CODA}")
TONES = str.maketrans("", "", "\u0300\u0301\u0303\u0309\u0323")
FEWEST_WORDS = 25
ABBREVIATION = regex.compile(r"[BCDĐGHKLMNPQRSTVX]{2,6}|U[BCDĐGHKLMNPQRSTVX]{2,4}|[Vv]")
"""UBND, HĐND, VT, TM., V/v: no syllables, and in the letterhead and foot of any clean letter."""
LEGACY_FONT = regex.compile(r"(?i)(?:^|\+)(?:\.vn|vni[-_ ])")
FOREIGN = "äåæçëîïðñöøûüþßÿ"  # letters of Latin-1 that no Vietnamese word has
LEGACY = regex.compile(rf"(?i)[{FOREIGN}]|\p{{L}}[¨©ª¬®µ¶·¸¹¼½¾×÷\xAD]|[©ª¬®µ¶·¸¹¼½¾×÷]\p{{L}}")
LEAST_LEGACY = 0.25
"""Share of words that only a legacy font explains. Among words of clean Vietnamese, and of text
that an English model read, it is next to nothing; legacy text measures 0.5 and more."""

OWN_PRODUCER = "congvan"
OWN_FONT = "Invisible"
"""What marks the searchable PDFs of this program: the producer's name before its version, and the
one font of their text layers."""


def is_own(producer: str, fonts: Collection[str]) -> bool:
    """Whether a page's text layer is one that this program laid under its scan: the file says so,
    and no other font stands on the page, so that nobody has added text since."""
    return producer.split(" ")[0] == OWN_PRODUCER and set(fonts) == {OWN_FONT}


def is_signature_text(text: str) -> bool:
    """Whether the words of an annotation are those of an electronic signature or its stamp."""
    return bool(SIGNATURE.search(text)) or len(text.split()) >= 4


def is_note_text(text: str | None) -> bool:
    """Whether a comment typed over a scan says something of its own: sentences, in small letters
    for the most part. What an office's system fills in is a number, a date or a name."""
    words = [word for word in (text or "").split() if word[:1].isalpha()]
    small = sum(word[0].islower() for word in words)
    return len(words) >= FEWEST_NOTE_WORDS and 2 * small > len(words)


def is_stamp_text(text: str) -> bool:
    """Whether the words inside a frame are those of an arrival, secrecy, urgency or copy stamp.

    A cell of a table is framed, too: "đến" in it is no sign, so two of an arrival stamp's three
    parts must be there, and little else."""
    words = text.split()
    if len(words) > MOST_STAMP_WORDS:
        return False
    parts = sum(1 for part in ARRIVAL if part.search(text))
    return parts >= 2 or (len(words) <= 6 and SECRECY.search(text) is not None)


def is_legal_syllable(word: str) -> bool:
    """Whether `word` is spelt as a Vietnamese syllable can be (marks considered, not meaning)."""
    bare = unicodedata.normalize(
        "NFC", unicodedata.normalize("NFD", word.casefold()).translate(TONES)
    )
    return SYLLABLE.fullmatch(bare) is not None


def is_legacy(text: str, fonts: Iterable[str] = ()) -> bool:
    """Whether `text` is that of a TCVN3 or VNI font shown as Latin letters: "Céng hßa x· héi",
    "COÄNG HOØA XAÕ HOÄI". The name of a font (.VnTime, VNI-Times) halves the proof needed."""
    words = text.split()
    if not words:
        return False
    named = any(LEGACY_FONT.search(font) for font in fonts)
    odd = sum(1 for w in words if LEGACY.search(w))
    return odd / len(words) >= LEAST_LEGACY / (2 if named else 1)


def worth(text: str) -> int:
    """How much there is of Vietnamese in a reading: words spelt as syllables with marks, less
    words that are no syllables. Of two readings of one page the one worth more is the better."""
    words = regex.findall(r"\p{L}{2,}", unicodedata.normalize("NFC", text))
    legal = [w for w in words if is_legal_syllable(w)]
    return sum(1 for w in legal if not w.isascii()) - (len(words) - len(legal))


def classify(
    text: str, *, scanned: bool, fonts: Collection[str] = (), producer: str = ""
) -> TextLayer:
    """GOOD, DAMAGED, LEGACY, SIGNATURE or NONE. A layer of this program's own is GOOD whatever its
    words: numbers, names and lists make many a corrected page look worse than it is.

    `scanned` tells that a picture fills the page, so that the text is somebody's OCR: it must
    then be cleaner to be GOOD, and a few words on it are a stamp's, not the page's."""
    words = regex.findall(r"\p{L}+", unicodedata.normalize("NFC", text))
    if not words:
        return TextLayer.NONE
    if is_own(producer, fonts):
        return TextLayer.GOOD
    if scanned and len(words) < FEWEST_WORDS:
        return TextLayer.SIGNATURE if SIGNATURE.search(text) else TextLayer.DAMAGED
    words = [w for w in words if not ABBREVIATION.fullmatch(w)] or words
    legal = [w for w in words if is_legal_syllable(w)]
    marked = sum(1 for w in legal if not w.isascii())
    clean = len(legal) / len(words) >= (0.985 if scanned else 0.93)
    if clean and marked / len(words) >= 0.55:
        return TextLayer.GOOD
    return TextLayer.LEGACY if is_legacy(text, fonts) else TextLayer.DAMAGED
