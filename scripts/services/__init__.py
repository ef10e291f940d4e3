"""Real servers for tests: a PostgreSQL and Elasticsearch nodes on loopback, run as a user that is not root.

The shared pair is for tests that only talk to a server: `make services` starts it and `make services-stop` stops it
(`python -m scripts.services start|stop|status|env|run`). It stands below ``var/services``; `run` and `env` give its
addresses as VIGIE_TEST_DATABASE_URL and VIGIE_TEST_ELASTICSEARCH_URL. Tests that hurt a server start one of their own::

    with PostgreSQL.start(folder, durable=True) as server: ...
    with Elasticsearch.start(folder, nodes=3) as cluster: ...
    with IdentityProvider.start(folder, "http://127.0.0.1/oidc/back") as provider: ...

What cannot be had on this machine is told by `unavailable()` in one line; docs/decisions/006 says what was tried.
"""

from scripts.services.cluster import Elasticsearch
from scripts.services.distribution import DEFAULT, NEXT
from scripts.services.ground import NotStarted, Unavailable
from scripts.services.identity import IdentityProvider
from scripts.services.postgresql import PostgreSQL

__all__ = ["DEFAULT", "NEXT", "Elasticsearch", "IdentityProvider", "NotStarted", "PostgreSQL", "Unavailable"]
