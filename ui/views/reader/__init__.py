"""The reader of agreements and rules: contents, text, what changed, acceptance."""
