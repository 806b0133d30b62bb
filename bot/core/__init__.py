"""The machine: what holds for every kind of thing, whatever it is about."""
