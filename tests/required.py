"""Servers that tests may go without, unless they are required (`make test-slow REQUIRED=1`)."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

from scripts.services.shared import REQUIRED


def cannot(reason: object) -> NoReturn:
    """Skip for a server that cannot be had here; fail where the servers are required."""
    if os.environ.get(REQUIRED):
        pytest.fail(f"required: {reason}")
    pytest.skip(str(reason))
