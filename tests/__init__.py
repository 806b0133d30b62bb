"""The tests: facts through the front door."""

import pytest

pytest.register_assert_rewrite("tests.support")  # what fails there says its values too
