"""Looks for garbage by turns of the event loop of their own, a little at a time. GUI thread.

Python itself would look in the middle of whatever makes the next object, painting as well, and for so much at once that
it took 5 ms.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

LOOK_MS = 100
YOUNG, OLD = 500, 400
"""So many objects more until one looks at them, and so many looks until one looks at all."""


class Collector(QObject):
    """From ``start`` to ``stop`` nobody else in the process looks, except who asks Python to."""

    def __init__(self, owner: QObject) -> None:
        super().__init__(owner)
        self._looked = 0
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """What was made until now stays, and is not looked at again: that would take some 50 ms."""
        gc.freeze()
        gc.disable()
        self._timer.start()

    def stop(self) -> None:
        """Python looks again."""
        self._timer.stop()
        gc.enable()

    def look(self) -> None:
        """Once there is enough to look at."""
        if gc.get_count()[0] >= YOUNG:
            self._looked += 1
            # those that outlive a look are not looked at again before all are: there are few
            gc.collect(2 if self._looked % OLD == 0 else 1)
