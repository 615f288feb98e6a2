"""A headless viewer: opens the viewer page in Chromium and tells what it saw and heard."""

from tests.viewer.browser import Message, Reading, Stall, Viewer, ViewerBrowser

__all__ = ["Message", "Reading", "Stall", "Viewer", "ViewerBrowser"]
