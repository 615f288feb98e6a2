"""Accounts: sign-in codes, tokens, devices, roles."""
