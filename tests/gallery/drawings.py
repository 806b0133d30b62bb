"""An exhibit as plain text, item by item as Discord is sent them: what a commit keeps of it in place of a picture."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any, TypeAlias, assert_never

import discord

from bot.core.cards import Card, File
from bot.layout import COLOURS, fitted, view_of
from tests.gallery.charts import Bars, Chart, Curves, Drift
from tests.gallery.exhibit import Answer, Exhibit, Group

Item: TypeAlias = tuple[str, str]
"""What stands there, in a word, and its text."""
Component: TypeAlias = Mapping[str, Any]

KEY_WIDTH = 10
LINE_LETTERS, HEAD_LETTERS, TAIL_LETTERS = 400, 200, 60
"""A longer line is one of an exhibit of extremes: its beginning, its end and its length say enough of it."""
FILE_LINES, FILE_HEAD, FILE_TAIL = 80, 6, 3
"""The same of a file's lines."""
TONES = {colour: tone for tone, colour in COLOURS.items()}
LARGE, SMALL = "### ", "-# "
PICTURE = "picture"


def drawing_of(group: Group) -> str:
    """Return the text of a whole group."""
    private = "\nOnly the one who asked sees them.\n" if group.is_private else ""
    return f"# {group.title}\n" + private + "".join(f"\n\n[{one.name}]\n{drawn(one)}" for one in group.exhibits)


def drawn(exhibit: Exhibit) -> str:
    """Return the text of one exhibit: its items below each other, each behind its word."""
    command = [("command", f"/{exhibit.command}")] if exhibit.command else []
    return "".join(_line(key, text) for key, text in [*command, *_items(exhibit)])


def _line(key: str, text: str) -> str:
    first, *more = [_shortened(line) for line in text.split("\n")]
    lines = [f"{key:{KEY_WIDTH}}{first}", *(f"{'':{KEY_WIDTH}}{line}" for line in more)]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _shortened(line: str) -> str:
    if len(line) <= LINE_LETTERS:
        return line
    return f"{line[:HEAD_LETTERS]} […{len(line)} characters…] {line[-TAIL_LETTERS:]}"


def _items(exhibit: Exhibit) -> Iterator[Item]:
    shown = exhibit.shown
    if isinstance(shown, Card):
        yield from _of_card(shown, exhibit.chart)
    elif isinstance(shown, Answer):
        yield "text", shown.text
        yield from _of_files(shown.files)
        yield from _of_all(shown.view().to_components() if shown.view else ())
    else:
        form = shown().to_dict()
        yield "form", f"{form['title']} · {form['custom_id']}"
        if exhibit.is_sent:
            yield "sent", "as it opens; the page asks for what is required"
        yield from _of_all(form["components"])


def _of_card(card: Card, chart: Chart | None) -> Iterator[Item]:
    if chart is not None:
        card = replace(card, pictures=(File(chart.file_name, b"", chart.alt_text),))
    if card.mentions:
        yield "notifies", " ".join(f"<@{person}>" for person in card.mentions)
    for item in _of_all(view_of(card).to_components()):
        yield item
        if item[0] == PICTURE and chart is not None:
            yield "chart", "\n".join([chart.title, *_of_chart(chart)])
    yield from _of_files(fitted(card).files)


def _of_all(components: Sequence[Component]) -> Iterator[Item]:
    for one in components:
        yield from _of_component(one)


def _of_component(one: Component) -> Iterator[Item]:
    """Yield what Discord is told of a component. Raises ValueError for a type that no exhibit had so far."""
    match discord.ComponentType(one["type"]):
        case discord.ComponentType.container:
            yield "tone", TONES[one["accent_color"]].value
            yield from _of_container(one["components"])
        case discord.ComponentType.media_gallery:
            for item in one["items"]:
                yield PICTURE, f"{item['media']['url']} · {item['description'] or 'without alternative text'}"
        case discord.ComponentType.file:
            yield "file", one["file"]["url"]
        case discord.ComponentType.action_row:
            yield "buttons", "\n".join(_pressed(each) for each in one["components"])
        case discord.ComponentType.label:
            yield "input", _asked(one)
        case unknown:
            raise ValueError(f"it is not known how to draw a {unknown.name} as text")


def _of_container(components: Sequence[Component]) -> Iterator[Item]:
    """Yield what a card holds; of its texts the first is the headline, and the last the footer if it is small."""
    texts = [one for one in components if one["type"] == discord.ComponentType.text_display.value]
    for one in components:
        if one is texts[0] and one["content"].startswith(LARGE):
            yield "headline", one["content"].removeprefix(LARGE)
        elif one is texts[-1] and one["content"].startswith(SMALL):
            yield "footer", one["content"].removeprefix(SMALL)
        elif one in texts:
            yield "text", one["content"]
        else:
            yield from _of_component(one)


def _pressed(one: Component) -> str:
    """Return a button or a choice: its words, how it looks, its id."""
    if one["type"] == discord.ComponentType.button.value:
        words, look = one["label"], discord.ButtonStyle(one["style"]).name
    else:
        words, look = one["placeholder"], f"{discord.ComponentType(one['type']).name}, {_range(one, 'values')}"
    return " · ".join([words, look, one["custom_id"], *(["disabled"] if one["disabled"] else [])])


def _asked(label: Component) -> str:
    """Return what a form asks for: its label, what it takes, and the hint."""
    field = label["component"]
    lines = "one line" if field["style"] == discord.TextStyle.short.value else "paragraphs"
    must = "required" if field["required"] else "optional"
    told = f"{label['label']} · {lines}, {must}, {_range(field, 'length')} characters · {field['custom_id']}"
    more = {"told": label.get("description"), "hint": field.get("placeholder"), "filled in": field.get("value")}
    return "\n".join([told, *(f"{word}: {text}" for word, text in more.items() if text)])


def _range(one: Component, of: str) -> str:
    least, most = one.get(f"min_{of}"), one.get(f"max_{of}")
    return f"{least} to {most}" if least is not None else f"at most {most}"


def _of_files(files: Sequence[File]) -> Iterator[Item]:
    for file in files:
        lines = file.content.decode().splitlines()
        if len(lines) > FILE_LINES:
            lines = [*lines[:FILE_HEAD], f"[…{len(lines)} lines…]", *lines[-FILE_TAIL:]]
        told = f" · {file.alt_text}" if file.alt_text else ""
        yield (
            "content",
            "\n".join([f"{file.name} · {len(file.content):,} bytes{told}", *(f"| {line}" for line in lines)]),
        )


def _of_chart(chart: Chart) -> Iterator[str]:
    match chart.plot:
        case Drift(reference_line, current_line, measures):
            yield from (reference_line, current_line)
            for one in measures:
                yield f"{one.title} · {one.verdict} · {_spread(one.reference)} beside {_spread(one.current)}"
        case Curves(panels, x_label, _):
            for name, lines in panels.items():
                for line in lines:
                    xs = f"{x_label} {line.x[0]:g} to {line.x[-1]:g}"
                    yield f"{name} by {xs} · {line.name} · {line.y[0]:.3f} to {line.y[-1]:.3f}"
        case Bars(groups, unit):
            for name, parts in groups.items():
                yield f"{name} · " + ", ".join(f"{part} {value:g} {unit}" for part, value in parts.items())
        case _:
            assert_never(chart.plot)


def _spread(rows: Sequence[float | str]) -> str:
    numbers = [row for row in rows if not isinstance(row, str)]
    return f"{len(rows)} rows, mean {fmean(numbers):.2f}" if numbers else f"{len(rows)} rows of {len(set(rows))} values"
