"""Damage done to bytes and texts at random: what fuzzing feeds the program with."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import regex

NUMBERS = (
    b"0", b"-1", b"1", b"255", b"256", b"65535", b"65536", b"2147483647", b"-2147483648",
    b"4294967295", b"4294967296", b"9999999999999999999", b"1e308", b"-1e308", b"0.0000001", b"nan",
    b"inf", b"-0",
)  # fmt: skip
PIECES = (
    "\u0300", "\u0323\u0301", "\u200b", "\u200d", "\u202e", "\ufeff", "\ufffd", "\u00ad", "\x00",
    "\x1b[31m", "\ud800", "\U0001f600", "e\u0302\u0301", "\u0111\u0309", "\t", "\f", "\v", "\r\n",
    "\u2028", "\u00a0" * 30, "(" * 200, "-" * 300, "..." * 100, "/" * 50, "9" * 400, "I" * 500,
    "Số: /", "Số: 99999999999/ABC", "ngày 31 tháng 02 năm 0000", "ngày 99 tháng 99 năm 9999",
    "Kính gửi:", "Nơi nhận:", "V/v", "Điều 999999999.", "Căn cứ", "TM.", "KT.", "Trang 1/0", "１２",
    "ĐIỀU XIVVVIIIXXX", "01/01/1", "²³", "٣", "①", "%s%n{}{0}\\u0000", "<a href='&#0;'>", '"', "'",
)  # fmt: skip


def damaged(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """`data` after one to six accidents; parts of `other` may get into it."""
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        data = chance.choice(_ACCIDENTS)(data, other, chance)
    return data


def damaged_text(text: str, other: str, chance: random.Random) -> str:
    """The same of a text; words of other alphabets, controls and half letters get into it, too."""
    for _ in range(chance.choice((1, 2, 4, 8))):
        text = chance.choice(_TEXT_ACCIDENTS)(text, other, chance)
    return text


def _span(length: int, chance: random.Random) -> slice:
    start = chance.randrange(length + 1)
    return slice(start, min(length, start + int(2 ** chance.uniform(0, 12))))


def _turn_bits(data: bytes, _: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _n in range(int(2 ** chance.uniform(0, 6)) if changed else 0):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut_off(data: bytes, _: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _cut_out(data: bytes, _: bytes, chance: random.Random) -> bytes:
    gone = _span(len(data), chance)
    return data[: gone.start] + data[gone.stop :]


def _double(data: bytes, _: bytes, chance: random.Random) -> bytes:
    part = _span(len(data), chance)
    return data[: part.stop] + data[part] * chance.choice((1, 1, 2, 20)) + data[part.stop :]


def _move(data: bytes, _: bytes, chance: random.Random) -> bytes:
    part = _span(len(data), chance)
    rest = data[: part.start] + data[part.stop :]
    at = chance.randrange(len(rest) + 1)
    return rest[:at] + data[part] + rest[at:]


def _put_in(data: bytes, other: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + other[_span(len(other), chance)] + data[at:]


def _noise(data: bytes, _: bytes, chance: random.Random) -> bytes:
    part = _span(len(data), chance)
    return data[: part.start] + chance.randbytes(part.stop - part.start) + data[part.stop :]


def _numbers(data: bytes, _: bytes, chance: random.Random) -> bytes:
    found = list(regex.finditer(rb"-?\d+(?:\.\d+)?", data))
    for match in sorted(chance.sample(found, min(len(found), 3)), key=lambda m: -m.start()):
        data = data[: match.start()] + chance.choice(NUMBERS) + data[match.end() :]
    return data


def _words(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """A word of the format in the place of another one."""
    ours = list(regex.finditer(rb"[/<]?[A-Za-z]{2,}", data))
    theirs = regex.findall(rb"[/<]?[A-Za-z]{2,}|<<|>>|\[|\]|\d+ 0 R", data + other)
    for match in sorted(chance.sample(ours, min(len(ours), 2)), key=lambda m: -m.start()):
        data = data[: match.start()] + chance.choice(theirs) + data[match.end() :]
    return data


Accident = Callable[[bytes, bytes, random.Random], bytes]
_ACCIDENTS: Sequence[Accident] = (
    _turn_bits, _turn_bits, _cut_off, _cut_out, _double, _move, _put_in, _noise, _numbers, _numbers,
    _words, _words,
)  # fmt: skip


def _in_bytes(accident: Accident) -> Callable[[str, str, random.Random], str]:
    def happen(text: str, other: str, chance: random.Random) -> str:
        data = accident(
            text.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"), chance
        )
        return data.decode("utf-8", chance.choice(("replace", "ignore")))

    return happen


def _pieces(text: str, _: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(PIECES) * chance.choice((1, 1, 3, 40)) + text[at:]


def _breaks(text: str, _: str, chance: random.Random) -> str:
    """Lines torn up or run together."""
    if chance.random() < 0.5:
        return text.replace("\n", chance.choice((" ", "", "\n\n", "\f")))
    return text.replace(" ", "\n", chance.randrange(1, 200))


def _other_case(text: str, _: str, chance: random.Random) -> str:
    return chance.choice((str.upper, str.lower, str.title, str.swapcase))(text)


_TEXT_ACCIDENTS: Sequence[Callable[[str, str, random.Random], str]] = (
    *map(_in_bytes, _ACCIDENTS), _pieces, _pieces, _pieces, _pieces, _breaks, _other_case,
)  # fmt: skip
