"""How far the text that a page already carries can be trusted.

In: the text of a page without its electronic signatures. Out: a `TextLayer`. Only text that is
clearly clean Vietnamese is GOOD; whatever an English model or a legacy font left is DAMAGED.
"""

from __future__ import annotations

import unicodedata

import regex

from pipeline.document import TextLayer

SIGNATURE = regex.compile(
    r"(?i)\b(ký bởi|người ký|ngày ký|thời gian ký|giờ ký|địa chỉ email|e-?mail|signed by|"
    r"signature valid|digitally signed|sao y|cơ quan:)|@|\d{1,2}:\d{2}:\d{2}|\+07:00"
)
STAMP = regex.compile(
    r"(?i)\b(đ[eếêéề]n\b|giờ|ngày\W*\d|công văn|văn thư|số đến|chuyển|cổng thông tin)|"
    r"\b(TUYỆT MẬT|TỐI MẬT|MẬT|H[OỎ]A? ?[TŤ]ỐC|HOẢ TỐC|THƯỢNG KHẨN|KHẨN|SAO Y|SAO LỤC)\b(?! TRẬN)"
)
ONSET = r"(?:ngh?|nh|ch|th|tr|kh|gh|gi|ph|qu|[bcdđghklmnpqrstvx])?"
NUCLEUS = (
    r"(?:uyê|uya|uye|iêu|yêu|uôi|ươi|ươu|oai|oay|oao|oeo|uây|uyu|uêu|iê|yê|ia|ya|uô|ua|ươ|ưa|ai|ao|au|"
    r"ay|âu|ây|eo|êu|iu|oa|oă|oe|oi|oo|ôi|ơi|uâ|uê|ui|uy|uơ|ưi|ưu|[aăâeêioôơuưy])"
)
CODA = r"(?:ch|ng|nh|[cmnpt])?"
SYLLABLE = regex.compile(rf"{ONSET}{NUCLEUS}{CODA}")
TONES = str.maketrans("", "", "\u0300\u0301\u0303\u0309\u0323")
FEWEST_WORDS = 25


def is_signature_text(text: str) -> bool:
    """Whether the words of an annotation are those of an electronic signature or its stamp."""
    return bool(SIGNATURE.search(text)) or len(text.split()) >= 4


def is_stamp_text(text: str) -> bool:
    """Whether the words inside a frame are those of an arrival, secrecy, urgency or copy stamp."""
    return STAMP.search(text) is not None


def is_legal_syllable(word: str) -> bool:
    """Whether `word` is spelt as a Vietnamese syllable can be (marks considered, not meaning)."""
    bare = unicodedata.normalize(
        "NFC", unicodedata.normalize("NFD", word.casefold()).translate(TONES)
    )
    return SYLLABLE.fullmatch(bare) is not None


def classify(text: str, *, scanned: bool) -> TextLayer:
    """GOOD, DAMAGED, SIGNATURE or NONE.

    `scanned` tells that a picture fills the page, so that the text is somebody's OCR: it must
    then be cleaner to be GOOD, and a few words on it are a stamp's, not the page's."""
    words = regex.findall(r"\p{L}+", unicodedata.normalize("NFC", text))
    if not words:
        return TextLayer.NONE
    if scanned and len(words) < FEWEST_WORDS:
        return TextLayer.SIGNATURE if SIGNATURE.search(text) else TextLayer.DAMAGED
    legal = [w for w in words if is_legal_syllable(w)]
    marked = sum(1 for w in legal if not w.isascii())
    clean = len(legal) / len(words) >= (0.985 if scanned else 0.93)
    return TextLayer.GOOD if clean and marked / len(words) >= 0.55 else TextLayer.DAMAGED
