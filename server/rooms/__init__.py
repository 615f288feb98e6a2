"""Rooms: numbered facts, their history, and the sockets they are fanned out to."""
