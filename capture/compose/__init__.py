"""From sources to the programme's picture."""
