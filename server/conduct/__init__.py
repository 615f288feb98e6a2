"""Whether what a person wrote may be shown: words, addresses and numbers by rules that are data."""
