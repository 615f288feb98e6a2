"""Pages for viewers: HTML made here, small scripts beside it. Event loop; owned by the composition root."""
