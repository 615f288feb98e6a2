"""Documents as files for people to keep."""
