"""Unit tests of the ingest: no I/O, no sleeps."""
