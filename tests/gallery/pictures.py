"""The pictures of tests/gallery/charts.py, each drawn with a matplotlib that is loaded when the first one is hung."""

from bot.domain.cards import File


def drift(*, is_drifted: bool) -> File:
    """Return a comparison of production with its reference."""
    from tests.gallery import charts  # noqa: PLC0415  # heavy, as all below

    return charts.drift(is_drifted=is_drifted)


def curve() -> File:
    """Return a run's own curve."""
    from tests.gallery import charts  # noqa: PLC0415

    return charts.curve()


def comparison() -> File:
    """Return the curves of eight runs."""
    from tests.gallery import charts  # noqa: PLC0415

    return charts.comparison()


def usage() -> File:
    """Return GPU hours by requirement and person."""
    from tests.gallery import charts  # noqa: PLC0415

    return charts.usage()
