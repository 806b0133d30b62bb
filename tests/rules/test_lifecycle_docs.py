"""The drawn lifecycles are those of the tables."""

from tests.support.lifecycle_docs import PAGE, page


def test_the_page_is_what_the_tables_say():
    """docs/lifecycle.md is not stale; `make docs` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == page()
