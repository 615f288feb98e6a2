"""A textured head before a camera, and what people do who want to be taken for one. For bench and tests only."""
