"""Prices with their currency: "120$", "$1,200.50", "1 200 CAD", "cinquante piasses", "200 / h", "160" alone."""

from __future__ import annotations

import re

from nlp.entities.found import Found, Reading
from nlp.lexicon import alternatives, word_lists

_LISTS = word_lists("prices")
_CODES = {sign: code for code in ("USD", "EUR", "GBP", "CAD") for sign in _LISTS[code]}
_SIGN, _LEAD = alternatives(_CODES), alternatives(_LISTS["leads"])
_NUMBER = r"(?:[0-9]{1,3}(?:[ ,][0-9]{3}){1,2}(?![0-9])(?:[.,][0-9]{1,2})?|[0-9]{1,6}(?:[.,][0-9]{1,2})?)"
_TRAIL = re.compile(rf" ?(?P<trail>{_SIGN})(?![a-z0-9])")
_FREE = r"(?<![a-z0-9.,$€£/-])"
_SIGNED = re.compile(
    rf"(?<![a-z0-9.,$€£])(?<![^$€£]/)(?:(?P<lead>{_LEAD}) ?(?P<after>{_NUMBER})(?P<after_k>k)?(?![0-9a-z%])"
    r"(?: ?(?P<over>usd|cad|us)\b)?"
    rf"|(?P<before>{_NUMBER}) ?(?P<before_k>k)? ?(?P<trail>{_SIGN})(?![a-z0-9]))"
)
_PER = re.compile(
    rf"{_FREE}(?P<amount>{_NUMBER})(?P<k>k)? ?(?:par |/ ?|an? |per |de l'|l'|la |each )"
    rf"(?:[0-9]{{2}} ?min|1? ?(?:{alternatives(_LISTS['spans'])}))(?![a-z0-9])"
)
_LOWER = re.compile(
    rf"{_FREE}(?P<low>(?:[0-9]{{1,3}}[ ,][0-9]{{3}}|(?<![0-9] )[0-9]{{2,5}})(?:[.,][0-9]{{1,2}})?)"
    r" ?(?:a|to|-|ou|or|et|and) ?\Z"
)
_LINE = re.compile(r"^[ \t]*(?P<amount>[0-9]{2,4})[ \t]*\.?$", re.MULTILINE)
_THOUSANDS = re.compile(r"[ ,](?=[0-9]{3}(?![0-9]))")
_REACH = 14
_LEAST_BARE = 20
"""A bare number per hour or day is read as dollars from here on; below, it counts something else."""
_LONE = range(40, 1501)
"""What a number alone on its line of an ad can cost, in steps of five dollars."""


def find_prices(reading: Reading) -> list[Found]:
    """Return the prices; the extra says the ISO 4217 currency, Canadian dollars when the text says no more."""
    text = reading.text
    found = [_signed(match) for match in _SIGNED.finditer(text)]
    for number in reading.numerals:
        if number.spelled and (sign := _TRAIL.match(text, number.end)):
            found.append(_price(float(number.value), number.start, sign.end(), _CODES[sign["trail"]]))
    found += [_per(match) for match in _PER.finditer(text) if _value(match["amount"]) >= _LEAST_BARE]
    return found + _lower_ends(text, found) + _lone(text)


def _price(value: float, start: int, end: int, currency: str) -> Found:
    return Found(value, start, end, (("currency", currency),))


def _value(amount: str, thousand: str | None = None) -> float:
    return float(_THOUSANDS.sub("", amount).replace(",", ".")) * (1000 if thousand else 1)


def _signed(match: re.Match[str]) -> Found:
    value = _value(match["after"] or match["before"], match["after_k"] or match["before_k"])
    sign = match["over"] or match["lead"] or match["trail"]
    return _price(value, match.start(), match.end(), "USD" if sign == "us" else _CODES[sign])


def _per(match: re.Match[str]) -> Found:
    return _price(_value(match["amount"], match["k"]), match.start(), match.end("amount"), "CAD")


def _lower_ends(text: str, prices: list[Found]) -> list[Found]:
    """Return the lower ends of price ranges: "400 à 600 par soir"."""
    lower = ((_LOWER.search(text, max(0, price.start - _REACH), price.start), price) for price in prices)
    return [Found(_value(low["low"]), low.start(), low.end("low"), price.extra) for low, price in lower if low]


def _lone(text: str) -> list[Found]:
    if "\n" not in text:
        return []
    lines = ((match, int(match["amount"])) for match in _LINE.finditer(text))
    return [
        _price(float(value), match.start("amount"), match.end("amount"), "CAD")
        for match, value in lines
        if value in _LONE and value % 5 == 0
    ]
