"""Names of delivered files: legal on every system, each once, by the archive's pattern."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.export.names import FIELDS, LONGEST, check_pattern, file_names
from pipeline.record import Header, Record, SourceInfo

SOURCE = SourceInfo(
    path="scan.pdf", sha256="0" * 64, bytes=1, media_type="application/pdf", pages=1
)
FORBIDDEN_ON_WINDOWS = set('<>:"/\\|?*') | {chr(n) for n in range(32)}
DEVICES = {
    "CON",
    "PRN",
    "AUX",
    "NUL",
    *(f"{d}{n}" for d in ("COM", "LPT") for n in "0123456789¹²³"),
}


def record(document_id: str = "thu-0123456789ab", **header: str | None) -> Record:
    return Record(
        document_id=document_id,
        status="done",
        family="state",
        source=SOURCE,
        header=Header(**header),
    )


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("{number_symbol}", "1046-CV-TU"),
        ("{date}_{type}_{number}", "2019-09-18_Công văn_1046"),
        ("{year}.{symbol}", "2019.CV-TU"),
        ("{serial}-{body}", "0000001-THÀNH UỶ"),
        ("{document_id}", "thu-0123456789ab"),
    ],
)
def test_the_pattern_is_filled(pattern: str, name: str) -> None:
    letter = record(
        number_symbol="1046-CV/TU",
        number="1046",
        symbol="CV/TU",
        date="2019-09-18",
        document_type="Công văn",
        issuing_body="THÀNH UỶ",
    )
    filled = file_names([letter], pattern)["thu-0123456789ab"]
    assert filled == name.replace(" ", "-")


@pytest.mark.parametrize("pattern", ["", "letters", "{nummer}", "{number}{x}", "{Number}"])
def test_a_pattern_without_a_known_field_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError):
        check_pattern(pattern)


def test_a_letter_without_a_number_has_its_document_id_for_a_name() -> None:
    assert file_names([record()]) == {"thu-0123456789ab": "thu-0123456789ab"}


def test_two_letters_of_one_number_keep_apart_whatever_the_case() -> None:
    names = file_names([record("a-1", number_symbol="7/TB"), record("b-2", number_symbol="7/tb")])
    assert names == {"a-1": "7-TB", "b-2": "7-tb_b-2"}


def test_a_name_made_to_keep_apart_is_not_given_twice() -> None:
    letters = [
        record("a", number_symbol="7"),
        record("c", number_symbol="7_b"),
        record("b", number_symbol="7"),
    ]
    assert len(set(file_names(letters).values())) == 3


@pytest.mark.parametrize("device", ["CON", "nul", "Com1", "LPT9.txt", "com¹", "aux.b.c"])
def test_what_windows_takes_for_a_device_gets_another_name(device: str) -> None:
    assert file_names([record(number_symbol=device)])["thu-0123456789ab"] == f"_{device}"


HEADERS = st.fixed_dictionaries(
    {
        "number_symbol": st.none()
        | st.text(max_size=300)
        | st.sampled_from(["CON", "..", "ế" * 300]),
        "issuing_body": st.none() | st.text(max_size=20),
    }
)
PATTERNS = st.lists(
    st.sampled_from([f"{{{name}}}" for name in FIELDS]) | st.text(max_size=5),
    min_size=1,
    max_size=4,
).map("".join)


@given(st.lists(HEADERS, min_size=1, max_size=6), PATTERNS)
def test_names_are_legal_everywhere_and_each_is_given_once(
    headers: list[dict[str, str | None]], pattern: str
) -> None:
    try:
        check_pattern(pattern)
    except UsageError:
        return
    letters = [record(f"thu-{n:012x}", **header) for n, header in enumerate(headers)]
    names = list(file_names(letters, pattern).values())
    assert len({name.casefold() for name in names}) == len(letters)
    for name in names:
        assert name
        assert not set(name) & FORBIDDEN_ON_WINDOWS
        assert name[-1] not in ". "
        assert name[0] not in ". "
        assert name.split(".")[0].upper() not in DEVICES
        assert len(name.encode()) <= LONGEST
        assert unicodedata.is_normalized("NFC", name)
