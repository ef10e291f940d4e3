"""The forms in which ages are given: what stands before and after the number, as patterns on folded text."""

from __future__ import annotations

import re

from nlp.entities.numbers import ORDINALS
from nlp.lexicon import alternatives, word_lists

_LISTS = word_lists("ages")
THINGS, PERSONS = frozenset(_LISTS["things"]), frozenset(_LISTS["persons"])
UNITS, FOLLOWERS = frozenset(_LISTS["units"]), frozenset(_LISTS["followers"])
NO_NAMES = frozenset(_LISTS["no_names"])
FIRSTS = frozenset(_LISTS["firsts"])
_PERSON = alternatives(_LISTS["persons"])
_DETERMINER = (
    r"(?:une?|la|le|les|des|ma|mon|mes|ton|ta|tes|sa|son|ses|cette|cet?|notre|nos|leurs?|the|an?|my|your|his|her|our|"
    r"their|this|that|two|deux|trois)"
)

# What follows the number (used with `match`).
YEARS = re.compile(
    r"(?:[ -]?ans?|[ -]?(?:years?|yrs?)[ -]?olds?| ?y\.?/?o\.?|[ -]?yos?| ?yrs?| (?:years|yrs) of age)(?![a-z0-9])"
)
OLD = re.compile(r"[ -]?(?:years?|yrs?)[ -]?olds? ?(?P<what>[a-z]+)?(?: (?P<more>[a-z]+))?")
SPAN_RIGHT = re.compile(rf" (?:{alternatives(_LISTS['spans_right'])})\b")
YEARS_OF = re.compile(r" (?:de |d')(?!age\b|plus\b|moins\b)(?P<what>[a-z-]+)")
_AND_MORE = (
    r"\+(?![0-9])| \+(?=\s*(?:$|[,.;\n]))| (?:et|ou) (?:plus|moins|\+)"
    r"| (?:and|or) (?:up|over|older|under|above|younger)\b| minimum\b"
)
AND_MORE = re.compile(_AND_MORE)
LIMIT_RIGHT = re.compile(
    rf"{_AND_MORE}| (?:plus\b(?! tard| que)|min\b(?! [0-9])|max(?:imum)?\b|obligatoire|required|requis)"
)
BIRTHDAY = re.compile(
    r" ?(?:e|eme|ieme|th|st|nd|rd)?[ -](?:anniversaire|birthday|bday|b-day)\b(?! (?:du|des|de l|d'un)\b)"
)
SEX = re.compile(r" ?/? ?f(?![a-z0-9'])|/m(?![a-z0-9'])| ?m(?=\))")
IN_NUMBER = re.compile(r"[.,:/-][0-9]|['’][0-9]|[%$€£°]| [$€£%]| (?:sur|out of|over) [0-9]")
NEWS = re.compile(
    r"[^\n]{0,60}?\b(?:n'est pas|recherchee?\b|retrouvee?\b|vue? (?:a|au|pour)\b|wanted by"
    r"|est dispar|disparue?|introuvable|missing|last seen|derniere fois|a quitte|a ete)"
)
RECENT = re.compile(
    r"[^\n.]{0,12}\b(?:hier|yesterday|today|aujourd'hui|ce matin|this morning|la semaine passee|"
    r"last (?:week|month|night)|on [a-z]{3,6}day\b|depuis (?:hier|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche))"
)
BIO_RIGHT = re.compile(r" ?[|•·✦~♡♥★☆✨☾⋆✧♪🌙💫🌸] ?")
OPENING = re.compile(r"(?:,(?! ?[0-9])|/(?=[a-z])| (?:n|and|&|et|pis|from|here|f|m|girl|fille|gars)\b)")
CLOSED = re.compile(
    r"\s*(?:[,.;!?)&|+/\n]|[^\x00-\x7f\w]|$|(?:et|and|n) [a-z]|(?:et|and|n|&) [0-9]{2}\s*(?:$|[,.;!?|\n]))(?! ?[0-9])"
)
SUBJECT_RIGHT = re.compile(r",? (?:(?P<third>she|he|they|elle|il|ma|mon|my)|i|we|je|on|tu)\b")
TO_DO = re.compile(r" to (?:enter|apply|join|work|drink|get|come|register|attend|play|drive|rent|buy|sign|take|vote)\b")
_DAY = "(?:hier|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|ce matin|la semaine passee)"
SINCE = re.compile(rf",? (?:depuis {_DAY}|(?:since|as of) (?:today|yesterday|[a-z]{{3,6}}day|last week))\b")

# What stands before it (used with `search`).
_IN_NUMBER_LEFT = r"(?:[0-9][.,:]|[0-9]{3}[/-]|[0-9][/-][0-9]{1,2}[/-]|[$€£#] ?)"
IN_NUMBER_LEFT = re.compile(rf"{_IN_NUMBER_LEFT}$")
NO_AGE_LEFT = re.compile(
    rf"(?:{_IN_NUMBER_LEFT}|(?<![a-z'])[um]-|\b(?:sec|grade|secondaire|niveau|chapitre|chapter|episode|page|no|numero|"
    r"bus|route|unite|apt|app|level|classe|room|local|saison|season|top|day|jour|autobus|highway|hwy|autoroute|sortie|exit|rang|number|minus|"
    r"moins) ?)$"
)
SPAN_LEFT = re.compile(rf"\b(?:{alternatives(_LISTS['spans_left'])}) (?:les |the |environ |about |presque )?$")
TO_THE = ("aux ", "pour les ", "chez les ")
"""What may stand before a range of ages though it also begins a span of time."""
AGO = re.compile(r"(?:\by ?'?a|\bya) (?:presque |environ |genre )?$")
LIMIT_LEFT = re.compile(
    r"(?:\b(?:plus de|moins de|au moins|au-dessus de|en bas de|en dessous de|a partir de|des|jusqu'a|over|under|above|"
    r"below|at least|older than|younger than|(?:must|should|have to|need to|gotta) be|min(?:imum)?|max(?:imum)?|"
    r"(?:faut|doit|devez|dois) (?:avoir|etre age[es]*)|majeure?s?)[ :]{1,3}(?:age de )?|\+ ?)$"
)
JUST = re.compile(
    r"\b(?:(?:j?(?:viens?|vient|vien)|venait|venais) (?:tout )?(?:juste )?(?:d'avoir|de feter|de pogner)|"
    r"(?:just|recently) turned|newly|freshly|fraichement|tout juste|barely|a peine)"
    r"(?: (?:mes|ses|ces|tes|my|her|his|ta))? $"
)
HAD = re.compile(r"\b(?:eu|fete|turned|turns)(?: (?:mes|ses|tes))? $")
CLAIM = re.compile(
    r"(?:^|[^a-z])(?:chu|chui|chuis|chus|jsuis|je suis|j'suis|i'?m|i am|iam|am|was|l'age de|"
    r"age[es]{0,2}(?: de| of| is)?|aged|quand j'avais|turning|turn|turned|(?:i'll|ill|will|to) be|almost|bientot|"
    r"dis que j'ai) ?(?:[:=] ?)?(?:(?:only|just|juste|like|genre|actually|still|now|about|almost|presque|"
    r"really|officially) )?$"
)
HAVE = re.compile(
    r"(?:^|[^a-z' ]|(?<![0-9]) )(?:j'ai|jai|j ai|g|ai|j'avais|t'as|tas|a|ont|avait|aura|avoir|d'avoir|j'aurai)(?: eu)?"
    r"(?: (?:juste|just|genre|mes|ses|presque|deja|que|seulement|bientot))? $"
)
BE = re.compile(
    rf"(?:\b(?:she|he|who|{_PERSON})(?:'s| is| was| turns| turned|s)|\b(?:shes|hes)|"
    r"\b(?:they|we)(?:'re| are| were)(?: both)?) (?:(?:only|just|like|now|turning|actually|both) )?$"
)
ASIDE = re.compile(rf"\b(?:{_PERSON})(?: \(|, )$")
OF = re.compile(rf"\b(?:{_PERSON}|bestie|chum) (?:de|of|aged|about|d'environ|of about) $")
SWEET = re.compile(r"\bsweet $")
AT = re.compile(r"(?:^|[^a-z])(?:at|a) $")
BETWEEN = re.compile(r"\b(?:entre|between) (?:les |the )?$")
SOUGHT = re.compile(
    rf"\b(?:{_PERSON}|(?P<aged>ages?|aged|age[es]{{1,2}})|cherche|recherche|looking for|hiring|wanted)[ :,(]{{1,2}}"
    r"(?:de |entre |between |from |of |age[es]* )?$"
)
JOINT = re.compile(r"(?:[ -]?ans?| ?yo)?(?: ?[-–/~] ?| (?P<both>et|and|&|n|pis) | (?:a|au|to|ou|or) )")
BIO_LEFT = re.compile(r"(?:^|[|•·✦~♡♥★☆✨☾⋆✧♪🌙💫🌸]) ?$")
BARE_OF = re.compile(rf"^(?:[^a-z]*)(?:jeune )?(?:{_PERSON}) de $")
OWNED = re.compile(
    r"\b(?:(?:tes|ses|vos|leurs) |(?:my|our|his|her|their|your) (?:[a-z]+ )?(?:[0-9]{1,2} (?:and|et|&|or|n) )?)$"
)
SUBJECT = re.compile(
    rf"(?P<as>\b(?:chu|chui|chus|chuis|jsuis|suis|i'?m|i am|on est|nous sommes|we are|we're|moi) {_DETERMINER} "
    rf"(?:[a-z'-]+ ){{0,2}}?(?:{_PERSON})\b)|"
    rf"(?P<third>\b(?:{alternatives(_LISTS['thirds'])})\b|\b{_DETERMINER} (?:[a-z'-]+ ){{0,2}}?(?:{_PERSON})\b|"
    rf"\b(?:{_PERSON})(?: (?:de|of) \Z|'s | (?:a|is|was|has|est|avait) ))|"
    rf"(?P<first>\b(?:{alternatives(_LISTS['firsts'])})\b)"
)
WORD = re.compile(r"[a-z]+(?:-[a-z]+)?")
LONG_NUMBER = re.compile(r"[0-9]{3,}")
"""A phone or the like: what stands before it is of another matter."""
CLAUSE = re.compile(r"[.;!?](?=\s)|\n")
BIRTHDAY_SPELLED = re.compile(
    rf"\b(?P<ordinal>{alternatives(ORDINALS).replace(chr(92) + '-', '[ -]')}) (?:anniversaire|birthday|bday|b-day)\b"
)
