"""First start, sign-in and the operator's password: view states. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from app.i18n import Translator
from app.usecases.state import AccountPhase, AccountState, DeskState, PlatformPhase
from app.usecases.wishes import ConnectPlatform, ForgetPlatform, SignIn, Wish
from ui.presenters.common import BUSY_PHASES, TroubleView, platform_name, retry_platform, trouble_view

PHONE_DIGITS = 11
CODE_DIGITS = 6


class Page(StrEnum):
    FIRST_START = "first_start"
    SIGN_IN = "sign_in"
    DESK = "desk"


def page_of(state: DeskState, *, is_sign_in_wanted: bool = False) -> Page:
    """Which page the state asks for. A broadcast is never covered, unless the person asked to sign in again."""
    is_signed_in = state.account.phase is AccountPhase.SIGNED_IN
    if state.broadcast.phase in BUSY_PHASES:
        return Page.SIGN_IN if is_sign_in_wanted and not is_signed_in else Page.DESK
    if is_signed_in:
        return Page.DESK
    if state.platform.phase is PlatformPhase.READY:
        return Page.SIGN_IN
    return Page.FIRST_START


@dataclass(frozen=True)
class FirstStartView:
    title: str
    is_busy: bool
    busy_text: str
    trouble: TroubleView | None
    is_form_shown: bool
    url: str
    retry: Wish | None
    change: Wish | None


def present_first_start(state: DeskState, tr: Translator) -> FirstStartView:
    """The first question, the wait for its answer, or the service that cannot be reached."""
    platform = state.platform
    is_busy = platform.phase is PlatformPhase.CONNECTING
    is_away = platform.phase is PlatformPhase.UNREACHABLE
    if is_busy:
        name = tr.text("platform.embedded") if platform.is_embedded else platform.url or state.settings.platform_url
        return FirstStartView(
            tr.text("first.connecting"), True, tr.text("first.connecting_to", name=name), None, False, "", None,
            ForgetPlatform(),
        )  # fmt: skip
    if is_away:
        trouble = trouble_view(platform.trouble, tr) or TroubleView(tr.text("error.platform_unreachable"))
        return FirstStartView(
            tr.text("first.away"), False, "", trouble, False, platform.url, retry_platform(state), ForgetPlatform()
        )
    return FirstStartView(
        tr.text("first.title"), False, "", trouble_view(platform.trouble, tr), True, platform.url, None, None
    )


def connect_wish(url: str) -> ConnectPlatform | None:
    """The wish for an address as typed; None for an empty one."""
    return ConnectPlatform(url.strip()) if url.strip() else None


@dataclass(frozen=True)
class SignInView:
    foot: str
    phone: str
    strip: str
    code: str = field(repr=False)
    """The demo platform's code, shown in the strip."""
    is_asking: bool
    is_signing_in: bool
    is_restoring: bool
    has_code_been_sent: bool
    resend_label: str
    can_resend: bool
    trouble: TroubleView | None
    is_back_shown: bool


def present_sign_in(state: DeskState, tr: Translator) -> SignInView:
    """The sign-in form."""
    account = state.account
    is_demo = state.platform.is_embedded or (state.platform.info is not None and state.platform.info.is_demo)
    if is_demo:
        strip = tr.text("sign_in.demo_code" if account.demo_code else "sign_in.demo_hint")
    else:
        strip = tr.text("sign_in.code_sent") if account.phase is AccountPhase.CODE_SENT else ""
    wait_s = account.resend_in_s
    is_asking = account.phase is AccountPhase.ASKING_CODE
    resend = tr.text("sign_in.resend_in", seconds=wait_s) if wait_s > 0 else tr.text("sign_in.get_code")
    return SignInView(
        foot=tr.text("sign_in.service", name=platform_name(state, tr)),
        phone=account.phone,
        strip=strip,
        code=account.demo_code,
        is_asking=is_asking,
        is_signing_in=account.phase is AccountPhase.SIGNING_IN,
        is_restoring=account.phase is AccountPhase.RESTORING,
        has_code_been_sent=account.phase in (AccountPhase.CODE_SENT, AccountPhase.SIGNING_IN),
        resend_label=tr.text("sign_in.asking") if is_asking else resend,
        can_resend=wait_s <= 0 and account.phase in (AccountPhase.SIGNED_OUT, AccountPhase.CODE_SENT),
        trouble=_sign_in_trouble(account, tr),
        is_back_shown=state.broadcast.phase in BUSY_PHASES,
    )


def _sign_in_trouble(account: AccountState, tr: Translator) -> TroubleView | None:
    """While the next code may not be asked for, no button offers it and a refusal says how long that is."""
    told = trouble_view(account.trouble, tr)
    if told is None or account.trouble is None:
        return None
    is_waiting = account.resend_in_s > 0
    if is_waiting and account.trouble.code == "rate_limited":
        return TroubleView(tr.text("sign_in.too_often", seconds=account.resend_in_s))
    # the form itself is what the button 重新登录 leads to
    is_needless = told.action == "sign_in" or (is_waiting and told.action == "ask_code")
    return TroubleView(told.text) if is_needless else told


def digits_of(text: str) -> str:
    """The digits of a number as typed or pasted (+86 139 0000 0000)."""
    digits = "".join(character for character in text if character in "0123456789")
    return digits[2:] if len(digits) == PHONE_DIGITS + 2 and digits.startswith("86") else digits


def phone_fault(text: str) -> str:
    """Message id of what is wrong with a phone number; empty when it can be sent."""
    digits = digits_of(text)
    is_good = len(digits) == PHONE_DIGITS and digits[0] == "1" and digits[1] in "3456789"
    return "" if is_good else "error.phone_invalid"


def sign_in_wish(phone: str, code: str) -> SignIn | str:
    """The wish, or the message id of what is missing."""
    fault = phone_fault(phone)
    if fault:
        return fault
    if len(digits_of(code)) != CODE_DIGITS:
        return "sign_in.code_incomplete"
    return SignIn(digits_of(phone), digits_of(code))


@dataclass(frozen=True)
class PasswordView:
    name: str
    password: str = field(repr=False)
    desk_url: str
    """Where an operator signs in with it."""


def present_password(state: DeskState) -> PasswordView | None:
    """The operator's password while it has not been noted; not before it is known where it is good."""
    if not state.platform.operator_password or not state.platform.url:
        return None
    return PasswordView(
        state.platform.operator_name, state.platform.operator_password, f"{state.platform.url.rstrip('/')}/desk"
    )
