"""Decisions: each is one database transaction and never touches the network."""
