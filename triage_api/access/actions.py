"""Everything that a person can ask of the desks, and what holds for each whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """Everything that a person can ask of the desks."""

    SESSION_OWN = "session.own"
    TOKEN_OWN = "token.own"  # noqa: S105 - the name of an action
    GLASS_BREAK = "glass.break"
    GLASS_REVIEW = "glass.review"
    ACCOUNT_MANAGE = "account.manage"
    QUEUE_READ = "queue.read"
    QUEUE_WORK = "queue.work"
    VIEW_OWN = "view.own"
    DUTY_READ = "duty.read"
    DUTY_KEEP = "duty.keep"
    DASHBOARD_READ = "dashboard.read"
    CRITERION_DECIDE = "criterion.decide"
    MODEL_SWITCH = "model.switch"
    LESSON_DO = "lesson.do"
    POST_READ = "post.read"
    POST_PASTE = "post.paste"
    SEARCH_RUN = "search.run"
    SEARCH_READ = "search.read"
    SEARCH_STAND = "search.stand"
    IDENTIFIER_REVEAL = "identifier.reveal"
    REQUEST_FILE = "request.file"
    REQUEST_READ = "request.read"
    REQUEST_MESSAGE = "request.message"
    REQUEST_ANSWER = "request.answer"
    REQUEST_ENTER = "request.enter"
    CASE_CLOSE = "case.close"
    SUBJECT_ERASE = "subject.erase"
    DIRECTORY_READ = "directory.read"
    DIRECTORY_KEEP = "directory.keep"
    CONSENT_RECORD = "consent.record"
    CONSENT_READ = "consent.read"
    REFERRAL_MAKE = "referral.make"
    REFERRAL_READ = "referral.read"
    REFERRAL_TAKE = "referral.take"
    REFERRAL_REVIEW = "referral.review"
    LEDGER_READ = "ledger.read"
    MEETING_PROPOSE = "meeting.propose"
    MEETING_ANSWER = "meeting.answer"
    RIGHTS_ANSWER = "rights.answer"
    HOLD_KEEP = "hold.keep"
    OUTCOME_READ = "outcome.read"
    EXPORT_MAKE = "export.make"
    EXPORT_READ = "export.read"
    EXPORT_DECIDE = "export.decide"
    ROOM_READ = "room.read"
    PARAPHRASE_REVIEW = "paraphrase.review"
    TREND_READ = "trend.read"
    REGISTER_READ = "register.read"
    REVIEW_WORK = "review.work"
    NAME_REVEAL = "name.reveal"
    COVERAGE_READ = "coverage.read"
    SOURCE_READ = "source.read"
    SOURCE_DECIDE = "source.decide"
    QUARANTINE_READ = "quarantine.read"
    QUARANTINE_DECIDE = "quarantine.decide"
    WORD_READ = "word.read"
    WORD_DECIDE = "word.decide"


class Reach(StrEnum):
    """Which items an action may touch."""

    OWN = "own"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds for an action, whatever role gives it."""

    fr: str
    en: str
    content: bool = False
    """Touches what posts or requests say: whoever does it for the house must be trained."""
    emergency: bool = False
    """An emergency access gives it, as far as a supervisor has it; see `policy.GLASS_ROLES`."""
    program: bool = True
    """A program's token may be given it."""


RULES: Mapping[Action, Rule] = {
    Action.SESSION_OWN: Rule(
        "se connecter, quitter, tenir son second facteur", "log in and out, keep one's second factor", program=False
    ),
    Action.TOKEN_OWN: Rule("tenir ses jetons pour programmes", "keep one's tokens for programs", program=False),
    Action.GLASS_BREAK: Rule("prendre un accès d'urgence", "take an emergency access", program=False),
    Action.GLASS_REVIEW: Rule("revoir les accès d'urgence des autres", "review others' emergencies", program=False),
    Action.ACCOUNT_MANAGE: Rule("tenir les comptes", "keep the accounts", program=False),
    Action.QUEUE_READ: Rule("voir la file de triage", "see the triage queue", content=True, emergency=True),
    Action.QUEUE_WORK: Rule("prendre et décider dans la file", "claim and decide items", content=True, emergency=True),
    Action.VIEW_OWN: Rule("tenir ses vues de la file", "keep one's own views of the queue", content=True),
    Action.DUTY_READ: Rule("voir qui est de garde", "see who is on duty"),
    Action.DUTY_KEEP: Rule("tenir la garde", "keep the watch", content=True),
    Action.DASHBOARD_READ: Rule("voir le tableau de bord", "see the dashboard"),
    Action.CRITERION_DECIDE: Rule(
        "suspendre ou rétablir un critère", "suspend or restore a criterion", content=True, program=False
    ),
    Action.MODEL_SWITCH: Rule(
        "mettre un modèle en vigueur, par `vigie train`",
        "put a model in force, by `vigie train`",
        content=True,
        program=False,
    ),
    Action.LESSON_DO: Rule("s'exercer sur des cas fictifs", "practise on fictional cases", program=False),
    Action.POST_READ: Rule("lire une publication", "read a post", content=True, emergency=True),
    Action.POST_PASTE: Rule("coller un texte public", "paste a public text", content=True, emergency=True),
    Action.SEARCH_RUN: Rule("chercher", "search", content=True, emergency=True),
    Action.SEARCH_READ: Rule("relire une recherche", "read a search again", content=True, emergency=True),
    Action.SEARCH_STAND: Rule("tenir une veille", "keep a standing search", content=True, emergency=True),
    Action.IDENTIFIER_REVEAL: Rule(
        "dévoiler une adresse ou un auteur", "reveal an address or an author", content=True, emergency=True
    ),
    Action.REQUEST_FILE: Rule("déposer une demande", "file a request", content=True),
    Action.REQUEST_READ: Rule("lire une demande", "read a request", content=True, emergency=True),
    Action.REQUEST_MESSAGE: Rule("écrire dans une demande", "write in a request", content=True, emergency=True),
    Action.REQUEST_ANSWER: Rule("répondre à une demande", "answer a request", content=True, emergency=True),
    Action.REQUEST_ENTER: Rule(
        "inscrire une demande pour qui n'a pas de compte",
        "enter a request for someone without an account",
        content=True,
    ),
    Action.CASE_CLOSE: Rule(
        "tenir les étapes et clore un dossier", "keep the steps of a case and close it", content=True
    ),
    Action.SUBJECT_ERASE: Rule("effacer une personne", "erase a subject", content=True),
    Action.DIRECTORY_READ: Rule("voir l'annuaire des organismes", "see the directory of organisations"),
    Action.DIRECTORY_KEEP: Rule("tenir l'annuaire et les ententes", "keep the directory and agreements", program=False),
    Action.CONSENT_RECORD: Rule("inscrire ou retirer un consentement", "record or withdraw a consent", content=True),
    Action.CONSENT_READ: Rule("voir les consentements", "see consents", content=True),
    Action.REFERRAL_MAKE: Rule(
        "préparer, approuver et envoyer une orientation",
        "make, approve and send a referral",
        content=True,
        emergency=True,
    ),
    Action.REFERRAL_READ: Rule("lire une orientation", "read a referral", content=True, emergency=True),
    Action.REFERRAL_TAKE: Rule(
        "accuser réception d'une orientation et en dire la suite", "acknowledge a referral and tell its outcome"
    ),
    Action.REFERRAL_REVIEW: Rule("revoir ce qui fut communiqué seul", "review what was disclosed alone", program=False),
    Action.LEDGER_READ: Rule("lire le registre des communications", "read the ledger of disclosures", program=False),
    Action.MEETING_PROPOSE: Rule("proposer une rencontre de pivots", "propose a meeting of pivots", content=True),
    Action.MEETING_ANSWER: Rule("répondre à une rencontre", "answer a meeting"),
    Action.RIGHTS_ANSWER: Rule(
        "répondre à qui exerce ses droits", "answer those who exercise their rights", content=True, program=False
    ),
    Action.HOLD_KEEP: Rule("tenir les gels juridiques", "keep legal holds", content=True, program=False),
    Action.OUTCOME_READ: Rule("voir le bilan des suites", "see the report of outcomes"),
    Action.EXPORT_MAKE: Rule("demander un corpus", "ask for a corpus"),
    Action.EXPORT_READ: Rule("lire un corpus", "read a corpus"),
    Action.EXPORT_DECIDE: Rule(
        "approuver, refuser ou rappeler un corpus", "approve, refuse or recall a corpus", program=False
    ),
    Action.ROOM_READ: Rule(
        "lire et coder dans la salle de lecture", "read and code in the reading room", program=False
    ),
    Action.PARAPHRASE_REVIEW: Rule(
        "revoir les paraphrases de la salle de lecture",
        "review paraphrases of the reading room",
        content=True,
        program=False,
    ),
    Action.TREND_READ: Rule("voir les tendances", "see the trends"),
    Action.REGISTER_READ: Rule("lire le registre", "read the register"),
    Action.REVIEW_WORK: Rule("revoir le travail", "review the work"),
    Action.NAME_REVEAL: Rule("dévoiler qui porte un pseudonyme", "reveal who bears a pseudonym"),
    Action.COVERAGE_READ: Rule("voir ce qui est couvert et ce qui ne l'est pas", "see what is covered and what is not"),
    Action.SOURCE_READ: Rule("voir les sources", "see the sources", emergency=True),
    Action.SOURCE_DECIDE: Rule("approuver ou suspendre une source", "approve or suspend a source", program=False),
    Action.QUARANTINE_READ: Rule("lire la quarantaine", "read the quarantine", content=True, program=False),
    Action.QUARANTINE_DECIDE: Rule(
        "décider de la quarantaine", "decide on the quarantine", content=True, program=False
    ),
    Action.WORD_READ: Rule("voir les mots émergents partagés", "see the shared emerging words"),
    Action.WORD_DECIDE: Rule("partager ou masquer un mot émergent", "share or hide an emerging word", content=True),
}
"""One rule an action; what roles give is in `policy.POLICY`."""
