"""Suites for those who write plugins: what is promised of each part, as functions that a test calls."""
