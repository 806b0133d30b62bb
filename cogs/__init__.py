"""One file is one command group: parse, call one service, answer. Found by folder; `_` marks what is not a cog."""
