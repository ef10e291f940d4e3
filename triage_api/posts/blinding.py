"""Items that two people judge: until a person has, neither the reader's scores nor a colleague's word is shown."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.tables import Post, QueueItem
from triage_api.posts.around_models import HistoryOut
from triage_api.posts.models import PostOut

_STAYS = ("lang", "urgency", "entities", "grid", "model")


def is_double(session: Session, post: Post) -> bool:
    """Tell whether the item of a post was drawn to be judged by two people."""
    drawn = select(QueueItem.id).where(QueueItem.post_id == post.id, QueueItem.double)
    return session.scalar(drawn) is not None


def blinded(read: PostOut) -> PostOut:
    """Return a post without what the reader and colleagues say of it: entities, language and its label's urgency stay.

    Until when it is kept would tell a second reader what the first decided; what it is linked to, that it was flagged.
    """
    body = read.assessment
    said = body and {**{name: body[name] for name in _STAYS}, "signals": {}, "counter": [], "criteria": []}
    unseen: dict[str, object] = {"assessment": said, "criteria": [], "counters": [], "notes": [], "tags": []}
    unseen |= {"campaign": None, "similar": [], "expires_at": None}
    earlier = HistoryOut(openings=read.history.openings)
    return read.model_copy(update={**unseen, "history": earlier, "blind": True})
