"""Says what a test needs of the machine: in CI a lack is a failure, elsewhere a skip with its reason."""

import os

import pytest


def lacking(reason: str) -> None:
    """Skip the test for the reason; in CI fail, because there nothing may be skipped."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must have it: {reason}")
    pytest.skip(reason)
