"""What a monitor measured is kept, and shown on its card and on that of the advice that came of it."""

from bot.core.said import Speaker
from bot.core.values import Kind, Ref
from bot.services import cards, monitoring
from bot.suites.marked import MarkedSpeaker, unmarked
from tests.support.races import Bots
from tests.support.road import DRIFTED, claimed, live

SPEAKERS: tuple[Speaker, ...] = (Speaker(), MarkedSpeaker())


async def test_the_advice_shows_the_chart_of_the_monitor_that_gives_it(bots: Bots):
    """The same file with the same words for who cannot see it, in the reader's language on both cards."""
    record = bots[0]
    await live(record, (await claimed(record)).number)
    before = await cards.face_for(record.store, Ref(Kind.MONITOR, 1))
    await monitoring.measured(record, 1, DRIFTED, chart="charts/MON-1-1.png")
    shown = [
        await cards.face_for(record.store, about, say)
        for about in (Ref(Kind.MONITOR, 1), Ref(Kind.RECOMMENDATION, 1))
        for say in SPEAKERS
    ]

    assert (None, "") == (before.chart, before.chart_alt_text)
    assert ["charts/MON-1-1.png"] * 4 == [face.chart for face in shown]
    assert [face.chart_alt_text for face in shown[:2]] == [face.chart_alt_text for face in shown[2:]]
    assert "Histograms of 10 production rows beside the reference, measure by measure" == shown[0].chart_alt_text
    assert [] == [text for face in shown[1::2] for text in face.card.paragraphs if unmarked(text)]
