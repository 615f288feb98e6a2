"""Agreements and rules: published versions, who accepted which, what is being prepared."""
