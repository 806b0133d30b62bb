"""Which language cards, messages and answers are in: the server's by a setting, the reader's where there is one."""

from pathlib import Path

import pytest

from bot.core import words
from bot.errors import Misconfigured
from bot.languages import read_languages
from bot.suites.marked import BEGIN, catalogue


def with_polish(folder: Path) -> Path:
    """Put a catalogue there, which is not Polish indeed."""
    place = folder / "pl" / "LC_MESSAGES"
    place.mkdir(parents=True)
    (place / "slipway.mo").write_bytes(catalogue())
    return folder


def test_a_catalogue_is_found_and_used_for_its_readers_and_for_no_others(tmp_path: Path):
    """Whatever region Discord says; who has no catalogue reads what the server has."""
    languages = read_languages("en", [with_polish(tmp_path)])
    said = words.REASON()

    assert ["Reason", "Reason", "Reason"] == [languages.of(locale)(said) for locale in ("en-US", "th", "zh-CN")]
    assert languages.of("pl")(said).startswith(BEGIN)
    assert "Reason" == languages.server(said)


def test_the_servers_language_is_a_setting(tmp_path: Path):
    """Who reads another that there is none of reads the server's."""
    languages = read_languages("pl", [with_polish(tmp_path)])

    assert [True, False] == [languages.of(locale)(words.REASON()).startswith(BEGIN) for locale in ("th", "en-GB")]


def test_a_language_that_there_is_none_of_stops_the_start_with_what_there_is():
    """As each setting that cannot be used."""
    with pytest.raises(Misconfigured, match="language: there is no 'th' yet; there is en"):
        read_languages("th")
