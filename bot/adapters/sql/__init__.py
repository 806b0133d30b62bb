"""The store, provided by SQLite or PostgreSQL."""
