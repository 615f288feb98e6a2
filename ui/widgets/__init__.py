"""Small widgets that several pages share. GUI thread only."""
