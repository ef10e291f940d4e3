"""The database: what is the record. SQLite and PostgreSQL hold the same tables; see `migrations`."""

from __future__ import annotations

from store.tables.base import Base, UtcDateTime
from store.tables.collected import Approval, AssessmentRow, Capture, Post, Run, Source
from store.tables.people import LoginFailure, Message, Request, SessionRow, Subject, SubjectHash, User
from store.tables.told import Export, RegisterEntry, Search
from store.tables.waiting import Decision, Lane, Quarantined, QueueItem, Skip, Work

__all__ = [
    "Approval",
    "AssessmentRow",
    "Base",
    "Capture",
    "Decision",
    "Export",
    "Lane",
    "LoginFailure",
    "Message",
    "Post",
    "Quarantined",
    "QueueItem",
    "RegisterEntry",
    "Request",
    "Run",
    "Search",
    "SessionRow",
    "Skip",
    "Source",
    "Subject",
    "SubjectHash",
    "User",
    "UtcDateTime",
    "Work",
]
