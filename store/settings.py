"""Typed settings, read from the environment (``VIGIE_…``) or from the file that ``VIGIE_ENV_FILE`` names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from store.errors import NotSetUp


def read_secret(path: Path | None, setting: str) -> str | None:
    """Return what a secret's file holds, None without a file; `NotSetUp` names the setting if it cannot be read."""
    if path is None:
        return None
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeError):
        raise NotSetUp(f"{setting} cannot be read: {path}.") from None


class Settings(BaseSettings):
    """All that a deployment can choose; every field has a safe default."""

    model_config = SettingsConfigDict(
        env_prefix="VIGIE_",
        env_file=os.environ.get("VIGIE_ENV_FILE"),
        env_ignore_empty=True,
        extra="ignore",
        use_attribute_docstrings=True,
    )

    data_dir: Path = Path("var/vigie")
    """Where the embedded database, the embedded index, captures, keys and exports are kept."""
    database_url: str = ""
    """Address of the database (``postgresql://vigie@host/vigie?sslmode=verify-full``); empty: SQLite, embedded."""
    database_password_file: Path | None = None
    """File that holds the database's password."""
    index_url: str = ""
    """Addresses of Elasticsearch nodes (``https://host:9200``), separated by commas; empty: the embedded index."""
    index_name: str = Field("vigie-posts", pattern=r"^[a-z][a-z0-9-]{0,60}$")
    """Name of the Elasticsearch alias."""
    index_api_key_file: Path | None = None
    """File that holds the Elasticsearch API key."""
    index_ca_file: Path | None = None
    """Certificate authority that signed the Elasticsearch node's certificate."""
    keys_dir: Path | None = None
    """Where key files are kept, best outside the data folder's backups; empty: ``keys`` in the data folder."""
    keyring_url: str = ""
    """Address of the keyring: a database of its own that holds the wrapped data keys; empty: SQLite, in `keys_dir`."""
    keyring_password_file: Path | None = None
    """File that holds the password of the keyring's database."""
    host: str = "127.0.0.1"
    """Address that the pages are served on; loopback unless a reverse proxy stands before it."""
    port: int = Field(8420, ge=0, le=65535)
    """Port of the pages; 0 takes a free one."""
    hosts: str = ""
    """Names, separated by commas, under which the pages may be asked for, besides loopback and `host`."""
    secure_cookies: bool = False
    """Send session cookies over HTTPS only; set it wherever the pages are served through TLS."""
    metrics: Annotated[bool | None, BeforeValidator(lambda given: None if given == "" else given)] = None
    """Answer /metrics on this machine; empty: only while no TLS proxy is before the pages (`secure_cookies` off)."""
    session_minutes: int = Field(60, ge=1, le=24 * 60)
    """Minutes without a request after which a session ends."""
    require_totp: bool = False
    """Let nobody in without a second factor but to enrol one; set it for every real deployment."""
    training_months: int = Field(12, ge=1, le=60)
    """Months after which the training of analysts, supervisors and quarantine officers lapses."""
    lessons_renew_training: bool = True
    """Let whoever passes the fictional cases renew their training by it; a first training is always set by a person."""
    glass_minutes: int = Field(60, ge=1, le=24 * 60)
    """Minutes that an emergency access lasts."""
    house_name: str = ""
    """Name of the house's own organisation, as accounts tell it; needed where a profile gives roles to another."""
    house_profile: str = "standard"
    """Which roles one person may combine: `standard`, `small`, or a YAML file (docs/access.md)."""
    public_url: str = ""
    """Address under which people open the pages (``https://vigie.example.org``); log-in at a provider needs it."""
    oidc_issuer: str = ""
    """Issuer of the house's identity provider (OpenID Connect); empty: people log in here only."""
    oidc_client_id: str = ""
    """What this house is called at the provider."""
    oidc_client_secret_file: Path | None = None
    """File that holds the secret the provider gave; empty for a public client."""
    oidc_name: str = "OpenID Connect"
    """The provider's name, as the log-in button shows it."""
    oidc_hosts: str = ""
    """Hosts, separated by commas, besides the issuer's, where the provider keeps its keys and gives tokens."""
    oidc_ca_file: Path | None = None
    """Certificate authority that signed the provider's certificate; empty: those of the system."""
    language: Literal["fr", "en"] = "fr"
    """Language of the pages until a person chooses."""
    contact_url: str = "https://vigie.example/robot"
    """Page, declared in the user agent, that says what the collector does and where to complain."""
    allow_loopback: bool = False
    """Let collectors ask loopback addresses: for the demo and for tests only."""
    request_delay: float = Field(2.0, ge=0.0)
    """Least seconds between two requests to one host."""
    max_response_bytes: int = Field(2_000_000, ge=1_000)
    """Larger responses are dropped unread."""
    max_collection_bytes: int = Field(500_000_000, ge=10_000)
    """Bytes of all responses together after which a collection ends."""
    max_text: int = Field(100_000, ge=100, le=1_000_000)
    """Characters of a post that are kept."""
    retain_unflagged_days: int = Field(7, ge=0)
    """Days until the text of a post that matches nothing is erased."""
    retain_dismissed_days: int = Field(30, ge=0)
    """Days until a dismissed post is erased."""
    retain_watched_days: int = Field(30, ge=0)
    """Days until a watched post, or one that still waits, is erased."""
    retain_gone_days: int = Field(2, ge=0)
    """Days until an undecided post that was deleted at its source is erased."""
    revisit_days: int = Field(7, ge=0)
    """Days after its coming in during which a post that its source lists no more is asked for again; 0: never."""
    quarantine_lexicon_file: Path | None = None
    """Terms, one a line, whose texts are sealed at the door (docs/operations.md); empty: none is, and pages say so."""
    quarantine_days: int = Field(30, ge=1)
    """Days after which a text that waits for the quarantine officer still is late."""
    erase_hours: int = Field(24, ge=0)
    """Hours within which what was erased leaves the files of the index and of the database too."""
    lease_seconds: int = Field(120, ge=1)
    """Seconds until a worker's unrenewed lease returns its work."""
    claim_minutes: int = Field(30, ge=1)
    """Minutes until an analyst's unrenewed claim returns the item."""
    reserved_percent: int = Field(20, ge=0, le=50)
    """Share of what is offered, in percent, that at-risk youth keep whatever else is more urgent."""
    target_immediate_minutes: int = Field(15, ge=1)
    """Minutes within which an immediate item must be taken; then the back-up of whoever is on duty is told."""
    target_soon_hours: int = Field(24, ge=1)
    """Hours within which an item that is urgent must be read."""
    target_routine_days: int = Field(5, ge=1)
    """Days within which any other item must be read."""
    counts_seconds: float = Field(2.0, ge=0.0, le=60.0)
    """How old the queue's counts may be, in seconds: many who look at once share them. Its list is always of now."""
    undo_seconds: int = Field(60, ge=0, le=600)
    """Seconds during which a decision can be taken back."""
    double_coding_percent: int = Field(10, ge=0, le=100)
    """Share of items, in percent, that two people judge without seeing scores or each other."""
    sample_percent: int = Field(5, ge=0, le=100)
    """Items drawn at random from what nothing was seen in, for every hundred that something was; 0: none."""
    exposure_hours: float = Field(4.0, gt=0, le=24)
    """Hours of reading in a day after which a person is asked to stop."""
    exposure_break_after_minutes: int = Field(50, ge=1)
    """Minutes of reading without a break after which one is proposed."""
    exposure_break_minutes: int = Field(10, ge=1)
    """Minutes without reading that make a break."""
    exposure_cut_off: str = Field("", pattern=r"^(|([01]\d|2[0-3]):[0-5]\d)$")
    """Hour of the day (``16:00``) from which only what is immediate is offered; empty: none."""
    register_origin: str = Field("vigie.example/register", pattern=r"^[^\s+]{1,200}$")
    """Name that the register's checkpoints are signed under, an address without its scheme; never changed after."""
    search_results: int = Field(200, ge=1, le=1000)
    """Most posts that one search brings back."""
    standing_minutes: int = Field(10, ge=1, le=24 * 60)
    """Minutes until a standing search is made again."""
    search_lapse_days: int = Field(183, ge=1)
    """Days after which an earlier search answers no new one any more, and is not compared with."""

    house_shift: str = ""
    """Working hours of whoever has none of their own (``mon-fri 08:00-18:00``): look-ups outside are off shift."""
    well_known_names_file: Path | None = None
    """File of names, one a line, that people look up out of curiosity; such searches come up for review."""
    review_days: int = Field(30, ge=1)
    """Days after which a search that was drawn for review and waits still is late."""

    public_address: str = Field("", pattern=r"^(|https?://[^\s/?#]+)$")
    """Address under which partners reach the pages (``https://vigie.example``), for links in e-mails."""
    smtp_host: str = ""
    """Mail server for notices without content; empty: none is sent, and pages say so."""
    smtp_port: int = Field(587, ge=1, le=65535)
    """Port of the mail server."""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the mail server is spoken to; ``none`` only on loopback."""
    smtp_from: str = ""
    """Address that notices come from."""
    smtp_user: str = ""
    """Name to log in to the mail server with; empty: no log-in."""
    smtp_password_file: Path | None = None
    """File that holds the mail server's password."""
    smtp_ca_file: Path | None = None
    """Certificate authority that signed the mail server's certificate; empty: those of the system."""
    directory_stale_days: int = Field(180, ge=1)
    """Days after which an entry of the directory that nobody confirmed is flagged."""
    runaway_days: int = Field(7, ge=1)
    """Days that a runaway is looked for before somebody is asked whether to go on."""
    found_days: int = Field(1, ge=0)
    """Days after a youth was found until texts pasted or watched for the request are erased."""
    request_days: int = Field(90, ge=1)
    """Days after its answer until a request and all that was told with it is handed over or erased."""
    referral_days: int = Field(5, ge=1)
    """Days within which a pivot acknowledges a referral; then it escalates."""
    referral_urgent_hours: int = Field(4, ge=1)
    """Hours within which a pivot acknowledges an urgent disclosure."""
    link_days: int = Field(7, ge=1)
    """Days during which a link that acknowledges a referral works."""
    disclosure_review_hours: int = Field(72, ge=1)
    """Hours within which somebody else reviews what one person disclosed alone."""
    consent_days: int = Field(365, ge=1)
    """Longest time for which a consent may be given, in days."""
    majority_months: int = Field(6, ge=0)
    """Months before a youth turns 18 at which the pivot and the coordinator are reminded."""
    export_days: int = Field(90, ge=1)
    """Days during which the files of a corpus can be fetched; then they are deleted here."""
    rights_days: int = Field(30, ge=1)
    """Days within which somebody who asks about themselves has an answer."""
    rights_contact: str = Field("", max_length=300)
    """Who answers people about themselves, and how to call or write to them; stands on the public page."""

    @property
    def database(self) -> str:
        """Return the database address in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'vigie.db'}"

    @property
    def tells_metrics(self) -> bool:
        """Return whether /metrics answers at all."""
        return not self.secure_cookies if self.metrics is None else self.metrics

    @property
    def keys(self) -> Path:
        """Return the folder of key files in force."""
        return self.keys_dir or self.data_dir / "keys"

    @property
    def keyring(self) -> str:
        """Return the address of the keyring in force."""
        return self.keyring_url or f"sqlite:///{self.keys / 'keyring.db'}"

    @property
    def captures(self) -> Path:
        """Return the folder of captures."""
        return self.data_dir / "captures"
