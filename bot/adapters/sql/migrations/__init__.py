"""The history of the tables, as Alembic revisions; shipped with the package and run by `migrate`.

On SQLite a revision that rebuilds `events` drops its triggers: it has to create them again.
"""
