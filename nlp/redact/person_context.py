"""What the words around a name tell: that a person is named, or a street, a brand, a thing."""

from __future__ import annotations

import re

from nlp.redact.lists import any_of, words
from nlp.redact.page import Page, Word

_CALLED = words("called")
_SELF = words("called_whom")
_NAME = words("name")
_ANNOUNCING = words("announcing")
_NAME_REACHES = 5
"""Words from "nom" to what it is: "le nom du gars c'est …"."""
ADVERBS = frozenset({"juste", "genre", "comme", "just", "like", "aussi", "tous", "also"})
_NICKNAME = words("nickname")
_KNOWN_AS = frozenset({("as", "known"), ("by", "goes"), ("by", "went"), ("sous", "connu"), ("comme", "connu")})
_OF = frozenset({"de", "d", "of"})
_IS = words("is")
TITLES = words("titles")
KIN = words("kin")
_FORMAL = words("formal_titles")
_OF_KIN = words("of_kin")
_TOLD = words("before_people_only")
_TOLD_TO = words("told_to")
_AMONG = words("before_people_in_small_letters")
_NICK = words("first_of_nicknames")
_GREETINGS = words("greetings")
_ASKED = words("before_people")
_PLACE_BEFORE = words("things_named_after_people")
_PLACE_AFTER = words("things_named_after_people_in_english")
_ARTICLES = words("articles_of_places")
_DETERMINERS = words("determiners")
_SURE_VERBS = words("verbs_of_people")
_AUXILIARIES = words("auxiliaries")
_ABBREVIATIONS = words("abbreviations")
_BREAK = re.compile(r"[\n!?…;|\ue000-\ue00f]")
_AGE_AFTER = re.compile(
    rf"\s{{0,2}}[,(:–-]?\s{{0,2}}(?:\d{{2}}(?!\d)(?! ?(?:{any_of('no_ages')})(?![a-z]))|(?:{any_of('spoken_ages')})\b)"
)
_FORM = re.compile(rf"\b(?:{any_of('form_fields')}) ?: ?$")


def previous(page: Page, index: int) -> Word | None:
    """Return the word before, unless a sentence or a line ends in between."""
    word = page.words[index]
    if index == 0 or _BREAK.search(word.before) or ("." in word.before and not _is_abbreviation(page, index - 1)):
        return None
    return page.words[index - 1]


def _is_abbreviation(page: Page, index: int) -> bool:
    return page.words[index + 1].before == ". " and page.words[index].text in _ABBREVIATIONS


def is_named(page: Page, index: int) -> bool:
    """Tell whether the text says that a name comes: "je m'appelle …", "my name is …", "prénom : …"."""
    aside = index > 1 and page.words[index - 1].text in ADVERBS
    before = [page.word_at(index - back - aside) for back in (1, 2, 3)]
    one, two, three = (word.text if word else "" for word in before)
    if _FORM.search(page.text, max(0, page.words[index].start - 24), page.words[index].start):
        return True
    if previous(page, index) is None or len(page.words[index].text) < 2 or "," in page.words[index].before:
        return False
    if one in _OF and bool({two, three} & _NICKNAME):
        return page.words[index].capital
    if (one, two) in _KNOWN_AS:
        return page.words[index].capital
    if one in _CALLED or one in _ANNOUNCING:
        return two in _SELF or one in _ANNOUNCING
    farther = {word.text for word in _same_sentence(page, index)[:-1]}
    return one in _IS and bool(farther & _NAME)


def _same_sentence(page: Page, index: int) -> list[Word]:
    """Return the few words before one, as far as no sentence ends between them."""
    near = page.words[max(0, index - _NAME_REACHES) : index]
    last_end = max((place for place, word in enumerate(near) if word.opens), default=0)
    return near[last_end:]


def is_titled(page: Page, index: int) -> bool:
    """Tell whether a title or kin word stands before: "Mme …", "mon chum …", "tonton …"; "M." and "Me" need theirs."""
    before = previous(page, index)
    if before is None:
        return False
    if before.text == "m":
        return before.capital and page.words[index].before == ". "
    if before.text == "me" and not before.capital:
        return False
    return page.words[index].before in (" ", ". ", "-") and (before.text in TITLES or before.text in KIN)


def is_a_title_before(page: Page, index: int) -> bool:
    """Tell whether a title with a capital stands right before, as in "Coach B"."""
    before = previous(page, index)
    if before is None or not before.capital or before.text in ("m", "me"):
        return False
    return before.text in TITLES and page.words[index].before in (" ", ". ")


def is_formally_titled(page: Page, index: int) -> bool:
    """Tell whether "Mme", "M.", "Me" or the like stands right before."""
    before = previous(page, index)
    if before is None or page.words[index].before not in (" ", ". "):
        return False
    return before.text in _FORMAL and (before.capital or before.text not in ("m", "me"))


def is_kin_of(page: Page, index: int) -> bool:
    """Tell whether kin of the person stand before: "la mère de …", "le chum à …", "mother of …"."""
    of = previous(page, index)
    kin = previous(page, index - 1) if of is not None and of.text in _OF_KIN else None
    return kin is not None and kin.text in KIN and page.words[index].before in (" ", "'")


def is_told(page: Page, index: int) -> bool:
    """Tell whether the word before takes a person only: "tell …", "chez …"."""
    before = previous(page, index)
    return before is not None and page.words[index].before == " " and before.text in _TOLD


def is_among_people(page: Page, index: int) -> bool:
    """Tell whether "avec", "demandez", "with" or the like stands right before."""
    before = previous(page, index)
    return before is not None and page.words[index].before == " " and before.text in _AMONG


def is_told_to(page: Page, index: int) -> bool:
    """Tell whether "dis à", "parle à" or the like stands right before."""
    to = previous(page, index)
    verb = previous(page, index - 1) if to is not None and to.text == "a" else None
    return verb is not None and verb.text in _TOLD_TO and page.words[index].before == " "


def is_at_home(page: Page, index: int) -> bool:
    """Tell whether "chez" or the like stands right before, after which only people and shops do."""
    before = previous(page, index)
    return before is not None and page.words[index].before == " " and before.text in ("chez", "demande", "demandez")


def is_nicknamed(page: Page, index: int) -> bool:
    """Tell whether a word with a capital stands right before that begins nicknames: "Big …", "Lil …"."""
    before = previous(page, index)
    return before is not None and before.capital and page.words[index].before in (" ", "'") and before.text in _NICK


def is_addressed(page: Page, index: int) -> bool:
    """Tell whether someone is greeted, asked for or spoken of: "salut …", "demandez …", "avec …"."""
    before = previous(page, index)
    return before is not None and (before.text in _GREETINGS or before.text in _ASKED)


def has_age_after(page: Page, index: int) -> bool:
    """Tell whether an age follows: "Rose, 24 ans", "Jade (17)"."""
    return bool(_AGE_AFTER.match(page.text, page.words[index].end))


def acts(page: Page, index: int) -> bool:
    """Tell whether a verb that only people are the subject of follows."""
    after = page.word_at(index + 1)
    return after is not None and after.before == " " and after.text in _SURE_VERBS


def is_or_has(page: Page, index: int) -> bool:
    """Tell whether "est", "a", "m'a", "is" or "was" follows, as after the subject of a sentence."""
    after = page.word_at(index + 1)
    return after is not None and after.before == " " and after.text in _AUXILIARIES


def has_determiner(page: Page, index: int) -> bool:
    """Tell whether an article or the like stands right before: "la rose", "my hope", "a chance"; "à Lise" has none."""
    before = previous(page, index)
    if before is None or page.words[index].before != " " or page.as_typed(before.start, before.end) in ("à", "À"):
        return False
    return before.text in _DETERMINERS


def is_something_else(page: Page, index: int, last: int) -> bool:
    """Tell whether a street, a feast or another thing bears the name."""
    before, after = _before_articles(page, index), page.word_at(last + 1)
    if before is not None and before.text in _PLACE_BEFORE and page.words[index].before in (" ", "-", ". ", "'"):
        return True
    return (
        after is not None
        and after.before == " "
        and after.text in _PLACE_AFTER
        and (after.capital or after.text == "street")
    )


def _before_articles(page: Page, index: int) -> Word | None:
    before = previous(page, index)
    for back in (1, 2):
        if before is None or before.text not in _ARTICLES:
            return before
        before = previous(page, index - back)
    return before
