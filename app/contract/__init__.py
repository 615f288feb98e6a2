"""Wire types shared by the app and the platform service. Nothing here does I/O."""
