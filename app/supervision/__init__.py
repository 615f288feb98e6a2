"""Parts of the supervisor: what it remembers of each child, and the embedded platform's launches."""
