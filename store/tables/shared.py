"""What is made of many posts together, and shown to others than analysts once somebody has decided so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class EmergingWord(Base):
    """A term that rises in flagged posts; written anew each week, gone once posts support it no more.

    It holds no figure from which the posts behind it could be counted, and nothing that leads to them.
    """

    __tablename__ = "emerging_words"
    __table_args__ = (UniqueConstraint("list", "term"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    list: Mapped[str]
    """``recruitment``, ``place`` or ``language``."""
    term: Mapped[str]
    """Folded words, or a city's canonical name."""
    shown: Mapped[str]
    """The term as it is mostly written."""
    least_posts: Mapped[int]
    """Posts that hold it are at least so many: the lower end of a band."""
    fresh: Mapped[bool]
    """Whether no flagged post held it before."""
    rank: Mapped[int]
    """Its place in its list, 1 for what rose most."""
    state: Mapped[str] = mapped_column(default="candidate")
    """``candidate``, ``shared`` or ``hidden``."""
    decided_by: Mapped[str | None]
    """Pseudonym of whoever shared or hid it."""
    decided_at: Mapped[datetime | None]
    first_seen_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """When it was last found to rise or, once decided, to be supported."""
