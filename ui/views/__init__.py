"""Pages and sheets: each builds its widgets, draws a frozen view state and emits wishes. GUI thread only."""
