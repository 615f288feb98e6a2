"""A room (直播间): who may speak in it and be in it, and by which rules. Pure."""
