"""What every process needs to live: clock, local channel, shared frames, children, paths. No Qt, no numpy."""
