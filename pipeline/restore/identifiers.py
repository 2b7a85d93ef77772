"""The field grammar: repairs of numbers' labels, symbols, dates and code points where only one
reading is possible.

In: a line of text. Out: the spans to replace. Digits are never changed, except a letter l, I or O
inside a date; hyphen and slash are never exchanged. Rules follow NĐ 30/2020/NĐ-CP, Phụ lục III and
HD 36-HD/VPTW for the forms of numbers.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Literal

import regex
from rapidfuzz import fuzz
from unidecode import unidecode

from pipeline.restore import acronyms, inner_capitals, recipients, set_lines, stray_marks
from pipeline.restore.fix import Fix
from pipeline.restore.orthography import analyse
from pipeline.restore.protect import is_address

Place = Literal["text", "top", "above number", "below number"]
"""Where a line stands: among the first lines of a document, where the subject of a letter may
stand; the last with words above the letter's number, which names its body, so that no other name
follows a dash; right below that number."""

_NUMBER = r"\d{1,5}[a-z]?\s?[-–/]\s?(?:(?:19|20)\d\d\s?/\s?)?['’‘]?\p{Lu}[\p{Lu}\p{Ll}&'’./-]+"
_LABEL = regex.compile(
    rf"(?<!\S)(?P<label>[SsŠš5$8][6ốéếôóõöðo0O8bdsS§]{{1,2}}|[S$]4|[Ss]|5)(?P<colon>[:.;]?)(?=\s{{1,3}}{_NUMBER})"
)
_CODE_POINTS = regex.compile("[ĐÐƉ]?[ÐƉ]")
_WRONG_POINTS = regex.compile("[ÐƉðɖ]")
_SMALL_POINTS = regex.compile(r"(?<!\p{L})[ðɖ]\p{L}*")
_WORD = regex.compile(r"\S+")
_DATE_WORDS = regex.compile(
    r"(?<!\p{L})(?P<day>[nN]g[^\s\d]{1,3}y)\s(?P<d>\d{1,2})\s(?P<month>th[^\s]{1,3}n?g)\s(?P<m>\d{1,2})\s(?P<year>n[^\s]{1,3})\s(?P<y>\d{4})"
)
_SHORT_DATE = regex.compile(r"(?<![\w/.-])[\dlIOo]{1,2}/[\dlIOo]{1,2}/[12lI][\dlIOo]{3}(?![\w/])")
_DIGIT = {
    **dict.fromkeys("lI|!]ÌÍL¡", "1"),
    **dict.fromkeys("Oo", "0"),
    "Š": "5",
    **dict.fromkeys("óÓ", "6"),
}
_SUBJECT = regex.compile(
    r"^\s*(?P<mark>['’]?V\s?[⁄/\\+]\s?[vVwWyY›%'’,]?|VW%?|Vá['’]|W⁄|V[Iil1]?[/⁄]\s?[vw]|V[il1I|!]v|Vv|Vw|V%|VA['’:]v?|VAv|W[/⁄]?[vyw2]|V2:?)"
    r"(?=\s+[\p{L}\d\"“-])"
)
_NUMBER_LINE = regex.compile(rf"\s*{_LABEL.pattern}")
_SUBJECT_BELOW = regex.compile(
    r"^\s*(?P<mark>['’‘]?[VW][⁄/\\+%:;,.'’›0-9VWAINLvwyéisí]{1,3}|V[uíị])(?=\s+\S)"
)
_BARE_SUBJECT = regex.compile(r"^\s*(?P<mark>VỊ|V)(?=\s\p{Lu}?\p{Ll})")
_STROKE = regex.compile(r"(?<=[\p{L}\d])(?P<stroke>⁄)(?=[\p{L}\d])")
_HEAVY_SUBJECT = regex.compile(
    r"^\s*(?P<mark>[VW]A[:;)]?(?=\s+\p{L}\p{Ll})|(?:Vív|Vis|Wy|VWv|Vév)(?=\s+[\p{L}\d\"“]))"
)
_LIST_DASH = regex.compile(r"^\s*(?:- )?(?P<dash>~)(?=\s+[\p{L}\d\"“(]|[\"“(])")
_RUN_DASHES = regex.compile(r"^\s*(?P<dashes>-{2,4})(?=\s+[\p{L}\d(])")
_COUNTED = regex.compile(r"(?<!\p{L})(?:[Kk]hoản|[ĐđD]iều)\s(?P<one>[|Il!ÌÍ†])(?=[\s,.;)]|$)")
_LIKE = "lI|!\\]ÌÍŠóÓO"  # signs that one digit is read as, and no number of an article ends with
_ARTICLE = regex.compile(
    rf"(?<!\p{{L}})(?:[Kk]hoản|[ĐđD]iều)\s(?P<number>\d[\d{_LIKE}]{{0,2}}|[lIÌL]\d{{1,2}}|Š)"
    r"(?=[\s,.;)]|$)"
)
_ASSEMBLY = regex.compile(
    r"(?<=\d{4}/(?:(?:NQ-)?UBTV)?QH)(?P<term>[1lI]\d|\d[lI]|[lI]{2}|[1lI]S5?)(?![\p{L}\d])"
)
_AMOUNT = regex.compile(
    rf"(?<![\p{{L}}\d.,/-])(?P<number>[lIÌ|L¡]\d{{1,2}}|\d{{1,2}}[{_LIKE}]|\|)"
    r"(?=\s(?:triệu|tỷ|tỉ|nghìn|ngàn|giờ|ngày|tháng|năm|người|tuổi|phút|tấn|lần|đồng)(?!\p{L}))"
)
_DAY_OR_MONTH = regex.compile(
    rf"(?<!\p{{L}})(?:ngày|tháng|năm|tuổi)\s(?P<number>\d[\d{_LIKE}]|[{_LIKE}]\d)(?=[\s,.;)]|[/-]\d|$)"
)
_OF_NUMBERS = regex.compile(r"[\dŠ…/⁄]|[Il]k|tháng [Ì|]")
_GROUPED = regex.compile(r"(?<![\p{L}\d.,/-])(?P<number>[lIÌ|]\d{1,2}(?:\.\d{3})+)(?![\p{L}\d])")
_FIVE = regex.compile(r"(?<![\p{L}\d.])(?P<number>\d{0,2}Š\d{0,2})(?=[\s,;)]|\.?$|\.\s\p{Ll})")
_IN_SYMBOL = regex.compile(r"(?<=\d/[\p{Lu}\d/-]{2,24}\p{Lu})(?P<one>[Il])(?=\d(?![\p{L}\d]))")
_OF_MEASURE = regex.compile(r"(?<![\p{L}\d.,])(?P<one>[Il])(?=(?:km|kg)(?!\p{L}))")
_WHOLE = regex.compile(
    r"(?<![\p{L}\d.,])[IlÌ](?=(?:\.\d{3})*[.,]\d{1,3}\s(?:triệu|tỷ|tỉ|nghìn|ngàn|km|ha|tấn|mét)(?!\p{L}))"
)
_MINUTES = regex.compile(r"(?<=\d°\d?)[IlÌ](?=\d?[`'’′])")
_JANUARY = regex.compile(r"(?<=[Nn]gày\s\d{1,2}\stháng\s)[Ì|](?=[\s,.;)]|$)")
_ITEM_I = regex.compile(
    r"(?<=\()¡(?=\))|(?<=(?<!\p{L})(?:[Đđ]iểm|\p{L},|\p{L}\svà)\s)¡(?=[\s,;]|$)"
)
_YEAR = regex.compile(r"(?<=(?<!\p{L})[Nn]ăm\s)(?P<one>[TlLIÌ|])(?=\d{3}(?![\p{L}\d]))")
_BEHIND_NOUGHT = regex.compile(r"(?<=(?<![\p{L}\d.,/-])0)[lIÌ|](?=[\s,.;)]|$)")
_NUMBER_ONE = regex.compile(r"(?<=(?<!\p{L})[Ss]ố:?\s)[lIÌ|](?=\d{1,4}(?:/\d{4})?[-/]\p{Lu}{2})")
_COVID = regex.compile(r"(?<=(?<!\p{L})(?:Covid|COVID)-)[lI\]|!](?=9(?!\d))")
_PROPOSAL = regex.compile(r"(?<=\d\s?/\s?TT)[?:;'’*](?=-\s?\p{Lu}{2})")
_PROCEDURE = regex.compile(r"(?<=\.00\.00\.H)S(?=\d(?!\w))")
_HEADING_FIVE = regex.compile(r"^\s*\K\$(?=\.\d{1,2}\.?\s)")
_NOUGHT_AS_BRACKETS = regex.compile(r"(?<=(?<!\p{L})[Ss]ố:?\s)\(\)(?=\d/(?:19|20)\d\d/)")
_STOP_AT_NUMBER = regex.compile(
    r"(?<=(?<!\p{L})[Ss]ố\s)\.(?=\d{1,5}/)|(?<=(?<!\p{L})số)\.(?=\s\d{1,5}/(?:19|20)\d\d/)"
)
_TWO_STROKES = regex.compile(r"⁄/|/⁄")
_TWO_HYPHENS = regex.compile(r"(?<=[\p{Lu}\d]-) -(?=\p{Lu}[\p{Lu}\d])")
_CONGRESS = regex.compile(r"(?<=(?<!\p{L})(?:[Ll]ần thứ|Đại hội) (?:X[IV]?|[IV]))H(?!\w)")
_NOUGHT = regex.compile(r"(?<=(?<!\p{L})(?:[Nn]gày|[Tt]háng)\s)(?P<nought>[DOo])(?=[1-9](?!\w))")
_ONES: Final = (
    *(_IN_SYMBOL, _OF_MEASURE, _YEAR, _WHOLE, _MINUTES, _JANUARY),
    *(_BEHIND_NOUGHT, _NUMBER_ONE, _COVID),
)
_BLANK = regex.compile(
    r"(?<=số[.…\s]{1,12}(?:[/⁄][.…\s]{1,8})?)(?<=[.…])(?=(?:(?:19|20)\d\d/)?(?:NĐ-CP|QĐ-|TT-|NQ-|TTLT-|CT-|KH-|TB-|BC-|TTr-))"
)
_RUN_ON = regex.compile(
    r"(?<=\d-(?:NQ|CT|KL|QĐ|QC|QyĐ|TB|BC|KH|HD|CV|CTr|TTr))"
    r"(?=(?:TW|TU|HU|ĐUK|(?:BTC|BTG|BNC|BDV|UBKT|VP)T[WU])(?!\p{L}))"
)
_NO_STROKE = regex.compile(
    r"(?<=^\s*[Ss]ố:?\s\d{1,5})(?=(?:NQ|QĐ|TB|KH|BC|CT|TTr|TT|GM|HD)-\p{Lu}{2})"
)
_FILED = regex.compile(r"(?<=^\s*-?\s?Lưu:?\s)V[IÌ1](?=[,.;(\s]|$)")
_RUN_CONCLUSION = regex.compile(r"(?<=\d-)KU(?=(?:TW|TU|HU|ĐUK)(?!\p{L}))")
_SIGNS_FOR_LETTERS = regex.compile("[]ƒøÑ¡]")
_CAPITAL_J = regex.compile(r"(?<![\p{L}\d\[])\](?=\p{Ll})")
_SMALL_G = regex.compile(r"(?<!\p{L})ø(?P<rest>\p{Ll}+)")
_JOINED_LABEL = regex.compile(r"(?<!\p{L})(?P<label>[Ss]ố:?)(?=\d{1,5}(?:[/-]|[.,;]?(?:\s|$)))")
_LONE_SCORE = regex.compile(r"(?<!\S)_(?=[\p{L}\d-])|(?<=\p{Lu})\s+_$")
_RULE = regex.compile(r"^\P{Ll}*\p{Lu}{2}(?P<rule>\s+_{2,3})$")
_RULE_ABOVE = regex.compile(r"^\P{Ll}*\p{Lu}{2}(?P<rule>\s+[-–—])$")
_SPECK = regex.compile(r"^\P{Ll}*\p{Lu}{2}\P{Ll}*\s\p{Lu}{2,}(?P<speck>\s[bfhijkltv])$")
_TITLE_SPECK = regex.compile(
    r"(?:CHỦ TỊCH|GIÁM ĐỐC|BÍ THƯ|HIỆU TRƯỞNG|VĂN PHÒNG)(?P<speck>\s[\p{L}\p{S}'’‘.-])$"
)
_NUMBER_SPECK = regex.compile(r"^\s*Số:?\s(?P<speck>[\p{Ll}|-]\s)(?=\d{1,5}\s?[-/]\s?\p{Lu})")
_ROMAN = regex.compile(r"(?<!\p{L})(?:Mục|Chương|Phần|Phụ lục)\s(?P<one>[|l!])(?=[\s,.;)]|$)")
_FOR_REPORT_HEAVY = regex.compile(r"\((?P<mark>d[eéèê][’']?\sb[^\s)]{0,2}[ceo])(?=\))")
_ASSEMBLY_HEAVY = regex.compile(r"(?<=\d{4}/)0H(?=1\d(?!\w))")
_NOUGHT_HEAVY = regex.compile(
    r"(?<![\w/.,-])O(?=[1-9]\s(?:th[^\s]{1,3}ng|ng[^\s]{1,2}y|n[^\s]{1,2}m|t[yỷ]|\())"
)
_FILED_HEAVY = regex.compile(
    r"^\s*[-–~]\s+(?:(?P<word>[Ll1I|][^\s\d:;]{1,3})[:;.]?\s(?P<office>V[TIY1l])"
    r"|(?P<word>[^\s\d:;]{2,5})[:;.]?\s(?P<office>VT))(?=[,.;])"
)
_FOR_REPORT = regex.compile(r"\((?!để b/c)(?P<mark>đ[ểềẻế]\sb[rl1I|!⁄/íìi][ceo])(?=\))")
_LETTERS_D = regex.compile(r"(?<=[DdĐđ]i\p{L}{1,2}m\s(?:\p{L},\s)*d, )d(?=,|\s)")
_TORN_YEAR = regex.compile(r"(?<=năm )(?P<year>(?:19|20)\d)\s(?P<last>[\dlI|!Ì])(?=[\s,.;)]|$)")
_ARTICLE_WORD = regex.compile(
    r"(?:^|(?<=[\s(]\p{Ll}{2,6}\s))(?P<word>[DĐ][iìíỉĩị][êềếểễệe]u)(?=\s\d{1,3}[.,;:\s])"
)
_ON_FILE = regex.compile(
    r"^\s*(?:[-–~*•+]\s*)?(?P<word>[Ll1I|][^\s:;,]{1,3}|[^\s;,]{0,2}ưu)(?=[:;.]?\s*VT(?:[,.;\s(]|$))"
)
_DATE_READ = regex.compile(
    r"(?<!\p{L})[nN]gày\s(?P<d>\S{1,2})\stháng\s(?P<m>\S{1,2})\snăm\s(?P<y>\S{4})(?![\w])"
)
_DATE_READ_HEAVY = regex.compile(
    r"(?<!\p{L})[nN]g[^\s\d]{1,3}y\s(?P<d>\S{1,2})\sth[^\s\d]{1,4}g\s(?P<m>\S{1,2})"
    r"\sn[^\s\d]{1,3}m?\s(?P<y>\S{4})(?![\w])"
)
_READ_DIGIT = {
    **dict.fromkeys("lI|!]iÌÍíìJLT", "1"),
    **dict.fromkeys("OoØQ", "0"),
    **dict.fromkeys("Šš", "5"),
    **dict.fromkeys("Zz", "2"),
    **dict.fromkeys("óÓ", "6"),
    "B": "8",
}
_READ_DIGIT_HEAVY = _READ_DIGIT | {"t": "1"}
MOTTO = "Độc lập - Tự do - Hạnh phúc"
_LIKE_MOTTO = 70.0
_WHOLE_MOTTO = regex.compile(r"(?:[-–—~]\s)?\S+\s\S+\s[-–—~]\s\S+\s\S+\s[-–—~]\s\S+\s\S+")
_MOTTO_END = regex.compile(r"\p{Ll}\sph\p{Ll}{1,4}\W?$")
_TIGHT_DASH = regex.compile(r"\p{L}[-–—~]\p{L}")  # printed without spaces


def fixes(text: str, heavy: bool, place: Place) -> list[Fix]:
    """All repairs of a line, in order, none overlapping another. `heavy`: an English model read
    it."""
    found = [*composed(text), *_code_points(text), *_dates(text), *_marks(text)]
    found += [*_read_dates(text, heavy), *_counted(text), *_specks(text)]
    found += [Fix(m.start(), m.end(), f"{m['label']} ") for m in _JOINED_LABEL.finditer(text)]
    if heavy:
        found += [Fix(m.start(), m.end(), "đ") for m in _LETTERS_D.finditer(text)]
        found += [*_labels(text), *_date_words(text), *_motto(text), *_filed(text)]
        found += [Fix(m.start(), m.end(), "QH") for m in _ASSEMBLY_HEAVY.finditer(text)]
        found += [Fix(m.start(), m.end(), "0") for m in _NOUGHT_HEAVY.finditer(text)]
        found += [Fix(m.start(1), m.end(1), "để b/c") for m in _FOR_REPORT_HEAVY.finditer(text)]
        found += acronyms.without_marks(text)
    else:
        found += [*acronyms.alike(text), *recipients.fixes(text)]
        found += [*stray_marks.fixes(text), *set_lines.fixes(text), *inner_capitals.fixes(text)]
        found += [*_torn_years(text), *_fixed_words(text), *_numbers(text), *_letters(text)]
    if place != "text":
        found += _subject(text, heavy, place == "below number")
    if place == "above number" and (match := _RULE_ABOVE.search(text)):
        found.append(Fix(match.start("rule"), match.end("rule"), ""))
    return _apart(found)


def is_number_line(text: str) -> bool:
    """Whether a line begins with the number of a letter: its label, the number, the symbol."""
    return _NUMBER_LINE.match(text) is not None


def _subject(text: str, heavy: bool, below_number: bool) -> Iterator[Fix]:
    """The mark before the subject of a letter: V/v, below the number (NĐ 30/2020, Phụ lục I)."""
    match = _SUBJECT_BELOW.match(text) if below_number else None
    match = match or _SUBJECT.match(text)
    if match is None and heavy and not acronyms.mostly_capitals(text):
        match = _HEAVY_SUBJECT.match(text)
    elif match is None and not heavy:
        match = _BARE_SUBJECT.match(text)
    if match and match["mark"] != "V/v":
        yield Fix(match.start("mark"), match.end("mark"), "V/v")


def _marks(text: str) -> Iterator[Fix]:
    """Signs that stand for one other sign in their place: the dash of a list, the 1 of a clause,
    the I of a chapter, the stroke of b/c."""
    for pattern, group, after in (
        (_LIST_DASH, "dash", "-"),
        (_COUNTED, "one", "1"),
        (_ROMAN, "one", "I"),
        (_FOR_REPORT, "mark", "để b/c"),
        (_STROKE, "stroke", "/"),
    ):
        for match in pattern.finditer(text):
            yield Fix(match.start(group), match.end(group), after)
    if match := _RUN_DASHES.match(text):  # of a tariff: - - Loại khác
        yield Fix(match.start("dashes"), match.end("dashes"), " ".join(match["dashes"]))


def _counted(text: str) -> Iterator[Fix]:
    """Letters and signs among the digits of a number: of an article, of an assembly's term (QH15),
    of an amount, of a day, month or year. No digit is changed. A bracket may be one."""
    for pattern, group in (
        (_ARTICLE, "number"),
        (_ASSEMBLY, "term"),
        (_AMOUNT, "number"),
        (_DAY_OR_MONTH, "number"),
    ):
        for match in pattern.finditer(text):
            if "]" in match[group] and "[" in text:
                continue
            after = "".join(_DIGIT.get(c, c) for c in match[group])
            if _is_no_date(text[: match.start(group)], after):
                continue
            if pattern is _ASSEMBLY:  # there is no term beyond these
                after = regex.sub("S5?", "5", after)
            if after != match[group]:
                yield Fix(match.start(group), match.end(group), after)


def _numbers(text: str) -> Iterator[Fix]:
    """Letters and signs in numbers by what stands around them, as a Vietnamese model reads them (a
    procedure's code ends with its province's: 0.00.00.H53); strokes lost between number and
    abbreviation, or read twice."""
    if not _OF_NUMBERS.search(text):
        return
    for pattern, after in (*((one, "1") for one in _ONES), (_NOUGHT, "0")):
        for match in pattern.finditer(text):
            yield Fix(match.start(), match.end(), after)
    for pattern in (_GROUPED, _FIVE):
        for match in pattern.finditer(text):
            after = "".join(_DIGIT.get(c, c) for c in match.group())
            if not _is_no_date(text[: match.start()], after):
                yield Fix(match.start(), match.end(), after)
    for pattern, after in (
        (_BLANK, "/"),
        (_RUN_ON, "/"),
        (_NO_STROKE, "/"),
        (_RUN_CONCLUSION, "KL/"),
        (_PROPOSAL, "r"),
        (_TWO_HYPHENS, ""),
        (_TWO_STROKES, "/"),
        (_PROCEDURE, "5"),
        (_HEADING_FIVE, "5"),
        (_NOUGHT_AS_BRACKETS, "0"),
        (_STOP_AT_NUMBER, ""),
    ):
        for match in pattern.finditer(text):
            yield Fix(match.start(), match.end(), after)


def _is_no_date(before: str, number: str) -> bool:
    """Whether a number is none of a day or month that the words before it tell of: `tháng 5Š` is
    one digit read twice."""
    most = 31 if before.endswith("ngày ") else 12 if before.endswith("tháng ") else None
    return most is not None and number.isdecimal() and int(number) > most


def _letters(text: str) -> Iterator[Fix]:
    """Signs that stand for one letter: `]immy`, `ƒor`, `øì`, `NÑam`."""
    if not _SIGNS_FOR_LETTERS.search(text):
        return
    if "[" not in text:
        yield from (Fix(m.start(), m.end(), "J") for m in _CAPITAL_J.finditer(text))
    yield from (Fix(m.start(), m.end(), "i") for m in _ITEM_I.finditer(text))
    for read, after in (("ƒ", "f"), ("NÑ", "N")):
        yield from (Fix(m.start(), m.end(), after) for m in regex.finditer(read, text))
    for match in _SMALL_G.finditer(text):
        if analyse("g" + match["rest"]):
            yield Fix(match.start(), match.start() + 1, "g")


def _specks(text: str) -> Iterator[Fix]:
    """Rules and dirt read as signs: one score (`_`) before a word or behind a heading, one small
    letter behind a line of capitals, any behind a title, one before the number of a letter."""
    if text.count("_") == 1:
        yield from (Fix(m.start(), m.end(), "") for m in _LONE_SCORE.finditer(text))
    for pattern in (_SPECK, _TITLE_SPECK, _NUMBER_SPECK, _RULE):
        if match := pattern.search(text):
            yield Fix(match.start(1), match.end(1), "")


def _torn_years(text: str) -> Iterator[Fix]:
    """A year of which the last digit stands apart: `năm 201 1`."""
    for match in _TORN_YEAR.finditer(text):
        last = _DIGIT.get(match["last"], match["last"])
        yield Fix(match.start("year"), match.end("last"), match["year"] + last)


def _fixed_words(text: str) -> Iterator[Fix]:
    """What its place tells: Điều before the number of an article, Lưu before the office that files
    the letter (NĐ 30/2020, Phụ lục I: "Lưu: VT"), II in a congress's Roman number, read as H."""
    yield from (Fix(m.start(), m.end(), "VT") for m in _FILED.finditer(text))
    yield from (Fix(m.start(), m.end(), "II") for m in _CONGRESS.finditer(text))
    for pattern, after in ((_ARTICLE_WORD, "Điều"), (_ON_FILE, "Lưu")):
        for match in pattern.finditer(text):
            if match["word"] != after:
                yield Fix(match.start("word"), match.end("word"), after)


def _motto(text: str) -> Iterator[Fix]:
    """The national motto (NĐ 30/2020, Phụ lục I), where words or dashes of it are lost, torn or run
    together: what has all of them is left to the model, whatever its dashes are like."""
    line = text.strip()
    tokens = line.split()
    if not 4 < len(tokens) < 10 or _WHOLE_MOTTO.fullmatch(line) or _TIGHT_DASH.search(line):
        return
    if not _MOTTO_END.search(line):  # in capitals, or run on to the next line
        return
    if fuzz.ratio(_bare(line), _bare(MOTTO)) >= _LIKE_MOTTO:
        start = text.index(line)
        yield Fix(start, start + len(line), MOTTO)


@lru_cache(maxsize=1000)
def _bare(text: str) -> str:
    """The letters of a text, small and without marks."""
    return "".join(c for c in unidecode(text).lower() if c.isalpha())


def _filed(text: str) -> Iterator[Fix]:
    """The last line of the recipients: "Lưu: VT" (NĐ 30/2020, Phụ lục I)."""
    if match := _FILED_HEAVY.match(text):
        for group, after in (("word", "Lưu"), ("office", "VT")):
            if match[group] != after:
                yield Fix(match.start(group), match.end(group), after)


def _read_dates(text: str, heavy: bool) -> Iterator[Fix]:
    """Letters among the digits of a date in words, where day, month and year tell of a date."""
    pattern, digit = (_DATE_READ_HEAVY, _READ_DIGIT_HEAVY) if heavy else (_DATE_READ, _READ_DIGIT)
    for match in pattern.finditer(text):
        read = [match[g] for g in "dmy"]
        digits = ["".join(digit.get(c, c) for c in part) for part in read]
        if not all(d.isdigit() and d.isascii() for d in digits) or digits == read:
            continue
        day, month, year = map(int, digits)
        if not (1 <= day <= 31 and 1 <= month <= 12 and 1900 <= year < 2100):
            continue
        for group, before, after in zip("dmy", read, digits, strict=True):
            if before != after and any(part.isdigit() for part in read):
                yield Fix(match.start(group), match.end(group), after)


def _apart(found: list[Fix]) -> list[Fix]:
    """Longer fixes first; what overlaps one already taken is dropped."""
    taken: list[Fix] = []
    for fix in sorted(found, key=lambda f: (f.start - f.end, f.start)):
        if all(fix.end <= t.start or fix.start >= t.end for t in taken):
            taken.append(fix)
    return sorted(taken)


def composed(text: str) -> Iterator[Fix]:
    """Words written with combining marks, in NFC (TCVN 6909:2001)."""
    if unicodedata.is_normalized("NFC", text):
        return
    for match in _WORD.finditer(text):
        after = unicodedata.normalize("NFC", match.group())
        if after != match.group():
            yield Fix(match.start(), match.end(), after)


def _code_points(text: str) -> Iterator[Fix]:
    if not _WRONG_POINTS.search(text) or is_address(text):
        return
    for match in _CODE_POINTS.finditer(text):
        if match.group() not in "ðɖ":
            yield Fix(match.start(), match.end(), "Đ")
    for word in _SMALL_POINTS.finditer(text):
        if analyse(word.group().replace("ð", "đ").replace("ɖ", "đ")):
            yield Fix(word.start(), word.start() + 1, "đ")


def _dates(text: str) -> Iterator[Fix]:
    for match in _SHORT_DATE.finditer(text):
        after = "".join(_DIGIT.get(c, c) for c in match.group())
        if after != match.group() and sum(c.isdigit() for c in match.group()) >= 5:
            yield Fix(match.start(), match.end(), after)


def _date_words(text: str) -> Iterator[Fix]:
    for match in _DATE_WORDS.finditer(text):
        if int(match["d"]) > 31 or int(match["m"]) > 12:
            continue
        for group, word in (("day", "ngày"), ("month", "tháng"), ("year", "năm")):
            after = word.capitalize() if match[group][0].isupper() else word
            if match[group] != after:
                yield Fix(match.start(group), match.end(group), after)


def _labels(text: str) -> Iterator[Fix]:
    for match in _LABEL.finditer(text):
        first = not text[: match.start()].strip() or match["label"][0] in "SŠ$"
        after = "Số" if first else "số"
        if match["label"] != after:
            yield Fix(match.start("label"), match.end("label"), after)
