"""REST and event routes: they read the request, ask, and word the reply; nothing is decided here."""
