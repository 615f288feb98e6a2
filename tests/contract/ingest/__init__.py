"""Contract tests of the ingest."""
