"""Agreements and rules: what a document is made of, its one written form, and how two versions differ. Pure."""
