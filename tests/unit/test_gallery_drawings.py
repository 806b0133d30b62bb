"""A text drawing of the gallery shows all that Discord is sent of a card, an answer or a form."""

from typing import Any

import discord
import pytest

from bot.core.cards import Button, ButtonStyle, Card, File, Tone
from bot.ports import Series
from tests.gallery.charts import Chart, Curves
from tests.gallery.drawings import drawn
from tests.gallery.exhibit import Answer, Exhibit


def test_a_card_is_drawn_with_its_tone_texts_chart_buttons_and_files():
    """Each item has a line that begins with what it is; further lines of a text are below it."""
    plot = Curves({"loss": [Series("RUN-1", [1.0, 2.0], [0.5, 0.25])]}, "epoch", is_small=True)
    card = Card(
        "RUN-1 · Digits",
        ["**Cause**\nIt has no memory.", "-# small, but not last"],
        Tone.BAD,
        files=(File("log.txt", b"one\ntwo\n"),),
        buttons=[Button("Retry", "retry:RUN-1", ButtonStyle.PRIMARY), Button("Log", "log:RUN-1")],
        footer="SLURM job 7",
        mentions=(42,),
    )
    shown = drawn(Exhibit("failed", card, Chart("run-1.png", "Curves of loss", "RUN-1", plot), command="train show"))

    assert (
        """\
command   /train show
notifies  <@42>
tone      bad
headline  RUN-1 · Digits
text      **Cause**
          It has no memory.
text      -# small, but not last
picture   attachment://run-1.png · Curves of loss
chart     RUN-1
          loss by epoch 1 to 2 · RUN-1 · 0.500 to 0.250
file      attachment://log.txt
footer    SLURM job 7
buttons   Retry · primary · retry:RUN-1
          Log · secondary · log:RUN-1
content   log.txt · 8 bytes
          | one
          | two
"""
        == shown
    )


def test_a_press_that_is_not_possible_now_is_drawn_so():
    """It is there, and disabled."""

    def view() -> discord.ui.View:
        pressed = discord.ui.View(timeout=None)
        pressed.add_item(discord.ui.Button(label="Launch", custom_id="launch:RUN-1", disabled=True))
        pressed.stop()
        return pressed

    shown = drawn(Exhibit("an answer", Answer("Not now.", view=view)))

    assert "text      Not now.\nbuttons   Launch · secondary · launch:RUN-1 · disabled\n" == shown


def test_a_form_is_drawn_with_its_labels_hints_and_limits():
    """With what is filled in, too."""

    def form() -> discord.ui.Modal:
        modal = discord.ui.Modal(title="Approve", custom_id="modal:approve:AUD-1")
        asked = discord.ui.TextInput[Any](
            custom_id="reason", min_length=3, max_length=9, required=False, placeholder="Why", default="good"
        )
        modal.add_item(discord.ui.Label(text="Reason", description="It is kept.", component=asked))
        modal.stop()
        return modal

    assert """\
form      Approve · modal:approve:AUD-1
sent      as it opens; the page asks for what is required
input     Reason · one line, optional, 3 to 9 characters · reason
          told: It is kept.
          hint: Why
          filled in: good
""" == drawn(Exhibit("a form", form, is_sent=True))


def test_what_is_very_long_is_drawn_by_its_beginning_its_end_and_its_length():
    """So that drawings of extremes stay small."""
    log = "".join(f"{number}\n" for number in range(500)).encode()
    shown = drawn(Exhibit("long", Answer("a" + "x" * 998 + "z", (File("log.txt", log),))))

    assert "[…1000 characters…]" in shown
    assert "[…500 lines…]" in shown
    assert shown.startswith("text      ax")
    assert shown.endswith("xz\ncontent   log.txt · 1,890 bytes\n" + shown.partition("bytes\n")[2])
    assert shown.endswith("          | 499\n")
    assert 700 > len(shown)


def test_a_component_of_a_new_type_is_refused_until_it_can_be_drawn():
    """Otherwise what is new on a card would be missing from its drawing."""

    def view() -> discord.ui.LayoutView:
        layout = discord.ui.LayoutView(timeout=None)
        layout.add_item(discord.ui.Separator[Any]())
        layout.stop()
        return layout

    with pytest.raises(ValueError, match="separator"):
        drawn(Exhibit("new", Answer("", view=view)))  # type: ignore[arg-type]  # what no answer has today
