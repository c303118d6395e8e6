r"""Units that a number may carry: what they measure, and how many of the base unit they are.

Only units that nobody takes for something else are here. A word that is not ("bowls", "years old") says what is
counted: one that only one side has is forgiven, and two must have a word in common. Composed units are multiplied
out: `kg m/s^2` is `N`.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple


class Unit(NamedTuple):
    """What a number counts.

    Attributes:
        kind: what is measured, such as `length`, `length^2` or `length time^-1`.
        factor: how many base units one of it is; values of one kind compare after multiplying by it.
    """

    kind: str
    factor: Fraction


_SPOKEN = """
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
time 2629746 month
time 31556952 year yr
mass 0.001 mg milligram
mass 1 g gram
mass 1000 kg kilogram
mass 453.59237 lb lbs
mass 28.349523125 oz ounce
length^3 0.000001 ml mL milliliter millilitre
length^3 0.001 l L liter litre
length,time^-1 0.44704 mph
length,time^-1 5/18 kmh kph kmph
usd 1 $ USD dollar
usd 0.01 ¢ cent
eur 1 € EUR euro
gbp 1 £ GBP
jpy 1 ¥ JPY yen
cny 1 yuan CNY RMB
angle 1 °
angle 1/60 ′
angle 1/3600 ″
celsius 1 °C
fahrenheit 1 °F
"""
"""Units that a text may have anywhere: what is measured, how many base units it is, its names."""

_WRITTEN = """
length 0.0254 in
length 1e-6 micrometer micrometre micron
length 1e-9 nanometer nanometre
length^2 4046.8564224 acre
length^2 10000 ha hectare
length^3 0.003785411784 gal gallon
length^3 0.000946352946 qt quart
length^3 0.000473176473 pt pint
mass 1000000 t ton tonne
time 0.001 millisecond
time^-1 1 Hz hertz
mass,length,time^-2 1000 N newton
mass,length^2,time^-2 1000 J joule
mass,length^2,time^-2 4184 cal calorie
mass,length^2,time^-2 0.0001 erg
mass,length^2,time^-3,current^-2 1000 Ω ohm Omega
current,time 1 C coulomb
mass,length^2,time^-3 1000 W watt
mass,length^-1,time^-2 1000 Pa pascal
current 1 A amp ampere
mass,length^2,time^-3,current^-1 1000 V volt
temperature 1 K kelvin
amount 1 mol mole
mass,time^-2,current^-1 1000 T tesla
mass,length^2,time^-2,current^-1 1000 Wb weber
mass,length^2,time^-2,current^-2 1000 H henry
mass^-1,length^-2,time^4,current^2 0.001 F farad
mass,length,time^-2 0.01 dyn dyne
mass,length^2,time^-2 1.602176634e-16 eV electronvolt
mass,length^-1,time^-2 101325000 atm atmosphere
luminosity 1 lm lumen
luminosity,length^-2 1 lx lux
"""
"""Units that mathematics has behind a number, where `in` is an inch and `N` a newton."""

_PREFIXES = {"n": "1e-9", "µ": "1e-6", "u": "1e-6", "m": "0.001", "c": "0.01", "d": "0.1", "k": "1000", "M": "1e6"}
_PREFIXED = {
    "m": "nµud", "g": "µu", "s": "nµum", "L": "µcd", "Hz": "kM", "N": "kM", "J": "mkM", "cal": "k", "W": "mkM",
    "Pa": "kM", "A": "µum", "V": "mk", "mol": "m",
    "T": "mnµu", "F": "nµum", "H": "mµu", "eV": "kM",
}  # fmt: skip
"""The prefixes that symbols take, beside those that the tables have."""


def _read(table: str) -> dict[str, Unit]:
    found = {}
    for row in table.strip().split("\n"):
        kind, factor, *names = row.split(" ")
        unit = Unit(kind.replace(",", " "), Fraction(factor))
        for name in names:
            found[name] = unit
    return found


_UNITS = _read(_SPOKEN)
_LONG = "|".join(sorted((re.escape(name) for name in _UNITS if len(name) > 1), key=len, reverse=True))
_ONE = rf"(?:(?i:(?:{_LONG})s?)|[mgshlL])(?![A-Za-z])|[$¢€£¥]"
_POWER = r"\s*(?:\^\s*\{?\s*([23])\s*\}?)"
_ANYWHERE = frozenset(map(str.lower, _UNITS))
_UNITS |= _read(_WRITTEN)
_UNITS |= {
    prefix + name: Unit(_UNITS[name].kind, _UNITS[name].factor * Fraction(_PREFIXES[prefix]))
    for name, prefixes in _PREFIXED.items()
    for prefix in prefixes
}
_ANY_CASE = {name.lower(): unit for name, unit in _UNITS.items() if len(name) > 1}

CURRENCY = r"(?:(?:US|AU|CA)?[$]|[€£¥]|(?:USD|EUR|GBP|JPY|CNY)(?=[\s\d]))"
"""A pattern of what may stand in front of an amount."""

_EXPRESSION = rf"\s*(?:(square|sq\.?|cubic)\s+)?({_ONE})(?:{_POWER})?(?:\s*(?:/|\bper\b)\s*({_ONE})(?:{_POWER})?)?"


def behind(text: str, position: int) -> re.Match[str] | None:
    """The unit at a position in a text: `km`, `m^2`, `square metres`, `km/h`, `miles per hour`."""
    return re.compile(_EXPRESSION).match(text, position)


_FACTOR = (
    r"\s*(?P<below>/|per\b)?\s*(?P<prefix>(?:square|sq|cubic|cu)\b\.?\s*)?(?P<name>[A-Za-z°µΩ]+|[$¢€£¥′″])\.?"
    r"(?:\s*\^?\s*\{?\s*(?P<power>-?[1-4])\s*\}?|\s+(?P<word>squared|cubed)\b)?\s*[*·]?"
)
_RAISED = {"squared": 2, "cubed": 3, "sq": 2, "cu": 3}


def is_unit(name: str) -> bool:
    """Whether a name of two letters or more is a unit wherever it stands, singular or plural."""
    key = name.lower()
    spoken = key in _ANYWHERE or key.removesuffix("s") in _ANYWHERE
    return spoken or (len(name) > 4 and _named(name) is not None)


def is_symbol(name: str) -> bool:
    """Whether a name is a unit behind a number: `nm`, `kJ`, `in`."""
    return name in _UNITS


@lru_cache(maxsize=256)
def read(text: str) -> Unit | None:
    """The unit that a whole text is, composed ones multiplied out, or None."""
    powers: dict[str, int] = {}
    factor, at = Fraction(1), 0
    while at < len(text):
        match = re.compile(_FACTOR).match(text, at)
        unit = _named(match["name"]) if match else None
        if match is None or unit is None:
            return None
        exponent = int(match["power"] or _RAISED.get(match["word"] or (match["prefix"] or "")[:2], 1))
        exponent = -exponent if match["below"] else exponent
        factor *= unit.factor**exponent
        for kind, power in _powers(unit.kind):
            powers[kind] = powers.get(kind, 0) + power * exponent
        at = match.end()
    return Unit(_kind(powers), factor) if powers else None


def unit_of(match: re.Match[str]) -> Unit:
    """The unit that a match of `behind` means."""
    prefix, name, power, below, below_power = match.groups()
    exponent = int(power or _RAISED.get((prefix or "")[:2], 1))
    above = named(name)
    powers = {kind: own * exponent for kind, own in _powers(above.kind)}
    factor = above.factor**exponent
    if below is not None:
        divisor = named(below)
        for kind, own in _powers(divisor.kind):
            powers[kind] = powers.get(kind, 0) - own * int(below_power or 1)
        factor /= divisor.factor ** int(below_power or 1)
    return Unit(_kind(powers), factor)


def named(name: str) -> Unit:
    """The unit of one name, singular or plural, as `CURRENCY` and `behind` find it."""
    name = name.strip()
    found = _named("$" if name.endswith("$") else name)
    if found is None:
        raise KeyError(name)
    return found


def _named(name: str) -> Unit | None:
    found = _UNITS.get(name)
    if found is None and len(name) > 1:
        key = name.lower()
        found = _ANY_CASE.get(key) or _ANY_CASE.get(key.removesuffix("s"))
    return found


def _powers(kind: str) -> list[tuple[str, int]]:
    parts = (part.partition("^") for part in kind.split(" "))
    return [(name, int(power or 1)) for name, _, power in parts]


def _kind(powers: dict[str, int]) -> str:
    return " ".join(name if power == 1 else f"{name}^{power}" for name, power in sorted(powers.items()) if power)
