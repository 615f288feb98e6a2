"""Interfaces of the parts that the use cases talk to, and the engine's commands and events."""
