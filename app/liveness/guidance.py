"""Which one thing the person is told while they get into place. Pure; fed a frame at a time.

Conditions stand in their order of importance; the first that holds is told. One that holds goes on holding until it is
clearly over (hysteresis), some have to hold for a while first, and what is told stays for a second, so that nobody
reads half a sentence. What makes it impossible to go on (``blocks``) keeps the person from being in place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.liveness import Prompt
from app.liveness.policy import POLICY, LookPolicy, Policy


@dataclass(frozen=True, slots=True)
class Look:
    """One frame, as far as the person's place in it goes. Without a face only ``at_ms`` means anything."""

    at_ms: float
    has_face: bool
    width_ratio: float = 0.0
    """Of the face, of the picture's width."""
    other_width_ratio: float = 0.0
    """Of the widest other face."""
    off_x_ratio: float = 0.0
    """Of the picture's width, to the right of its middle."""
    off_y_ratio: float = 0.0
    """Of the picture's height, below its middle."""
    is_cut: bool = False
    """The face reaches the edge."""
    luma: float = 128.0
    clipped_ratio: float = 0.0
    cheek_ratio: float = 1.0
    """The brighter cheek's luma over the other's."""
    sharpness: float = 1000.0
    lip_contrast: float = 10.0
    """How much redder the lips are than the skin around them (a* of CIELAB)."""
    lower_red: float = 0.0
    """How much redder the lower half of the face is than the upper: log of red over green, between both."""
    mouth_deviation: float = 100.0
    eye_deviation: float = 100.0
    tilt_deg: float = 0.0
    """The larger of roll and pitch."""

    @property
    def off_centre_ratio(self) -> float:
        return max(abs(self.off_x_ratio), abs(self.off_y_ratio))


@dataclass(frozen=True, slots=True)
class Advice:
    """``prompt`` None: nothing to say. ``is_in_place``: nothing has been in the way for as long as it takes."""

    prompt: Prompt | None
    is_in_place: bool


@dataclass(frozen=True, slots=True)
class _Condition:
    """``excess``: by how much a value is beyond its bound, of the bound; 0 is just at it."""

    prompt: Prompt
    excess: Callable[[Look, LookPolicy], float]
    blocks: bool = True


def _over(value: float, bound: float) -> float:
    return value / bound - 1


def _under(value: float, bound: float) -> float:
    return 1 - value / bound


def mouth_covered(look: Look, to: LookPolicy) -> float:
    """Above 0: something is before the mouth: it has no lips and less red in it than skin, or no shades at all.

    Brightness of chin and forehead is no measure of it: it differs as much in a light from above or from a side.
    """
    is_no_skin = min(_under(look.lip_contrast, to.least_lip_contrast), _over(-look.lower_red, to.most_red_loss))
    return max(is_no_skin, _under(look.mouth_deviation, to.least_mouth_deviation))


def eyes_covered(look: Look, to: LookPolicy) -> float:
    """Above 0: something is before the eyes."""
    return _under(look.eye_deviation, to.least_eye_deviation)


_FACE_ONLY = (
    _Condition(Prompt.SECOND_FACE, lambda look, to: _over(look.other_width_ratio, to.other_width_ratio)),
    _Condition(
        Prompt.TOO_CLOSE,
        lambda look, to: max(_over(look.width_ratio, to.most_width_ratio), 1.0 if look.is_cut else -1.0),
    ),
    _Condition(Prompt.TOO_FAR, lambda look, to: _under(look.width_ratio, to.least_width_ratio)),
    _Condition(Prompt.OFF_CENTRE, lambda look, to: _over(look.off_centre_ratio, to.most_off_centre_ratio)),
    _Condition(Prompt.TOO_DARK, lambda look, to: _under(look.luma, to.dark_luma)),
    _Condition(Prompt.DIM, lambda look, to: _under(look.luma, to.dim_luma), blocks=False),
    _Condition(
        Prompt.TOO_BRIGHT,
        lambda look, to: max(_over(look.luma, to.bright_luma), _over(look.clipped_ratio, to.most_clipped_ratio)),
    ),
    _Condition(Prompt.UNEVEN, lambda look, to: _over(look.cheek_ratio, to.most_cheek_ratio)),
    _Condition(Prompt.BLURRED, lambda look, to: _under(look.sharpness, to.least_sharpness)),
    _Condition(Prompt.MOUTH_COVERED, mouth_covered),
    _Condition(Prompt.EYES_COVERED, eyes_covered),
    _Condition(Prompt.TILTED, lambda look, to: _over(look.tilt_deg, to.most_tilt_deg)),
)
_BLOCKING = {Prompt.NO_FACE, *(one.prompt for one in _FACE_ONLY if one.blocks)}


class Guide:
    """Invariant: what it tells changes at most once in ``least_shown_ms``."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self._policy = policy
        self._since: dict[Prompt, float] = {}
        """From when each condition has held without a break."""
        self._told: Prompt | None = None
        self._told_ms: float | None = None
        self._clear_since_ms: float | None = None

    @property
    def holding(self) -> tuple[Prompt, ...]:
        """All that holds after the last frame, told or not, the most important first."""
        return tuple(sorted(self._since, key=_RANK.__getitem__))

    def in_place_ratio(self, at_ms: float) -> float:
        """How much of the time in place is over: 0 … 1."""
        since_ms = self._clear_since_ms
        return 0.0 if since_ms is None else min(1.0, (at_ms - since_ms) / self._policy.guidance.aligned_ms)

    def feed(self, look: Look) -> Advice:
        """What to tell after this frame."""
        self._note(look)
        held = [prompt for prompt, since_ms in self._since.items() if look.at_ms - since_ms >= self._hold_ms(prompt)]
        if _BLOCKING.isdisjoint(self._since):
            if self._clear_since_ms is None:
                self._clear_since_ms = look.at_ms
        else:
            self._clear_since_ms = None
        wanted = min(held, key=_RANK.__getitem__, default=None)
        rules = self._policy.guidance
        is_free = self._told_ms is None or look.at_ms - self._told_ms >= rules.least_shown_ms
        if wanted is not self._told and is_free:
            self._told, self._told_ms = wanted, look.at_ms
        is_in_place = self._clear_since_ms is not None and look.at_ms - self._clear_since_ms >= rules.aligned_ms
        return Advice(self._told, is_in_place)

    def _note(self, look: Look) -> None:
        if not look.has_face:
            since_ms = self._since.get(Prompt.NO_FACE, look.at_ms)
            # Of a face that is not there nothing else can be said.
            self._since = {Prompt.NO_FACE: since_ms}
            return
        self._since.pop(Prompt.NO_FACE, None)
        slack = self._policy.guidance.hysteresis_ratio
        for one in _FACE_ONLY:
            excess = one.excess(look, self._policy.look)
            if excess > 0:
                self._since.setdefault(one.prompt, look.at_ms)
            elif excess <= -slack:
                self._since.pop(one.prompt, None)

    def _hold_ms(self, prompt: Prompt) -> float:
        rules = self._policy.guidance
        return {Prompt.NO_FACE: rules.missing_ms, Prompt.BLURRED: rules.blurred_ms}.get(prompt, 0.0)


_RANK = {prompt: rank for rank, prompt in enumerate((Prompt.NO_FACE, *(one.prompt for one in _FACE_ONLY)))}
