"""Real name, face check, suspension: what a person must have, and what keeps them off air."""
