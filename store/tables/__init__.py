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
from store.tables.logged import RegisterCheckpoint, RegisterEntry, RegisterLeaf, RegisterNode, Review
from store.tables.people import ApiToken, BrokenGlass, LoginFailure, OidcLogin, SessionRow, User
from store.tables.shared import EmergingWord
from store.tables.told import Export, Search, SearchTerm, StandingHit, StandingSearch
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
    "ApiToken",
    "Approval",
    "AssessmentRow",
    "Base",
    "BrokenGlass",
    "Capture",
    "CriterionState",
    "DayCount",
    "Decision",
    "DeskAlert",
    "Duty",
    "EmergingWord",
    "Export",
    "Judgement",
    "KeyMark",
    "Lane",
    "Lesson",
    "LinkBand",
    "LinkContact",
    "LinkedPost",
    "LoginFailure",
    "Message",
    "Note",
    "OidcLogin",
    "PageMark",
    "Parted",
    "Post",
    "Quarantined",
    "QueueItem",
    "ReadingSpan",
    "RegisterCheckpoint",
    "RegisterEntry",
    "RegisterLeaf",
    "RegisterNode",
    "Request",
    "Review",
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
    "Subject",
    "SubjectHash",
    "Tag",
    "User",
    "UtcDateTime",
    "Work",
]
