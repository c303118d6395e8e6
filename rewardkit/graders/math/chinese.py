"""Chinese words that stand in answers, in the vocabulary of the rest: `3或5` is `3 or 5`, `五分之三` is `3/5`."""

from __future__ import annotations

import re

_UNITS = {
    "毫米": "mm",
    "厘米": "cm",
    "千米": "km",
    "公里": "km",
    "海里": "nmi",
    "米": "m",
    "千克": "kg",
    "公斤": "kg",
    "克": "g",
    "毫升": "mL",
    "升": "L",
    "小时": "hours",
    "分钟": "minutes",
    "秒": "seconds",
    "天": "days",
    "元": "yuan",
}
_UNIT = re.compile(rf"(平方|立方)?({'|'.join(_UNITS)})(?:/|每)?({'|'.join(_UNITS)})?$")
_WORDS = {
    "或者": " or ",
    "或": " or ",
    "和": " , ",
    "且": " and ",
    "、": " , ",
    "度": "°",
    "∶": ":",
    "，": ",",
    "；": ";",
}
_WORD = re.compile("|".join(_WORDS))
_DIGITS = "零一二三四五六七八九十"
_FRACTION = re.compile(rf"([{_DIGITS[1:]}])分之([{_DIGITS[1:]}])")
_COUNTED = re.compile(r"(?<=[\d}$])\s*[个人种次只本条件位名棵张辆台颗支]$")
_POWERS = {"平方": "^2", "立方": "^3"}


def translated(span: str) -> str:
    """A span without Chinese marks and words, as far as they are known."""
    span = _COUNTED.sub("", span.rstrip("。 "))
    if fraction := _FRACTION.fullmatch(span):
        return "/".join(str(_DIGITS.index(part)) for part in reversed(fraction.groups()))
    if unit := _UNIT.search(span):
        power, name, below = unit.groups()
        written = _UNITS[name] + _POWERS.get(power, "") + (f"/{_UNITS[below]}" if below else "")
        span = f"{span[: unit.start()]} \\text{{{written}}}" if span[: unit.start()].strip() else span
    return _WORD.sub(lambda word: _WORDS[word[0]], span)
