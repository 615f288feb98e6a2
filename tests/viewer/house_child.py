"""The service of a ``House``: a process of its own whose clock and sockets obey the test.

``python -m tests.viewer.house_child FOLDER RESUME_FACTS``. First line out: address and operator. Then one line in, one
line out: ``["advance", seconds]`` moves the clock, ``["cut"]`` kills every event socket. Ends with its input.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.runtime.clock import ManualClock
from tests.contract.server.kit import FakeIngest, LiveService, config_for, enrol


def main(arguments: list[str]) -> int:
    """Serve until standard input ends; 0."""
    # What the service logs goes nowhere; standard output is for answers alone.
    with os.fdopen(os.dup(1), "w", buffering=1) as answers:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

        def answer(what: Any) -> None:
            answers.write(json.dumps(what) + "\n")

        plain = config_for(Path(arguments[0]))
        limits = replace(plain.limits, resume_facts=int(arguments[1]))
        # Names as a demo platform has them.
        config = replace(plain, limits=limits, name="本机演示平台", name_en="Demo platform on this machine")
        clock = ManualClock()
        service = LiveService(config, clock, FakeIngest()).start()
        try:
            operator = service.services.first_operator
            codes = service.run(enrol(service.services, operator.name))
            answer({"url": service.url, "operator": operator.name, "password": operator.password, "codes": codes})
            for line in sys.stdin:
                match json.loads(line):
                    case ["advance", seconds]:
                        clock.advance(seconds)
                    case ["cut"]:
                        service.cut_sockets()
                answer("done")
        finally:
            service.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
