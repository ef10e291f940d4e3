"""The kept posts that the incremental linker asks, in a dictionary: what `store` answers from tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from nlp.contacts import Contact
from nlp.link import Changes, KeptPost, Place, Signature, added, removed


class Memory:
    def __init__(self) -> None:
        self.posts: dict[str, KeptPost] = {}

    def near(self, bands: Collection[int], most: int) -> list[KeptPost]:
        found: dict[str, KeptPost] = {}
        for band in bands:
            under = self._sorted(one for one in self.posts.values() if band in one.signature.bands)
            found |= {one.signature.key: one for one in under[:most]}
        return self._sorted(found.values())

    def holding(self, contacts: Collection[Contact], most: int) -> dict[Contact, list[KeptPost]]:
        return {
            contact: self._sorted(one for one in self.posts.values() if contact in one.signature.contacts)[:most]
            for contact in contacts
        }

    def components(self, names: Collection[int], most: int) -> list[KeptPost]:
        return self._sorted(one for one in self.posts.values() if one.place.component in names)[:most]

    def group(self, name: int, most: int) -> list[KeptPost]:
        return self._sorted(one for one in self.posts.values() if one.place.group == name)[:most]

    def add(self, post: Signature) -> None:
        self._write(added(post, self), post)

    def remove(self, key: str) -> None:
        self._write(removed(self.posts.pop(key), self), None)

    def places(self) -> dict[str, Place]:
        return {key: one.place for key, one in self.posts.items()}

    def _write(self, changes: Changes, new: Signature | None) -> None:
        for key, place in changes.places.items():
            known = new if new is not None and key == new.key else self.posts[key].signature
            self.posts[key] = KeptPost(known, place)
        for key, one in self.posts.items():
            component = changes.components.get(one.place.component, one.place.component)
            group = changes.groups.get(one.place.group, one.place.group)
            campaign = changes.campaigns.get(one.place.campaign or "", one.place.campaign)
            moved = replace(one.place, component=component, group=group, campaign=campaign)
            self.posts[key] = replace(one, place=moved)

    @staticmethod
    def _sorted(posts: Iterable[KeptPost]) -> list[KeptPost]:
        return sorted(posts, key=lambda one: (one.signature.rank, one.signature.key))
