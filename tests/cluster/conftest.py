"""The clusters that these tests run on, and the training that is stopped on them."""

from tests.support.cluster import cluster, newer_site, on, real_site, sandbox_site  # noqa: F401 - fixtures
from tests.support.trainings import whole  # noqa: F401 - a fixture

site = on("sandbox", "real")
