"""Folding: one plain spelling for the many ways in which the same letters can be written.

Folding works character by character, so it is linear, and every output character folds to itself, so it is
idempotent. Accents, case, ligatures, full-width, mathematical, circled and keycap forms go; letters of other
alphabets that look Latin become Latin; marks that nobody sees (zero-width, bidirectional, variation selectors) and
skin-tone modifiers are dropped. Whatever it does, an offset in the folded text leads back to the original.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from functools import cached_property
from itertools import accumulate

_LOOK_ALIKES = {
    # Cyrillic, Greek, Armenian, Cherokee, IPA, small capitals. Capitals stand apart where their shape differs
    # from that of their own small letter (Greek Η looks like H, η like n).
    "a": "АаӐӒΑαɑᴀꭺ",
    "b": "ВЬьΒβƀƃɓʙв",
    "c": "СсϹϲƈɕᴄꮯ",
    "d": "Ԁԁđɖɗƌᴅð",
    "e": "ЕеЁёєЄΕεɘəɛᴇε",
    "f": "ƒꜰ",
    "g": "Ԍԍɠɡɢց",
    "h": "НнҺһΗħɦʜհһ",
    "i": "ІіЇїΙιıɨɩɪіΐ",
    "j": "Јјʝɟᴊϳ",
    "k": "КкΚκƙᴋ",
    "l": "Ӏӏłɫɭʟⅼ",
    "m": "МмΜɱᴍм",
    "n": "Νηɲŋɴոп",
    "o": "ОоΟοσøɵɔᴏօՕ",
    "p": "РрΡρƥᴘ",
    "q": "Ԛԛʠꞯǫ",
    "r": "ɹɼɽʀг",
    "s": "Ѕѕʂꜱ",
    "t": "ТтΤτŧƭʈᴛт",
    "u": "υμʉʊսᴜ",
    "v": "Ѵѵνʋᴠ",
    "w": "Ԝԝѡωⱳᴡ",
    "x": "ХхΧχ",
    "y": "УуҮүΥγƴʎʏ",
    "z": "Ζƶʐʑᴢ",
    "ae": "æӕ",
    "oe": "œ",
    "ss": "ß",
    "th": "þ",
    "'": "`´‘’‚‛ʹʻʼʽ՚′ꞌ＇",
    '"': "«»“”„‟″〝〞",
    "/": "⁄∕",
    "10": "🔟",
}
_DIGIT_BLOCKS = ((0x2776, 1), (0x2780, 1), (0x278A, 1), (0x24F5, 1), (0x24EB, 11))
"""Circled numbers that carry no decomposition: negative, sans-serif, double; code point of the first and its value."""
_LETTER_BLOCKS = (0x1F150, 0x1F170)
"""White on black circled and squared capitals, A to Z."""
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_INDIC_CLASSES = frozenset({0, 7, 9})
"""Combining classes of marks that spell vowels, not accents: dropping them would merge different words."""


def _explicit() -> dict[str, str]:
    """Map the characters that neither Unicode decomposition nor lower case brings to a plain letter or digit."""
    table = {other: plain for plain, others in _LOOK_ALIKES.items() for other in others}
    for first, value in _DIGIT_BLOCKS:
        table |= {chr(first + step): str(value + step) for step in range(10)}
    for first in _LETTER_BLOCKS:
        table |= {chr(first + step): chr(ord("a") + step) for step in range(26)}
    return table | {"⓿": "0", "🄋": "0", "🄌": "0", "\u2028": "\n", "\u2029": "\n", "\x85": "\n", "\u2800": " "}


_EXPLICIT = _explicit()


def _is_dropped(char: str) -> bool:
    category = unicodedata.category(char)
    if category == "Mn":
        return unicodedata.combining(char) not in _INDIC_CLASSES or _is_selector(char) or char in _INVISIBLE
    return category in {"Cf", "Me"} or char in _INVISIBLE or ord(char) in _SKIN_TONES


def _is_selector(char: str) -> bool:
    return unicodedata.name(char, "").startswith(("VARIATION SELECTOR", "MONGOLIAN FREE"))


def _step(char: str) -> str:  # noqa: PLR0911 one return for each class of character
    if char in _EXPLICIT:
        return _EXPLICIT[char]
    if _is_dropped(char):
        return ""
    category = unicodedata.category(char)
    if category == "Cc":
        return "\n" if char == "\n" else " "
    if category == "Cs":
        return "\ufffd"
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Pd" or char == "−":
        return "-"
    return " " if category == "Zs" else _decompose(char)


def _decompose(char: str) -> str:
    parts = unicodedata.normalize("NFKD", char)
    kept = "".join(part for part in parts if not _is_dropped(part))
    return unicodedata.normalize("NFC", kept.lower())


def _fold_char(char: str) -> str:
    """Fold one character until nothing changes any more."""
    folded = _step(char)
    while (again := "".join(map(_step, folded))) != folded:
        folded = again
    return folded


class _Table(dict[int, str]):
    """A `str.translate` table that learns each character the first time it is met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_char(chr(code))
        return folded


_TABLE = _Table()


class Folded:
    """A folded text and the way back to the text it came from."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.text = source.translate(_TABLE)

    @cached_property
    def _starts(self) -> list[int] | None:
        """Give for each original index the folded index where it begins; None when they are the same."""
        if self.source.isascii():
            return None
        lengths = [len(_TABLE[ord(char)]) for char in self.source]
        return None if lengths.count(1) == len(lengths) else list(accumulate(lengths, initial=0))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the half-open span of the original that the folded span [start, end) came from.

        A span that begins or ends inside what one original character became takes in the whole character; the marks
        that belong to the last character (accents, keycaps) are taken in too. An empty span stays empty.
        """
        starts = self._starts
        if starts is None:
            return start, end
        first = min(bisect_right(starts, start) - 1, len(self.source))
        if end <= start:
            return first, first
        last = bisect_left(starts, end)
        while last < len(self.source) and starts[last + 1] == end and unicodedata.category(self.source[last])[0] == "M":
            last += 1
        return first, last


def fold(text: str) -> Folded:
    """Fold a text of any kind; never raises. Lone surrogates become U+FFFD, controls but the line feed spaces."""
    return Folded(text)
