"""DeskState → frozen view states. Plain Python without Qt; called in the GUI thread, cheap enough for every state."""
