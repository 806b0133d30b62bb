"""The readings of things: each is declared once, and the store can keep all of them."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import bot
from bot.adapters.sql.codec import codec_of
from bot.core.readings import Reading
from bot.things.run.readings import use_of


def declared() -> Iterator[Reading]:
    """Yield the readings of all modules that declare some."""
    for module in pkgutil.walk_packages(bot.__path__, "bot."):
        if module.name.endswith(".readings"):
            yield from (one for one in vars(import_module(module.name)).values() if isinstance(one, Reading))


def test_no_two_readings_have_one_name():
    """Two of a thing would overwrite one another."""
    names = [one.name for one in declared()]

    assert len(names) > 10
    assert sorted(set(names)) == sorted(names)


def test_the_store_can_keep_every_reading():
    """One whose value has no codec raises here, and not first when it is written."""
    for reading in (*declared(), use_of("slipway-run-1-1", "7")):
        codec_of(reading)
