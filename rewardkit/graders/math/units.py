"""Units that a number may carry: what they measure, and how many of the base unit they are.

Only units that nobody takes for something else are here. A word that is not ("bowls", "years old") says nothing
about the number, and whoever compares numbers forgives it.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple


class Unit(NamedTuple):
    """What a number counts.

    Attributes:
        kind: what is measured, such as `length`, `length^2` or `length/time`.
        factor: how many base units one of it is; values of one kind compare after multiplying by it.
    """

    kind: str
    factor: Fraction


_TABLE = """
length 0.001 mm millimeter millimetre
length 0.01 cm centimeter centimetre
length 1 m meter metre
length 1000 km kilometer kilometre
length 0.0254 inch inches
length 0.3048 ft foot feet
length 0.9144 yd yard
length 1609.344 mi mile
time 1 s sec second
time 60 min minute
time 3600 h hr hour
time 86400 day
time 604800 week
time 31556952 year yr
mass 0.001 mg milligram
mass 1 g gram
mass 1000 kg kilogram
mass 453.59237 lb lbs
mass 28.349523125 oz ounce
volume 0.001 ml mL milliliter millilitre
volume 1 l L liter litre
speed 0.44704 mph
speed 5/18 kmh kph
usd 1 $ USD dollar
usd 0.01 ¢ cent
eur 1 € EUR euro
gbp 1 £ GBP
jpy 1 ¥ JPY yen
cny 1 yuan CNY RMB
celsius 1 °C
fahrenheit 1 °F
"""

_UNITS: dict[str, Unit] = {}
for _row in _TABLE.split("\n")[1:-1]:
    _kind, _factor, *_names = _row.split(" ")
    for _name in _names:
        _UNITS[_name if len(_name) < 2 else _name.lower()] = Unit(_kind, Fraction(_factor))

_LONG = "|".join(sorted((re.escape(name) for name in _UNITS if len(name) > 1), key=len, reverse=True))
_ONE = rf"(?:(?i:(?:{_LONG})s?)|[mgshlL])(?![A-Za-z])|[$¢€£¥]"
_POWER = r"\s*(?:\^\s*\{?\s*([23])\s*\}?)"

CURRENCY = r"(?:(?:US|AU|CA)?[$]|[€£¥]|(?:USD|EUR|GBP|JPY|CNY)(?=[\s\d]))"
"""A pattern of what may stand in front of an amount."""

EXPRESSION = re.compile(
    rf"\s*(?:(square|sq\.?|cubic)\s+)?({_ONE})(?:{_POWER})?(?:\s*(?:/|\bper\b)\s*({_ONE})(?:{_POWER})?)?"
)
"""A unit behind a number: `km`, `m^2`, `square metres`, `km/h`, `miles per hour`."""


def is_unit(name: str) -> bool:
    """Whether a name of two letters or more is a unit, singular or plural."""
    key = name.lower()
    return key in _UNITS or key.removesuffix("s") in _UNITS


def read(text: str) -> Unit | None:
    """The unit that a whole text is, or None."""
    match = EXPRESSION.fullmatch(text.replace(" / ", "/").strip())
    return unit_of(match) if match else None


def unit_of(match: re.Match[str]) -> Unit:
    """The unit that a match of `EXPRESSION` means."""
    prefix, name, power, below, below_power = match.groups()
    exponent = int(power or 0) or {"s": 2, "c": 3}.get((prefix or " ")[0].lower(), 1)
    above = _raised(named(name), exponent)
    if below is None:
        return above
    divisor = _raised(named(below), int(below_power or 1))
    kind = f"{above.kind}/{divisor.kind}"
    return Unit("speed" if kind == "length/time" else kind, above.factor / divisor.factor)


def named(name: str) -> Unit:
    """The unit of one name, singular or plural, as `CURRENCY` and `EXPRESSION` find it."""
    key = name.strip() if len(name.strip()) < 2 else name.strip().lower()
    if key.endswith("$"):
        key = "$"
    return _UNITS.get(key) or _UNITS[key.removesuffix("s")]


def _raised(unit: Unit, exponent: int) -> Unit:
    if exponent == 1:
        return unit
    return Unit(f"{unit.kind}^{exponent}", unit.factor**exponent)
