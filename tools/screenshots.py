"""Draws every state of each screen into build/screens/<screen>-<state>-<theme>-<language>.png, with real widgets.

Run by ``make screenshots``; under Xvfb or with QT_QPA_PLATFORM=offscreen. The states come from the scripted desk of the
tests (tools/screen_*.py). Arguments narrow it to groups: entry, live, trouble, settings, prepare, identity, liveness,
messages, reader, schedule, preflight, room, measures, reports.
"""

from __future__ import annotations

import sys

from tools.screen_identity import identity_screens
from tools.screen_liveness import liveness_screens
from tools.screen_measures import measures_screens
from tools.screen_preflight import preflight_screens
from tools.screen_prepare import messages_screens, prepare_screens
from tools.screen_reader import reader_screens
from tools.screen_reports import reports_screens
from tools.screen_room import room_screens
from tools.screen_schedule import schedule_screens
from tools.screen_stage import OUT, Stage
from tools.screen_states import entry_screens, live_screens, settings_screens, trouble_screens
from ui.app import make_application


def main() -> int:
    """Draw everything; arguments narrow it to groups."""
    OUT.mkdir(parents=True, exist_ok=True)
    application = make_application()
    stage = Stage(application)
    groups = {
        "entry": entry_screens, "live": live_screens, "trouble": trouble_screens, "settings": settings_screens,
        "prepare": prepare_screens, "identity": identity_screens, "messages": messages_screens,
        "reader": reader_screens, "schedule": schedule_screens, "preflight": preflight_screens,
        "liveness": liveness_screens, "room": room_screens, "measures": measures_screens, "reports": reports_screens,
    }  # fmt: skip
    try:
        for name in sys.argv[1:] or groups:
            groups[name](stage)
    finally:
        stage.close()
    print(f"{stage.count} pictures in {OUT}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
