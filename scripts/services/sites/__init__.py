"""Real sites for the collectors' tests: a WordPress and a Bluesky-style personal data server, on loopback, empty.

Tests fill them through the sites' own interfaces with the access that `start` made; collectors get none of it::

    with WordPress.start(folder) as site: site.call("POST", "/wp/v2/posts", {"title": …, "status": "publish"})
    with DataServer.start(folder) as server: server.account("alouette").write({"text": …})

What cannot be had on this machine is told by `unavailable()` in one line; docs/decisions/006 says what was tried.
"""

from scripts.services.ground import NotStarted, Unavailable
from scripts.services.sites.data_server import Account, DataServer
from scripts.services.sites.wordpress import WordPress

__all__ = ["Account", "DataServer", "NotStarted", "Unavailable", "WordPress"]
