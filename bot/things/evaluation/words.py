"""What is said of evaluations."""

from bot.core.said import Words

W = Words("evaluation")

MEASURED = W("measured", "Measured")
FIGURES = W("figures", "As its run reports it")
NO_FIGURE = W("no_figure", "Nothing was measured.")
FIGURE = W("figure", "- {name} **{value:figure}**")
ROWS = W("rows", "{model} on {rows} row", many="{model} on {rows} rows", by="rows")
