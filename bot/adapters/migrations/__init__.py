"""The history of the tables, as Alembic revisions; shipped with the package and run by `migrate`."""
