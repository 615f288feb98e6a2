"""What the service asks of the outside, behind interfaces: the code sender, the ingest."""
