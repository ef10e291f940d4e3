"""Exports of 4CAT in the shapes of its data sources; every text is fictional."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from crawlers.imports import Reject, import_file, read_posts
from crawlers.imports.fourcat import COLUMNS, plain
from crawlers.imports.rows import Unusable
from store.errors import BadInput
from store.records import PostIn
from store.store import Store
from vigie.main import app

AT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
SECONDS = int(AT.timestamp())
TELEGRAM = [
    {
        "id": 41, "thread_id": "brocante_mtl", "chat": "brocante_mtl", "author": 7000123, "author_username": "marie_qc",
        "author_name": "Marie", "author_is_bot": "no", "body": "Poussette presque neuve,\n80 $ à Verdun",
        "body_markdown": "", "is_reply": "no", "views": 12, "timestamp": "2026-02-02 23:05:06",
        "unix_timestamp": SECONDS,
        "link_title": "", "attachment_type": "photo", "attachment_data": "p.jpg", "attachment_filename": "p.jpg",
    },
    {
        "id": 41, "thread_id": "covoiturage_qc", "chat": "covoiturage_qc", "author": 7000456, "author_username": "",
        "author_name": "Luc", "author_is_bot": "no", "body": "Départ de Lévis vendredi, 3 places", "body_markdown": "",
        "is_reply": "no", "views": "", "timestamp": "2026-02-02 23:05:06", "unix_timestamp": SECONDS, "link_title": "",
        "attachment_type": "", "attachment_data": "", "attachment_filename": "",
    },
]  # fmt: skip
REDDIT = [
    {
        "thread_id": "1abc", "id": "1abc", "timestamp": SECONDS, "body": "", "subject": "Panne d'eau dans Rosemont?",
        "author": "voisin_12", "domain": "nouvelles.example", "url": "https://nouvelles.example/eau",
        "image_file": "https://images.example/eau.jpg", "image_md5": "", "subreddit": "rosemont", "parent": "",
        "score": 4,
    },
    {
        "thread_id": "1abc", "id": "k9z", "timestamp": SECONDS, "body": "Oui, depuis midi.", "subject": "",
        "author": "lea_b",
        "domain": "", "url": "", "image_file": "", "image_md5": "", "subreddit": "rosemont", "parent": "t3_1abc",
        "score": 1,
    },
    {
        "thread_id": "1abc", "id": "k9y", "timestamp": SECONDS, "body": "[removed]", "subject": "",
        "author": "[deleted]",
        "domain": "", "url": "", "image_file": "", "image_md5": "", "subreddit": "rosemont", "parent": "t3_1abc",
        "score": 1,
    },
]  # fmt: skip
BOARD = [
    {
        "thread_id": "900", "id": "901", "timestamp": "2026-02-03 04:05:06", "body": ">>900\nMerci du conseil",
        "subject": "",
        "author": "Anonyme", "image_file": "1.jpg", "image_md5": "x==", "country_name": "Canada", "country_code": "CA",
    }
]  # fmt: skip
PRESS = [
    {
        "id": "https://journal.example/a1", "thread_id": "https://journal.example/a1",
        "timestamp": "2026-02-03T04:05:06Z",
        "subject": "Le marché rouvre", "body": "Le marché de Lachine rouvre samedi.", "author": "A. Roy",
        "url": "https://journal.example/a1", "thumbnail_url": "https://journal.example/a1.jpg", "section": "Quartiers",
    }
]  # fmt: skip
MESSAGES = [
    {
        "_type": "Message", "id": 41, "date": SECONDS, "message": "Départ de Lévis vendredi", "edit_date": None,
        "media": {"_type": "MessageMediaPhoto", "data": "…"}, "views": 3, "reply_to": None,
        "_chat": {"_type": "Channel", "id": 55, "username": "covoiturage_qc", "title": "Covoiturage"},
        "_sender": {"_type": "User", "id": 7000456, "username": "luc_levis", "first_name": "Luc"},
    },
    {
        "_type": "MessageService", "id": 42, "date": SECONDS, "message": "",
        "action": {"_type": "MessageActionPinMessage"},
        "_chat": {"_type": "Channel", "id": 55, "username": "covoiturage_qc"}, "_sender": None,
    },
    {
        "_type": "Message", "id": 9, "date": SECONDS, "message": "Vente-débarras dimanche", "edit_date": None,
        "_chat": {"_type": "Chat", "id": 77, "title": "Voisins"}, "_sender": {"_type": "User", "id": 12,
        "username": None},
    },
]  # fmt: skip
SKEETS = [
    {
        "uri": "at://did:plc:abc/app.bsky.feed.post/3k", "cid": "bafy", "like_count": 1, "threadgate": None,
        "labels": [],
        "author": {"did": "did:plc:abc", "handle": "alouette.test", "display_name": "Alouette",
        "avatar": "https://x.example/a"},
        "record": {"text": "Neige à Québec ce matin", "created_at": "2026-02-03T04:05:06.000Z", "langs": ["fr"]},
        "4CAT_metadata": {"query": "neige", "rank": 1, "collected_at": 1.0},
    }
]  # fmt: skip


def as_csv(path: Path, rows: list[dict]) -> Path:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode())
    return path


def as_ndjson(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def told(path: Path) -> tuple[list[tuple[str, ...]], list[tuple[int, str]]]:
    found = list(read_posts(path))
    posts = [one for one in found if isinstance(one, PostIn)]
    assert {post.posted_at for post in posts} == {AT}
    assert {post.kind for post in posts} == {"post"}
    assert "jpg" not in repr(posts)
    kept = [(post.external_id, post.title, post.text, post.author, post.url) for post in posts]
    return kept, [(one.line, one.reason) for one in found if isinstance(one, Reject)]


@pytest.mark.parametrize("write", [as_csv, as_ndjson])
class TestDatasets:
    def test_telegram_where_each_chat_counts_anew(self, write, tmp_path):
        assert told(write(tmp_path / "x", TELEGRAM)) == (
            [
                ("brocante_mtl/41", "", "Poussette presque neuve,\n80 $ à Verdun", "marie_qc", ""),
                ("covoiturage_qc/41", "", "Départ de Lévis vendredi, 3 places", "7000456", ""),
            ],
            [],
        )

    def test_reddit_threads_comments_and_what_was_removed(self, write, tmp_path):
        kept, refused = told(write(tmp_path / "x", REDDIT))
        assert kept == [
            ("1abc", "Panne d'eau dans Rosemont?", "Panne d'eau dans Rosemont?", "voisin_12", ""),
            ("1abc/k9z", "", "Oui, depuis midi.", "lea_b", ""),
        ]
        assert [reason for _, reason in refused] == ["text: deleted at its source"]

    def test_a_forum(self, write, tmp_path):
        assert told(write(tmp_path / "x", BOARD))[0] == [("900/901", "", ">>900\nMerci du conseil", "Anonyme", "")]

    def test_press(self, write, tmp_path):
        address = "https://journal.example/a1"
        words = "Le marché de Lachine rouvre samedi."
        assert told(write(tmp_path / "x", PRESS))[0] == [(address, "Le marché rouvre", words, "A. Roy", address)]

    @pytest.mark.parametrize("author", ["REDACTED", "9f86d081884c7d659a2feaa0c55ad015"])
    def test_a_pseudonymised_author_stays_so(self, write, author, tmp_path):
        rows = [row | dict.fromkeys(("author", "author_username", "author_name"), author) for row in TELEGRAM]
        assert {kept[3] for kept in told(write(tmp_path / "x", rows))[0]} == {author}


class TestObjects:
    def test_telegram_messages(self, tmp_path):
        assert told(as_ndjson(tmp_path / "x.ndjson", MESSAGES)) == (
            [
                ("covoiturage_qc/41", "", "Départ de Lévis vendredi", "luc_levis", "https://t.me/covoiturage_qc/41"),
                ("77/9", "", "Vente-débarras dimanche", "12", ""),
            ],
            [(2, "text: no text")],
        )

    def test_bluesky_posts(self, tmp_path):
        link = "https://bsky.app/profile/alouette.test/post/3k"
        assert told(as_ndjson(tmp_path / "x.ndjson", SKEETS))[0] == [
            ("at://did:plc:abc/app.bsky.feed.post/3k", "", "Neige à Québec ce matin", "alouette.test", link)
        ]

    def test_an_export_and_its_conversion_name_a_post_alike(self, tmp_path):
        uri = SKEETS[0]["uri"]
        row = {"id": uri, "thread_id": uri, "timestamp": SECONDS, "author": "alouette.test", "body": "x", "link": ""}
        (converted,) = read_posts(as_csv(tmp_path / "a", [row]))
        (original,) = read_posts(as_ndjson(tmp_path / "b", SKEETS))
        assert converted.key == original.key

    def test_objects_of_another_source_are_told(self, tmp_path):
        rows = [{"desc": "bonjour", "id": "7", "__import_meta": {"source_platform": "autre.example"}}]
        (refused,) = read_posts(as_ndjson(tmp_path / "x", rows))
        assert "Convert NDJSON file to CSV" in refused.reason
        assert json.loads(refused.raw) == rows[0]


def test_twice_adds_nothing_and_bad_rows_are_kept_aside(store: Store, tmp_path):
    path = as_csv(tmp_path / "x.csv", [*TELEGRAM, TELEGRAM[0] | {"id": 43, "unix_timestamp": "jadis"}])
    with path.open("a", encoding="utf-8") as file:
        file.write("44,trop,court\n")
    for new in (2, 0):
        report = import_file(store, path, "Export 4CAT")
        assert (report.new, report.edited, report.same, report.rejected) == (new, 0, 2 - new, 2)
        reasons = [json.loads(line)["reason"] for line in report.rejects_path.read_text().splitlines()]
        assert reasons == ["posted_at: 'jadis' is no date", "3 columns where the header names 17"]


class TestTold:
    def test_a_first_line_that_cannot_be_read_does_not_hide_the_form(self, tmp_path):
        path = as_ndjson(tmp_path / "x", MESSAGES[:1])
        path.write_text('{"_type":\n' + path.read_text())
        assert [kept[0] for kept in told(path)[0]] == ["covoiturage_qc/41"]

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("text,id\nbonjour,1\n", "does not name body, thread_id, timestamp"),
            ("WARC/1.0\r\n", "is a WARC"),
        ],
    )
    def test_a_file_that_is_none(self, content, said, tmp_path):
        (tmp_path / "x").write_text(content)
        with pytest.raises(BadInput, match=said):
            read_posts(tmp_path / "x", form="4cat")

    def test_on_the_command_line(self, store: Store, tmp_path, monkeypatch):
        monkeypatch.setenv("VIGIE_DATA_DIR", str(store.settings.data_dir))
        path = str(as_csv(tmp_path / "x.csv", PRESS))
        ran = CliRunner().invoke(app, ["import", path, "--source", "Presse", "--format", "4cat"])
        assert (ran.exit_code, "1 new, 0 edited, 0 known, 0 refused" in ran.output) == (0, True)
        wrong = CliRunner().invoke(app, ["import", path, "--source", "Presse", "--format", "5cat"])
        assert isinstance(wrong.exception, (BadInput, SystemExit))


_NAMES = [*sorted(COLUMNS), "subject", "author", "url", "_type", "_chat", "_sender", "message", "uri", "record"]
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("at://a/b"),
    lambda inner: (
        st.dictionaries(st.sampled_from(["id", "username", "handle"]), inner, max_size=2) | st.lists(inner, max_size=2)
    ),
    max_leaves=4,
)


@given(row=st.dictionaries(st.sampled_from(_NAMES), _VALUES))
def test_no_row_breaks_the_reader(row):
    try:
        values = plain(row)
    except Unusable:
        return
    assert set(values) <= {"external_id", "text", "title", "author", "url", "posted_at"}
