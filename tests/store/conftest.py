"""The databases that these tests run on."""

from tests.support.races import bots  # noqa: F401 - a fixture
from tests.support.store_fixtures import database, file_database, postgres, store  # noqa: F401 - fixtures
