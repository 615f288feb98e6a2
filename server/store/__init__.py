"""The database: tables, migrations, one writer that commits in batches, readers."""
