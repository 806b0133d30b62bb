"""The clusters that these tests run on."""

from tests.support.cluster import cluster, site  # noqa: F401 - fixtures
