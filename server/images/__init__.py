"""Images that people upload: checked, re-encoded, reviewed, kept on the disk."""
