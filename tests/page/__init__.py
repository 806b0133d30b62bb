"""Tests in a browser: one package, so that what they share is taken down after the last of them."""
