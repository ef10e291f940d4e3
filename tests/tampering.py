"""What somebody with the database's own tools can do to a register, plainly or cleverly; on either engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, select, text

from store.register import Event, append, entry_content, leaf_hash
from store.register.guards import TABLES
from store.register.notes import Head, signed
from store.register.sequencing import copy_path, sequence, write_whole
from store.register.tree import Range
from store.store import Store
from store.tables import RegisterCheckpoint, RegisterEntry, RegisterLeaf, RegisterNode

Rows = list[dict[str, Any]]


def write(store: Store, *, sealed: bytes | None = b"sealed", **public: object) -> int:
    with store.database.writing() as session:
        return append(
            session, event=Event.SEARCH_OPENED, actor="loutre-1", at=store.clock(), public=public, sealed=sealed
        )


def fill(store: Store, count: int, every: int = 3) -> None:
    """Write entries a minute apart, with a checkpoint after each few."""
    for number in range(1, count + 1):
        store.clock.forward(minutes=1)
        write(store, number=number)
        if number % every == 0 or number == count:
            sequence(store)


def unguard(store: Store) -> None:
    """Drop every trigger that refuses change."""
    with store.database.writing() as session:
        for table in TABLES:
            for verb in ("UPDATE", "DELETE", "REPLACE" if store.database.is_sqlite else "TRUNCATE"):
                session.execute(text(f"DROP TRIGGER {table}_no_{verb}" + _on(store, table)))


def _on(store: Store, table: str) -> str:
    return "" if store.database.is_sqlite else f" ON {table}"


def tamper(store: Store, *statements: str, **values: object) -> None:
    with store.database.writing() as session:
        for statement in statements:
            session.execute(text(statement), values)


def rows_of(store: Store) -> Rows:
    with store.database.reading() as session:
        query = select(RegisterEntry.__table__).order_by(RegisterEntry.n)
        return [dict(row) for row in session.execute(query).mappings()]


def rewrite(store: Store, rows: Rows, *, sign: bool = False, drop_checkpoints: bool = False) -> None:
    """Put other entries in place of all, with the leaves and nodes that go with them: only signatures give it away.

    `drop_checkpoints` removes the stored ones that are not of this history any more; `sign` is what only a holder of
    the signing key can do: sign it all anew, the copy outside the database too.
    """
    tree, nodes, places = Range(), [], []
    for position, row in enumerate(rows):
        row["leaf"] = leaf_hash(entry_content(row["at"], row["event"], row["actor"], row["public"], row["sealed"]))
        nodes += [
            {"level": node.level, "position": node.position, "hash": made} for node, made in tree.append(row["leaf"])
        ]
        places.append({"position": position, "n": row["n"]})
    roots = _roots(rows)
    with store.database.writing() as session:
        checkpoints = list(session.scalars(select(RegisterCheckpoint)))
        for table in (RegisterNode, RegisterLeaf, RegisterEntry):
            session.execute(delete(table))
        session.execute(insert(RegisterEntry), rows)
        session.execute(insert(RegisterLeaf), places)
        session.execute(insert(RegisterNode), nodes)
        sqlite = "UPDATE sqlite_sequence SET seq = :n WHERE name = 'register'"
        postgresql = "SELECT setval('register_n_seq', :n)"
        session.execute(text(sqlite if store.database.is_sqlite else postgresql), {"n": rows[-1]["n"]})
        for one in checkpoints:
            false = one.size >= len(roots) or roots[one.size] != one.root
            if sign or (drop_checkpoints and false):
                session.delete(one)
        if sign:
            head = Head(store.settings.register_origin, tree.size, tree.root())
            note = signed(head, store.keys.signing, store.clock())
            at = store.clock().replace(microsecond=0)
            session.flush()
            session.add(RegisterCheckpoint(size=head.size, at=at, root=head.root, note=note))
    if sign:
        write_whole(copy_path(store), note.encode())


def _roots(rows: Rows) -> list[bytes]:
    tree = Range()
    roots = [tree.root()]
    for row in rows:
        tree.append(row["leaf"])
        roots.append(tree.root())
    return roots


def change(rows: Rows) -> Rows:
    rows[4]["public"] = '{"number":"other"}'
    return rows


def leave_out(rows: Rows) -> Rows:
    """Delete entry 5 and close the gap that it leaves in the numbers."""
    kept = rows[:4] + rows[5:]
    for n, row in enumerate(kept, 1):
        row["n"] = n
    return kept


def put_in(rows: Rows) -> Rows:
    """Insert an entry as number 5."""
    more = dict(rows[4], public='{"number":"new"}')
    grown = [*rows[:4], more, *(dict(row) for row in rows[4:])]
    for n, row in enumerate(grown, 1):
        row["n"] = n
    return grown


def swap(rows: Rows) -> Rows:
    """Let entries 5 and 8 change places, moments and all."""
    rows[4]["n"], rows[7]["n"] = rows[7]["n"], rows[4]["n"]
    return sorted(rows, key=lambda row: row["n"])


def back_date(rows: Rows) -> Rows:
    rows[4]["at"] -= timedelta(days=2)
    return rows


def cut(rows: Rows) -> Rows:
    return rows[:8]


CLEVER: dict[str, Callable[[Rows], Rows]] = {
    "changed": change,
    "deleted": leave_out,
    "inserted": put_in,
    "reordered": swap,
    "back-dated": back_date,
    "truncated": cut,
}
