"""The tests: facts through the front door."""
