"""The list of modules with sentences of their own only gets shorter."""

from tests.support.unsaid import LIST, listed


def test_no_module_has_more_sentences_of_its_own_than_are_listed():
    """What is new is a phrase in a `words.py`; what became one leaves the list with `make docs`."""
    assert LIST.read_text(encoding="utf-8").splitlines() == listed().splitlines()
