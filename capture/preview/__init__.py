"""The picture for the anchor's own screen."""
