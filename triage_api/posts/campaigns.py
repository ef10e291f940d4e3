"""The campaign of a post: only where the design allows a link, for a post flagged as a sign of danger."""

from __future__ import annotations

from sqlalchemy.orm import Session

from nlp.link import movement
from store.links import campaign_of, may_link
from store.tables import AssessmentRow, Post
from triage_api.posts.models import CampaignOut, StayOut


def campaign_shown(session: Session, post: Post, current: AssessmentRow | None) -> CampaignOut | None:
    """Return the campaign of a post, None if it has none, is not linked yet, or is not flagged as it is now.

    What the reader says now decides: the linker may come round a moment later.
    """
    if current is None or not may_link(current.flagged):
        return None
    known = campaign_of(session, post.id, post.version)
    if known is None:
        return None
    stays = [StayOut(city=stay.city, first=stay.first, last=stay.last) for stay in movement(known.seen)]
    return CampaignOut(id=known.id, posts=known.posts, because=known.because, movement=stays)
