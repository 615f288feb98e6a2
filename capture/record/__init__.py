"""The local recording: Matroska while it runs, MP4 when it is done. Runs in the engine, which owns it."""
