"""How often each person, or address, may do what costs the service something. Event loop; owned by the services."""

from __future__ import annotations

from app.runtime.clock import Clock
from server.config import Limits
from server.limits import Buckets


class Rates:
    """A bucket for each kind of request; who asks takes from the one of the account or the address."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self.sign_in = Buckets(clock, limits.sign_in_burst, limits.sign_in_per_s)
        self.chat = Buckets(clock, limits.chat_burst, limits.chat_per_s)
        self.moderation = Buckets(clock, limits.moderation_burst, limits.moderation_per_s)
        self.report = Buckets(clock, limits.report_burst, limits.report_per_s)
        self.second = Buckets(clock, limits.second_burst, limits.second_per_s)
        self.draft = Buckets(clock, limits.draft_burst, limits.draft_per_s)
        self.submit = Buckets(clock, limits.submit_burst, limits.submit_per_s)
        self.text_check = Buckets(clock, limits.text_check_burst, limits.text_check_per_s)
        self.identity = Buckets(clock, limits.identity_burst, limits.identity_per_s)
        self.liveness = Buckets(clock, limits.liveness_burst, limits.liveness_per_s)
        self.liveness_part = Buckets(clock, limits.liveness_part_burst, limits.liveness_part_per_s)
        self.schedule = Buckets(clock, limits.schedule_burst, limits.schedule_per_s)
        self.probe = Buckets(clock, limits.probe_burst, limits.probe_per_s)
        self.image = Buckets(clock, limits.image_burst, limits.image_per_s)
        self.import_ = Buckets(clock, limits.import_burst, limits.import_per_s)
