"""What `deploy/` ships: settings that exist, secrets that work, alerts on measures that are told, hardened units."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from awaited import awaited
from uvicorn import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from store.index import open_index
from store.links import LINK
from store.outbox import INDEX
from store.posts import ASSESS
from store.settings import Settings
from triage_api.shell.watch import Watch
from vigie.main import VERBS

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file() and "secrets" not in path.parts)
KNOWN = {f"VIGIE_{name.upper()}" for name in Settings.model_fields} | {"VIGIE_ENV_FILE"}


def run(*command: object, ok: bool = True, **more: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120, check=False, **more)
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    return done


def needed(program: str, package: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"no {program} here: apt-get install {package}")
    return found


@pytest.fixture(scope="module")
def services() -> dict[str, dict]:
    return yaml.safe_load((COMPOSE / "compose.yaml").read_text("utf-8"))["services"]


@pytest.mark.parametrize("path", [*FILES, ROOT / "docs" / "operations.md"], ids=lambda path: path.name)
def test_every_setting_that_is_named_exists(path):
    assert set(re.findall(r"\bVIGIE_[A-Z_]+\b", path.read_text("utf-8"))) <= KNOWN


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.suffix in {".yaml", ".yml"}], ids=lambda path: path.name
)
def test_yaml_parses(path):
    assert yaml.safe_load(path.read_text("utf-8"))


def test_operations_names_verbs_and_settings_that_exist():
    named = set(re.findall(r"(?:^|[`(;&] ?)vigie ([a-z][a-z-]+)", OPERATIONS, re.MULTILINE))
    assert {"setup-db", "index", "purge", "doctor", "users"} <= named <= set(VERBS)


# --- compose


def test_images_come_without_a_registry_host_and_with_a_version(services):
    images = {service["image"] for service in services.values()} | set(
        re.findall(r"^FROM (\S+)", (COMPOSE / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    )
    for image in images - {"${IMAGE:-vigie:local}"}:
        name, _, version = image.partition(":")
        assert version.strip("v")[:1].isdigit(), image
        assert "." not in name, image


def test_every_container_is_held_tight(services):
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not {"privileged", "cap_add", "pid", "ipc"} & set(service), name
        assert service.get("read_only") or name == "elasticsearch", name
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name
        if name not in {"pages", "collect", "notices", "prometheus"}:
            assert service["networks"] == ["inside"], name


def test_no_secret_stands_in_a_file_and_each_process_has_its_key_alone(services):
    for name, service in services.items():
        for variable, value in (service.get("environment") or {}).items():
            assert not re.search("PASSWORD|SECRET|KEY$", variable) or variable.endswith("_FILE"), (
                name,
                variable,
                value,
            )
    keys = {
        name: {str(volume).split(":")[0] for volume in service["volumes"]} & {"search-key", "manage-key"}
        for name, service in services.items()
        if "volumes" in service
    }
    for name in ("pages", "collect", "assess", "notices"):
        assert keys[name] == {"search-key"}
    for name in ("setup", "index", "vigie"):
        assert keys[name] == {"manage-key"}
    with_elastic = {
        name for name, service in services.items() if "./secrets/vigie:/run/secrets:ro" in service["volumes"]
    }
    assert with_elastic == {"index-keys"}  # who may make keys works once and ends


def test_the_pages_believe_the_gateway_alone_about_addresses(monkeypatch):
    docker_compose = needed("docker-compose", "docker-compose")
    given = {"VIGIE_CONTACT_URL": "https://vigie.example/", "VIGIE_HOSTS": "vigie.example", "OUTSIDE_NET": "10.9.8"}
    told = run(docker_compose, "-f", COMPOSE / "compose.yaml", "config", env={**os.environ, **given})
    compose = yaml.safe_load(told.stdout)
    [outside] = compose["networks"]["outside"]["ipam"]["config"]
    assert outside == {"subnet": "10.9.8.0/24", "gateway": "10.9.8.1"}
    pages = compose["services"]["pages"]["environment"]
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", pages["FORWARDED_ALLOW_IPS"])

    async def asked_from(peer: str) -> str:
        seen = {}

        async def pages(scope, _receive, _send):
            seen.update(scope)

        headers = [(b"x-forwarded-for", b"192.0.2.7")]
        scope = {"type": "http", "scheme": "http", "client": (peer, 5000), "headers": headers}
        await ProxyHeadersMiddleware(pages, Config("x").forwarded_allow_ips)(scope, None, None)
        return seen["client"][0]

    assert [awaited(asked_from(peer)) for peer in ("10.9.8.1", "10.9.8.2")] == ["192.0.2.7", "10.9.8.2"]


def test_secrets_that_operations_names_are_the_processes_own_to_read():
    named = re.findall(r"VIGIE_\w+(?:KEY|PASSWORD)_FILE=/etc/vigie/(\S+)", OPERATIONS)
    lines = re.findall(r"install -o vigie -m 400 (.+?) /etc/vigie/", OPERATIONS)
    given = {name for line in lines for name in line.split()}
    assert {"search.key", "index.key", "manage.key", "database-password", "smtp-password"} == set(named) == given


def test_what_is_mounted_or_copied_is_there(services):
    for service in services.values():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            if source.startswith(".") and not source.startswith("./secrets"):
                assert (COMPOSE / source).exists(), source
    dockerfile = (COMPOSE / "Dockerfile").read_text("utf-8")
    copied = {name for line in re.findall(r"^COPY (?!--)(.+) \S+$", dockerfile, re.MULTILINE) for name in line.split()}
    assert all((ROOT / name).exists() for name in copied)
    kept = set(re.findall(r"^!(\S+)", (COMPOSE / "Dockerfile.dockerignore").read_text("utf-8"), re.MULTILINE))
    assert kept == copied
    packages = re.search(r'^packages = \[(".*")\]$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert set(re.findall(r'"(\w+)"', packages[1])) <= copied
    assert re.search(r"^USER 10001:10001$", dockerfile, re.MULTILINE)
    assert "--require-hashes" in dockerfile


def test_compose_takes_the_file():
    docker_compose = needed("docker-compose", "docker-compose")
    settings = {"VIGIE_CONTACT_URL": "https://vigie.example/robot", "VIGIE_HOSTS": "vigie.example"}
    run(docker_compose, "-f", COMPOSE / "compose.yaml", "config", "--quiet", env={**os.environ, **settings})
    refused = run(docker_compose, "-f", COMPOSE / "compose.yaml", "config", "--quiet", ok=False)
    assert ".env.example" in refused.stderr


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A copy of the folder in which `make-secrets` ran; not as root it says so, after having made everything."""
    needed("openssl", "openssl")
    shutil.copytree(COMPOSE, tmp_path / "compose", ignore=shutil.ignore_patterns("secrets"))
    done = run(tmp_path / "compose" / "make-secrets", ok=os.getuid() == 0)
    assert done.returncode == 0 or "as root" in done.stderr
    return tmp_path / "compose"


def test_secrets_are_fresh_whole_and_for_one_reader(made):
    found = {path.relative_to(made / "secrets").as_posix() for path in (made / "secrets").rglob("*") if path.is_file()}
    server = {"ca.crt", "server.crt", "server.key"}
    assert found - {"ca.srl"} == {
        "ca.crt",
        "ca.key",
        *(f"postgres/{name}" for name in server | {"superuser_password", "vigie_password"}),
        *(f"elasticsearch/{name}" for name in server | {"elastic_password"}),
        *(f"vigie/{name}" for name in ("ca.crt", "database_password", "elastic_password")),
    }
    for path in (made / "secrets").rglob("*"):
        if path.is_file():
            assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    passwords = {path.read_text() for path in (made / "secrets").rglob("*_password")}
    assert len(passwords) == 3
    assert all(len(word.strip()) == 64 for word in passwords)
    if os.getuid() == 0:
        owners = {
            name: (made / "secrets" / name / "ca.crt").stat().st_uid for name in ("postgres", "elasticsearch", "vigie")
        }
        assert owners == {"postgres": 999, "elasticsearch": 1000, "vigie": 10001}


@pytest.mark.parametrize("server", ["postgres", "elasticsearch"])
def test_certificates_are_good_for_one_server(made, server):
    secrets = made / "secrets"
    certificate = secrets / server / "server.crt"
    verify = ("openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", secrets / "ca.crt")
    for name in (server, "localhost"):
        run(*verify, "-verify_hostname", name, certificate)
    run(*verify, "-verify_hostname", "other.example", certificate, ok=False)
    public = run("openssl", "pkey", "-pubout", "-in", secrets / server / "server.key").stdout
    assert run("openssl", "x509", "-pubkey", "-noout", "-in", certificate).stdout == public
    run("openssl", "x509", "-checkend", 390 * 86400, "-noout", "-in", certificate)


def test_run_again_secrets_stay_and_renewing_changes_certificates_alone(made):
    def contents() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in (made / "secrets").rglob("*") if path.is_file()}

    root = os.getuid() == 0
    before = contents()
    run(made / "make-secrets", ok=root)
    assert contents() == before
    if not root:
        pytest.skip("renewing needs root")
    run(made / "make-secrets", "renew")
    changed = {Path(name).name for name, content in contents().items() if before[name] != content}
    assert changed == {"server.crt", "server.key", "ca.srl"}
    (made / "secrets" / "ca.key").unlink()
    assert "ca.key" in run(made / "make-secrets", "renew", ok=False).stderr
    run(made / "make-secrets", "other", ok=False)


def test_shell_scripts_are_clean():
    shellcheck = needed("shellcheck", "shellcheck")
    run(shellcheck, COMPOSE / "make-secrets", COMPOSE / "postgres-init.sh")
    assert os.access(COMPOSE / "make-secrets", os.X_OK)
    assert os.access(COMPOSE / "postgres-init.sh", os.X_OK)  # PostgreSQL's image sources what cannot be executed


# --- Elasticsearch


@pytest.mark.slow
def test_the_keys_that_are_made_are_enough_and_no_more(make_store, tmp_path):
    """On a real, secured node: what each key may do, through the program itself."""
    from scripts.services import Elasticsearch
    from store.errors import VigieError

    if why := Elasticsearch.unavailable():
        pytest.skip(why)
    with Elasticsearch.start(tmp_path / "node", secure=True) as node:
        (tmp_path / "password").write_text(node.password)
        keys = {kind: tmp_path / f"{kind}.key" for kind in ("search", "index", "manage")}
        script = DEPLOY / "elasticsearch" / "make_api_keys.py"
        where = ("--url", node.url, "--ca", node.ca_file, "--password-file", tmp_path / "password")
        run(sys.executable, script, *where, *(f"{kind}={path}" for kind, path in keys.items()))
        again = run(sys.executable, script, *where, f"search={keys['search']}")
        assert "already" in again.stdout

        def opened(kind: str):
            changes = {"index_url": node.url, "index_ca_file": node.ca_file, "index_api_key_file": keys[kind]}
            return open_index(make_store(**changes).settings)

        manage, index = opened("manage"), opened("index")
        manage.set_up()
        index.remove({"p-1": 1})
        index.commit()
        search = opened("search")
        search.require()
        assert not search.versions(["p-1"])
        with pytest.raises(VigieError, match="VIGIE_INDEX_API_KEY_FILE"):
            search.remove({"p-1": 1})
        with pytest.raises(VigieError, match="VIGIE_INDEX_API_KEY_FILE"):
            index.beside()
        for one in (manage, index, search):
            one.close()


# --- Prometheus


@pytest.fixture(scope="module")
def alerts() -> dict[str, dict]:
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text("utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def test_alerts_are_few_said_in_two_languages_and_in_operations(alerts):
    assert len(alerts) <= 10
    for name, rule in alerts.items():
        assert set(rule["annotations"]) == {"fr", "en", "que_faire", "what_to_do"}, name
        assert rule["labels"]["severity"] in {"page", "ticket"}, name
    assert set(re.findall(r"^\| (Vigie\w+) \|", OPERATIONS, re.MULTILINE)) == set(alerts)


def test_dead_letters_are_answered_with_the_verb_of_their_kind(alerts, vigie):
    told = alerts["VigieDeadLetters"]["annotations"]
    [row] = re.findall(r"^\| VigieDeadLetters \|.*$", OPERATIONS, re.MULTILINE)
    of_links = '{{ if eq $labels.kind "link" }}assess{{ else }}{{ $labels.kind }}{{ end }}'
    for kind, verb in {ASSESS: "assess", INDEX: "index", LINK: "assess"}.items():
        for language in ("que_faire", "what_to_do"):
            assert f"vigie {of_links} --retry." in told[language]  # what it comes to: `alerts_test.yml`
        assert f"`{kind}`" in row
        assert f"`vigie {verb} --retry`" in row
        assert "--retry" in vigie(verb, "--help")[1]


def test_alerts_ask_for_measures_that_are_told(alerts, store):
    index = open_index(store.settings)
    index.set_up()
    told = {measure.name for measure in Watch(store, index).measures()} | {"vigie_build_info"}
    index.close()
    asked = {name for rule in alerts.values() for name in re.findall(r"\bvigie_\w+", rule["expr"])}
    assert len(asked) > 8
    assert asked <= told


def test_prometheus_own_tool_takes_the_alerts_and_they_fire_when_they_must():
    promtool = needed("promtool", "prometheus")
    folder = DEPLOY / "prometheus"
    run(promtool, "check", "config", folder / "prometheus.yml")
    run(promtool, "test", "rules", folder / "alerts_test.yml")


# --- systemd

UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def test_units_are_hardened_alike():
    walls = [
        {
            line
            for line in unit.read_text("utf-8").splitlines()
            if re.match(r"(Protect|Private|Restrict|System|NoNew|Cap|Lock|U)", line)
        }
        for unit in UNITS
    ]
    assert len(walls[0]) > 15
    assert all(wall == walls[0] for wall in walls)


def test_systemd_takes_the_units(tmp_path):
    analyze = needed("systemd-analyze", "systemd")
    for unit in UNITS:
        name = unit.name.replace("@", "@assess-2")
        text = unit.read_text("utf-8").replace("/opt/vigie/bin/vigie", shutil.which("true") or "/bin/true")
        (tmp_path / unit.name).write_text(text)
        said = run(analyze, "verify", "--man=no", "--recursive-errors=no", tmp_path / name).stderr
        assert "vigie" not in said, said
