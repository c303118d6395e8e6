"""What JSON Schema's `format` means: the formats that are checked, each by a function of the text."""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jsonschema import FormatChecker

_TIME = re.compile(
    r"(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
_DURATION = re.compile(
    r"P(?:\d+W|(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)", re.ASCII
)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")


def checker() -> FormatChecker:
    """A checker for `jsonschema` that knows the formats of this table and no others."""
    from jsonschema import FormatChecker

    made = FormatChecker(formats=())
    for name, check in FORMATS.items():
        made.checks(name)(_of_text(check))
    return made


def _of_text(check: Callable[[str], bool]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or check(value)


def _date(text: str) -> bool:
    try:
        return len(text) == 10 and text.isascii() and bool(datetime.date.fromisoformat(text))
    except ValueError:
        return False


def _date_time(text: str) -> bool:
    return _date(text[:10]) and text[10:11] in ("T", "t", " ") and _TIME.fullmatch(text[11:]) is not None


def _hostname(text: str) -> bool:
    return len(text) <= 253 and _HOST.fullmatch(text) is not None


def _email(text: str) -> bool:
    local, _, host = text.rpartition("@")
    return len(local) <= 64 and _LOCAL.fullmatch(local) is not None and _hostname(host)


def _address(version: type[ipaddress.IPv4Address] | type[ipaddress.IPv6Address]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            return len(text) <= 64 and bool(version(text).packed)
        except ValueError:
            return False

    return check


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


FORMATS: dict[str, Callable[[str], bool]] = {
    "date": _date,
    "time": _matches(_TIME),
    "date-time": _date_time,
    "duration": _matches(_DURATION),
    "email": _email,
    "hostname": _hostname,
    "ipv4": _address(ipaddress.IPv4Address),
    "ipv6": _address(ipaddress.IPv6Address),
    "uri": _matches(_URI),
    "uuid": _matches(_UUID),
    "json-pointer": _matches(_POINTER),
}
