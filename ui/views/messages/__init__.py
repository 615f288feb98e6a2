"""The centre of messages."""
