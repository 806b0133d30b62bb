"""The charts, provided by matplotlib."""
