"""Imports: formats by content, each bad line aside with its number and reason, nothing lost or doubled."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawlers.imports import Reject, import_file, read_posts
from store.errors import BadInput
from store.records import PostIn
from store.store import Store
from store.tables import Post, Source


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path: Path, kind="post") -> tuple[list[PostIn], list[Reject]]:
    found = list(read_posts(path, kind))
    return [one for one in found if isinstance(one, PostIn)], [one for one in found if isinstance(one, Reject)]


class TestJsonl:
    def test_a_moment_to_come_is_refused(self, tmp_path):
        soon, late = (datetime.now(UTC) + timedelta(hours=hours) for hours in (5, 48))
        rows = [{"text": "a", "date": soon.isoformat()}, {"text": "b", "date": late.isoformat()}]
        posts, rejects = read(write(tmp_path / "x.jsonl", "\n".join(map(json.dumps, rows))))
        assert [post.text for post in posts] == ["a"]
        assert [(one.line, one.reason.endswith("is to come")) for one in rejects] == [(2, True)]

    def test_names_and_their_aliases(self, tmp_path):
        rows = [
            {"id": 7, "texte": "un", "ville": "Laval", "date": "2026-03-01T10:00:00Z", "auteur": "a", "titre": "t"},
            {
                "external_id": "x",
                "body": "deux",
                "city": "",
                "created_at": 1772359200,
                "kind": "ad",
                "link": "https://a.example/",
            },
            {"text": "trois", "inconnu": {"a": 1}, "posted_at": None},
            {"Text ": "quatre", "subject": "s", "timestamp": "2026-03-01 10:00"},
        ]
        posts, rejects = read(write(tmp_path / "x.dat", "\n".join(map(json.dumps, rows))))
        assert rejects == []
        assert [post.text for post in posts] == ["un", "deux", "trois", "quatre"]
        assert (posts[0].external_id, posts[0].city, posts[0].author, posts[0].title) == ("7", "Laval", "a", "t")
        assert posts[0].posted_at == posts[1].posted_at == posts[3].posted_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
        assert [post.kind for post in posts] == ["post", "ad", "post", "post"]
        assert posts[1].url == "https://a.example/"

    def test_the_kind_of_rows_that_name_none(self, tmp_path):
        assert read(write(tmp_path / "x", '{"text":"a"}\n{"text":"b","kind":"post"}\n'), "ad")[0][0].kind == "ad"

    def test_type_is_a_word_of_many_programs(self, tmp_path):
        rows = [{"text": "a", "type": "tweet"}, {"text": "b", "type": "Ad"}, {"text": "c", "kind": "AD", "type": "x"}]
        posts, rejects = read(write(tmp_path / "x", "\n".join(map(json.dumps, rows))))
        assert ([post.kind for post in posts], rejects) == (["post", "ad", "ad"], [])

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ('{"text": "a", "kind": "tract"}', "kind: 'tract' is neither post nor ad"),
            ('{"text": "a"', "not JSON"),
            ("[1]", "not a JSON object"),
            ("null", "not a JSON object"),
            ('{"title": "a"}', "text: no text"),
            ('{"text": "  "}', "text: "),
            ('{"text": ["a"]}', "text: "),
            ('{"text": "a", "date": "bientôt"}', "posted_at: 'bientôt' is no date"),
            ('{"text": "a", "title": "' + "x" * 501 + '"}', "title: "),
            ("[" * 100_000, "nested too deep"),
        ],
    )
    def test_a_bad_line_is_told_and_the_rest_goes_on(self, line, reason, tmp_path):
        posts, (bad,) = read(write(tmp_path / "x", '{"text":"avant"}\n\n' + line + '\n{"text":"après"}'))
        assert [post.text for post in posts] == ["avant", "après"]
        assert bad.line == 3
        assert reason in bad.reason
        assert bad.raw == line

    def test_a_line_that_is_not_utf8(self, tmp_path):
        content = '{"text":"été"}\n{"text":"'.encode() + b'\xe9t\xe9"}\n{"text":"fin"}\n'
        posts, (bad,) = read(write(tmp_path / "x", content))
        assert [post.text for post in posts] == ["été", "fin"]
        assert (bad.line, bad.reason, bad.raw) == (2, "not utf-8", '{"text":"\\xe9t\\xe9"}')

    def test_a_line_that_is_too_long(self, tmp_path, monkeypatch):
        monkeypatch.setattr("crawlers.imports.lines.MAX_LINE", 100)
        posts, (bad,) = read(write(tmp_path / "x", '{"text":"a"}\n' + "x" * 1000 + '\n{"text":"b"}\n'))
        assert [post.text for post in posts] == ["a", "b"]
        assert (bad.line, bad.reason) == (2, "longer than 100 characters")

    def test_gzip_and_marks(self, tmp_path):
        for content in (gzip.compress(b'{"text":"a"}'), b'\xef\xbb\xbf{"text":"a"}', '{"text":"a"}'.encode("utf-16")):
            assert read(write(tmp_path / "x", content))[0][0].text == "a"

    def test_damaged_gzip_gives_what_stands_before(self, tmp_path):
        lines = "".join(f'{{"text":"ligne {number}"}}\n' for number in range(50_000)).encode()
        posts, rejects = read(write(tmp_path / "x", gzip.compress(lines)[:-2000]))
        assert 1000 < len(posts) < 50_000
        assert "damaged from here on" in rejects[-1].reason


class TestCsv:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
    def test_delimiters_and_encodings(self, delimiter, encoding, tmp_path):
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter)
        writer.writerows(
            [["ID", "Texte", "Ville"], ["1", "où; est, | l'été\tdit «\nelle\n\n»", "Québec"], ["2", "b", ""]]
        )
        posts, rejects = read(write(tmp_path / "x", text.getvalue().encode(encoding)))
        assert rejects == []
        assert posts[0].text == "où; est, | l'été\tdit «\nelle\n\n»"
        assert [post.city for post in posts] == ["Québec", ""]
        assert [post.external_id for post in posts] == ["1", "2"]

    def test_a_record_that_does_not_fit_costs_one_line(self, tmp_path):
        rows = ["id,text", "1,a", "2,b,c", "3", '4,"jamais fermé', "5,e", "", '6,"f"g', "7,h"]
        posts, rejects = read(write(tmp_path / "x", "\n".join(rows) + "\n"))
        assert [post.external_id for post in posts] == ["1", "5", "7"]
        assert [(bad.line, bad.raw) for bad in rejects] == [
            (3, "2,b,c"), (4, "3"), (5, '4,"jamais fermé'), (8, '6,"f"g'),
        ]  # fmt: skip
        assert rejects[0].reason == "3 columns where the header names 2"

    def test_a_row_without_text(self, tmp_path):
        _, (bad,) = read(write(tmp_path / "x", "id,text\n1,\n"))
        assert (bad.line, bad.raw) == (2, "1,")
        assert bad.reason.startswith("text: ")

    def test_lines_of_a_record_over_several_lines(self, tmp_path):
        _, (bad,) = read(write(tmp_path / "x", 'id,text,date\n1,"a\nb",\n2,"c\nd",jadis\n'))
        assert (bad.line, bad.raw) == (4, '2,"c\nd",jadis')


def warc(*records: tuple[str, str, bytes, str], gz: bool = False) -> bytes:
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=gz)
    for kind, content_type, body, status in records:
        http = StatusAndHeaders(status, [("Content-Type", content_type)], protocol="HTTP/1.1")
        more = {"http_headers": http} if kind == "response" else {"warc_content_type": content_type}
        record = writer.create_warc_record(
            f"https://a.example/{len(body)}", kind, payload=io.BytesIO(body),
            length=len(body),
            warc_headers_dict={"WARC-Date": "2026-03-01T10:00:00Z"}, **more,
        )  # fmt: skip
        writer.write_record(record)
    return buffer.getvalue()


class TestWarc:
    HTML = (
        "<html><head><title>Le  titre</title><script>x()</script></head><body><nav>Menu</nav><main><h1>Bonjour</h1>"
        "<p>Un été à Lévis.</p><form>q</form></main><footer>pied</footer></body></html>"
    )

    @pytest.mark.parametrize("gz", [True, False])
    def test_texts_of_pages(self, gz, tmp_path):
        records = [
            ("warcinfo", "application/warc-fields", b"software: x", ""),
            ("response", "text/html; charset=utf-8", self.HTML.encode(), "200 OK"),
            ("response", "text/html; charset=iso-8859-1", "<p>Québec</p>".encode("latin-1"), "200 OK"),
            ("response", "text/html", b"<p>perdu</p>", "404 Not Found"),
            ("response", "image/png", b"\x89PNG", "200 OK"),
            ("resource", "text/plain", b"en clair", ""),
            ("response", "text/html", b"<html><body> </body></html>", "200 OK"),
        ]
        posts, (bad,) = read(write(tmp_path / "x", warc(*records, gz=gz)))
        assert [(post.title, post.text) for post in posts] == [
            ("Le titre", "Bonjour\n\nUn été à Lévis."), ("", "Québec"), ("", "en clair"),
        ]  # fmt: skip
        assert posts[0].url.startswith("https://a.example/")
        assert posts[0].posted_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
        assert bad.line == 7

    def test_articles_each_once(self, tmp_path):
        body = b"<body>avant<article>un <article>deux</article></article><article>trois</article></body>"
        posts, _ = read(write(tmp_path / "x", warc(("response", "text/html", body, "200 OK"))))
        assert posts[0].text == "un\ndeux\n\ntrois"

    @pytest.mark.parametrize("gz", [True, False])
    def test_damage_is_told(self, gz, tmp_path):
        one = warc(("response", "text/html", self.HTML.encode(), "200 OK"), gz=gz)
        for content in (one + one[: len(one) // 2], one + b"WARC/1.0\r\nrubbish\r\n\r\n" + b"x" * 50):
            posts, (bad,) = read(write(tmp_path / "x", content))
            assert len(posts) == 1
            assert "cut off or damaged here" in bad.reason
            assert "Error" not in bad.reason

    @pytest.mark.parametrize("gz", [True, False])
    @pytest.mark.parametrize("share", [0.1, 0.35, 0.5])
    def test_half_a_text_is_not_taken_for_the_whole(self, gz, share, tmp_path):
        page = f"<p>{'Un été à Lévis. ' * 200}</p>".encode()
        one = warc(("response", "text/html", page, "200 OK"), gz=gz)
        posts, (bad,) = read(write(tmp_path / "x", one + one[: int(len(one) * share)]))
        assert [len(post.text) for post in posts] == [3199]
        assert bad.line == 2
        assert "cut off or damaged here" in bad.reason


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"PK\x03\x04rest", "a zip, Excel"),
        (b"%PDF-1.7", "a PDF"),
        (b'[{"text":"a"}]', "one JSON array"),
        (b"a,b\n1,2\n", "no CSV whose header names"),
        (b"\x1f\x8brubbish", "cannot be read"),
    ],
)
def test_a_file_of_no_known_format(content, said, tmp_path):
    with pytest.raises(BadInput) as caught:
        read_posts(write(tmp_path / "x", content))
    assert said in caught.value.message
    assert "\n" not in caught.value.message


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=200)
    | st.lists(
        st.sampled_from(
            [b'{"text":"a"}\n', b"id,text\n", b'"', b"1,2\n", b"WARC/1.0\r\n", b"\0", b"\xe9", b"\n", b"{"]
        ),
        max_size=12,
    ).map(b"".join)
)
def test_no_file_breaks_the_reader(body, tmp_path):
    with suppress(BadInput):
        for one in read_posts(write(tmp_path / "x", body)):
            assert isinstance(one, (PostIn, Reject))


class TestImportFile:
    def test_twice_adds_nothing(self, store: Store, tmp_path):
        lines = [json.dumps({"id": n, "text": f"texte {n}"}) for n in range(450)]
        lines[10] = "{"
        lines += [lines[0], json.dumps({"id": 1, "text": "autre texte"}), json.dumps({"text": "sans id"})]
        path = write(tmp_path / "posts.jsonl", "\n".join(lines))
        done: list[int] = []
        first = import_file(store, path, "Forum de l'Île", "post", done.append)
        assert (first.new, first.edited, first.same, first.rejected) == (450, 0, 1, 2)
        assert done == list(range(1, 454))
        aside = first.rejects_path.read_bytes()
        again = import_file(store, path, "Forum de l'Île", "post")
        assert (again.new, again.edited, again.same, again.rejected) == (0, 0, 451, 2)
        assert again.rejects_path.read_bytes() == aside
        with store.database.reading() as session:
            posts = list(session.scalars(select(Post)))
            source = session.scalars(select(Source)).one()
        assert len(posts) == 450
        assert {post.origin for post in posts} == {"import"}
        assert (source.id, source.kind, source.title) == ("forum-de-l-ile", "import", "Forum de l'Île")

    def test_refused_lines_stand_beside_the_file_and_go_when_mended(self, store: Store, tmp_path):
        path = write(tmp_path / "posts.jsonl", '{"text":"a"}\n{"texte":""}\n')
        report = import_file(store, path, "x")
        assert report.rejects_path == tmp_path / "posts.jsonl.rejects.jsonl"
        assert report.rejects_path.stat().st_mode & 0o777 == 0o600
        assert [json.loads(line) for line in report.rejects_path.read_text().splitlines()] == [
            {"line": 2, "reason": "text: no text", "raw": '{"texte":""}'}
        ]
        write(path, '{"text":"a"}\n{"texte":"b"}\n')
        mended = import_file(store, path, "x")
        assert (mended.new, mended.same, mended.rejected, mended.rejects_path) == (1, 1, 0, None)
        assert not report.rejects_path.exists()

    def test_an_edited_file_edits(self, store: Store, tmp_path):
        path = write(tmp_path / "p", '{"id":"1","text":"a"}')
        import_file(store, path, "x")
        assert import_file(store, write(path, '{"id":"1","text":"b"}'), "x").edited == 1

    @pytest.mark.parametrize("name", ["", "  ", "!!!"])
    def test_a_source_needs_a_name(self, name, store: Store, tmp_path):
        with pytest.raises(BadInput, match="needs a name"):
            import_file(store, write(tmp_path / "p", '{"text":"a"}'), name)

    def test_a_bad_file_declares_no_source(self, store: Store, tmp_path):
        with pytest.raises(BadInput, match="cannot be read"):
            import_file(store, tmp_path / "none.jsonl", "x")
        with store.database.reading() as session:
            assert session.scalars(select(Source)).all() == []

    def test_a_file_whose_lines_are_all_refused_declares_no_source(self, store: Store, tmp_path):
        assert import_file(store, write(tmp_path / "p", '{"text":""}'), "x").rejected == 1
        with store.database.reading() as session:
            assert session.scalars(select(Source)).all() == []

    def test_a_region_that_is_none_is_left_out_and_counted(self, store: Store, tmp_path):
        rows = [
            {"id": 1, "text": "un", "region": "Atlantide"},
            {"id": 2, "text": "deux", "region": "Atlantide", "city": "mtl"},
            {"id": 3, "text": "trois", "région": "MONTREAL"},
            {"id": 4, "text": "quatre", "region": "  "},
        ]
        report = import_file(store, write(tmp_path / "p", "\n".join(map(json.dumps, rows))), "x")
        assert (report.new, report.unplaced, report.rejected) == (4, 2, 0)
        with store.database.reading() as session:
            told = session.execute(select(Post.external_id, Post.region).order_by(Post.external_id)).all()
        assert [tuple(one) for one in told] == [("1", ""), ("2", "Montréal"), ("3", "Montréal"), ("4", "")]

    @pytest.mark.unmeasured
    def test_memory_does_not_grow_with_the_file(self, tmp_path):
        def peak(lines: int) -> int:
            path = tmp_path / f"{lines}.jsonl"
            with path.open("w") as file:
                file.writelines(json.dumps({"id": n, "text": f"texte {n} " + "x" * 200}) + "\n" for n in range(lines))
            tracemalloc.start()
            count = sum(1 for _ in read_posts(path))
            top = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert count == lines
            return top

        peak(100)
        assert peak(8_000) < peak(2_000) + 1_500_000
