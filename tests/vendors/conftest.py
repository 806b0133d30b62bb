"""The cloud and the databases that these tests run on."""

from tests.support.azure_fixtures import azure, cloud  # noqa: F401 - fixtures
from tests.support.store_fixtures import database, file_database, postgres, store  # noqa: F401 - fixtures
