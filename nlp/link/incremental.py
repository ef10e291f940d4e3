"""Linking one more post to those that are kept, and letting one go, at a cost that does not grow with their number.

The posts that could be decided on differently because of one are those of the components that it touches: the
components of its near-duplicates, and of the other holders of a contact whose standing it changes. They are arranged
anew, as `link` arranges them, so that the outcome for a set of posts is `link`'s whatever the order in which they came.

Three bounds keep the cost constant; beyond them the outcome may hang on the order:

- a component of more than `REGION` posts is not arranged anew: a further post joins the group that it resembles most,
  and none of the others moves;
- of the posts under one band key the first `PER_BAND` by rank are looked at;
- of the holders of a contact the first `HOLDERS` by rank are looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from nlp.contacts import Contact
from nlp.link.arrange import Because, Place, arrange, campaign_name, ordered
from nlp.link.batch import PER_BAND, REGION, all_pairs
from nlp.link.resemblance import HOLDERS, SAMPLE, alike, belongs_to_one, near_duplicate
from nlp.link.signature import Signature


@dataclass(frozen=True, slots=True)
class KeptPost:
    """A post that is kept, and where it stands."""

    signature: Signature
    place: Place


class Kept(Protocol):
    """The posts that are kept, as asked from here; every answer is bounded and ascends by rank."""

    def near(self, bands: Collection[int], most: int) -> Sequence[KeptPost]:
        """Return the first `most` posts under each of the band keys, each post once."""

    def holding(self, contacts: Collection[Contact], most: int) -> Mapping[Contact, Sequence[KeptPost]]:
        """Return the first `most` holders of each contact; a contact that nobody holds may be left out."""

    def components(self, names: Collection[int], most: int) -> Sequence[KeptPost]:
        """Return the first `most` posts of some components together."""

    def group(self, name: int, most: int) -> Sequence[KeptPost]:
        """Return the first `most` posts of a group."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What to write: new places by post's key, then what is to be renamed wherever it stands."""

    places: dict[str, Place]
    components: dict[int, int] = field(default_factory=dict)
    groups: dict[int, int] = field(default_factory=dict)
    campaigns: dict[str, str] = field(default_factory=dict)


def added(post: Signature, kept: Kept) -> Changes:
    """Return what a post that is not kept yet changes; its own place is among the places."""
    near = [one for one in kept.near(post.bands, PER_BAND) if near_duplicate(post, one.signature)]
    held = kept.holding(post.contacts, HOLDERS)
    touching = [one for contact in post.contacts for one in _concerned(post, held.get(contact, ()))]
    touched = {one.place.component for one in (*near, *touching)}
    members = kept.components(touched, REGION) if touched else ()
    if len(members) >= REGION:
        return _into_a_crowd(post, near, held, kept)
    return _arranged([post, *(one.signature for one in members)], members, kept, post)


def removed(post: KeptPost, kept: Kept) -> Changes:
    """Return what changes for the others when a post goes; `kept` no longer holds it."""
    gone = post.signature
    held = kept.holding(gone.contacts, HOLDERS)
    touching = [one for contact in gone.contacts for one in _concerned(gone, held.get(contact, ()))]
    touched = {post.place.component, *(one.place.component for one in touching)}
    members = kept.components(touched, REGION)
    if len(members) >= REGION:
        return _without_its_namesake(post, members, kept)
    return _arranged([one.signature for one in members], members, kept, None)


def _concerned(post: Signature, holders: Sequence[KeptPost]) -> Sequence[KeptPost]:
    """Return the other holders of a contact if, with this post or without it, the contact joins them."""
    others = [one.signature for one in holders]
    return holders if belongs_to_one(others) or belongs_to_one(_first([*others, post])) else ()


def _first(posts: Iterable[Signature]) -> list[Signature]:
    return sorted(posts, key=_by_rank)[:HOLDERS]


def _by_rank(post: Signature) -> tuple[int, str]:
    return post.rank, post.key


def _arranged(region: Sequence[Signature], members: Sequence[KeptPost], kept: Kept, new: Signature | None) -> Changes:
    """Arrange a region anew; return the places that differ from those that its members have."""
    posts = sorted(region, key=_by_rank)
    contacts = {contact for post in posts for contact in post.contacts}
    held = kept.holding(contacts, HOLDERS) if contacts else {}
    joining = {contact for contact in contacts if belongs_to_one(_holders(contact, held, new))}
    before = {one.signature.key: one.place for one in members}
    places = zip(posts, arrange(posts, all_pairs(posts), joining), strict=True)
    return Changes({post.key: place for post, place in places if before.get(post.key) != place})


def _holders(
    contact: Contact, held: Mapping[Contact, Sequence[KeptPost]], new: Signature | None
) -> Sequence[Signature]:
    holders = [one.signature for one in held.get(contact, ())]
    return _first([*holders, new]) if new is not None and contact in new.contacts else holders


def _into_a_crowd(
    post: Signature, near: Sequence[KeptPost], held: Mapping[Contact, Sequence[KeptPost]], kept: Kept
) -> Changes:
    """Place a post beside a component that is too large to be arranged anew; its neighbours keep their groups."""
    tied: dict[str, set[Because]] = {post.key: set()}
    by_key: dict[str, KeptPost] = {}

    def tie(one: KeptPost, why: Because) -> None:
        by_key[one.signature.key] = one
        tied.setdefault(one.signature.key, set()).add(why)
        tied[post.key].add(why)

    twin = _most_like(post, near, kept)
    if twin is not None:
        tie(twin, "text")
    for contact, holders in held.items():
        if belongs_to_one(_first([*(one.signature for one in holders), post])):
            for one in holders:
                tie(one, contact.kind)
    ties = by_key.values()
    campaign = _shared_campaign(post, ties)
    component = max((one.place.component for one in near or ties), default=post.rank)
    own = Place(component, twin.place.group if twin else post.rank, campaign, ordered(tied.pop(post.key)))
    places = {
        key: replace(by_key[key].place, campaign=campaign, because=ordered(why | set(by_key[key].place.because)))
        for key, why in tied.items()
    }
    changed = {key: place for key, place in places.items() if place != by_key[key].place}
    return Changes(
        {post.key: own, **changed},
        components={each.place.component: component for each in (*near, *ties) if each.place.component != component},
        campaigns={
            each.place.campaign: campaign for each in ties if campaign and each.place.campaign not in {None, campaign}
        },
    )


def _most_like(post: Signature, near: Sequence[KeptPost], kept: Kept) -> KeptPost | None:
    """Return the near-duplicate whose group a post resembles as a whole, the most alike first."""
    for one in sorted(near, key=lambda one: -near_duplicate(post, one.signature)):
        if alike([post], [member.signature for member in kept.group(one.place.group, SAMPLE)]):
            return one
    return None


def _shared_campaign(post: Signature, others: Collection[KeptPost]) -> str | None:
    """Return the campaign that a post and those that it is tied to will have in common."""
    if not others:
        return None
    named = [one.place.campaign for one in others if one.place.campaign is not None]
    return min(named, default=campaign_name(min(post.rank, *(one.signature.rank for one in others))))


def _without_its_namesake(post: KeptPost, members: Sequence[KeptPost], kept: Kept) -> Changes:
    """Rename what is named after a post that leaves a crowd: elsewhere, its name would be given a second time."""
    rank, was = post.signature.rank, post.place
    component = [one.signature.rank for one in members if one.place.component == was.component == rank]
    group = [one.signature.rank for one in kept.group(rank, 1) if was.group == rank]
    campaign = [one.signature.rank for one in members if was.campaign == campaign_name(rank) == one.place.campaign]
    return Changes(
        {},
        components={rank: component[0]} if component else {},
        groups={rank: group[0]} if group else {},
        campaigns={campaign_name(rank): campaign_name(campaign[0])} if campaign else {},
    )
