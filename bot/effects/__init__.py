"""Actions: each is one network call under a key that makes the second time harmless."""
