"""Sessions: their state, their keys, who publishes, the grace period."""
