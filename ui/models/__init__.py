"""Qt models of the lists. GUI thread only."""
