"""Whether the system asks for less motion. GUI thread.

Windows says it itself ("Animation effects"); elsewhere the style carries what the desktop set, as far as it is told.
"""

from __future__ import annotations

import ctypes
import sys

from PySide6.QtWidgets import QApplication, QStyle

_CLIENT_AREA_ANIMATION = 0x1042
"""SPI_GETCLIENTAREAANIMATION."""


def prefers_less_motion() -> bool:
    """A still picture, where there would be a moving one."""
    if sys.platform == "win32":
        is_on = ctypes.c_int(1)
        asked = ctypes.windll.user32.SystemParametersInfoW(_CLIENT_AREA_ANIMATION, 0, ctypes.byref(is_on), 0)
        return bool(asked) and not is_on.value
    return QApplication.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) == 0
