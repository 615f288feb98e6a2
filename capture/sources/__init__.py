"""Where pictures come from: camera, screen, media file, demo scene, still card. A thread a source."""
