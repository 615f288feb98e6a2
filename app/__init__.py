"""The application without a screen. ``__version__`` is what the service is told of this program."""

__version__ = "0.1.0"
