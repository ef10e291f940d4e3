"""The database: what is the record. SQLite and PostgreSQL hold the same tables; see `migrations`."""

from __future__ import annotations

from store.tables.asked import KeyMark, Message, Request, Subject, SubjectHash
from store.tables.base import Base, UtcDateTime
from store.tables.collected import (
    Approval,
    AssessmentRow,
    Capture,
    LinkBand,
    LinkContact,
    LinkedPost,
    PageMark,
    Post,
    Run,
    Source,
    SourceAlert,
    SourceMark,
)
from store.tables.disclosed import Closing, Consent, Disclosure, EntenteStep, Meeting, MeetingPart, Referral
from store.tables.logged import RegisterCheckpoint, RegisterEntry, RegisterLeaf, RegisterNode, Review
from store.tables.owed import LegalHold, RightsCase
from store.tables.partners import Agreement, Notice, Organisation, Pivot
from store.tables.people import ApiToken, BrokenGlass, LoginFailure, OidcLogin, SessionRow, User
from store.tables.shared import EmergingWord
from store.tables.studied import Export, ExportCopy, PublishedView, Study
from store.tables.told import Search, SearchTerm, StandingHit, StandingSearch
from store.tables.waiting import Decision, Lane, Quarantined, QueueItem, Skip, Work
from store.tables.worked import (
    CriterionState,
    DayCount,
    DeskAlert,
    Duty,
    Judgement,
    Lesson,
    Note,
    Parted,
    ReadingSpan,
    SavedView,
    Tag,
)

__all__ = [
    "Agreement",
    "ApiToken",
    "Approval",
    "AssessmentRow",
    "Base",
    "BrokenGlass",
    "Capture",
    "Closing",
    "Consent",
    "CriterionState",
    "DayCount",
    "Decision",
    "DeskAlert",
    "Disclosure",
    "Duty",
    "EmergingWord",
    "EntenteStep",
    "Export",
    "ExportCopy",
    "Judgement",
    "KeyMark",
    "Lane",
    "LegalHold",
    "Lesson",
    "LinkBand",
    "LinkContact",
    "LinkedPost",
    "LoginFailure",
    "Meeting",
    "MeetingPart",
    "Message",
    "Note",
    "Notice",
    "OidcLogin",
    "Organisation",
    "PageMark",
    "Parted",
    "Pivot",
    "Post",
    "PublishedView",
    "Quarantined",
    "QueueItem",
    "ReadingSpan",
    "Referral",
    "RegisterCheckpoint",
    "RegisterEntry",
    "RegisterLeaf",
    "RegisterNode",
    "Request",
    "Review",
    "RightsCase",
    "Run",
    "SavedView",
    "Search",
    "SearchTerm",
    "SessionRow",
    "Skip",
    "Source",
    "SourceAlert",
    "SourceMark",
    "StandingHit",
    "StandingSearch",
    "Study",
    "Subject",
    "SubjectHash",
    "Tag",
    "User",
    "UtcDateTime",
    "Work",
]
