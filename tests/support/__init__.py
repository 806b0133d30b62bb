"""What the tests stand on: real services that start in seconds."""
