"""Signing in by phone and one-time code, my devices, and the codes of the embedded platform. I/O loop."""

from __future__ import annotations

import asyncio
import platform as machine
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

from app.contract.rest import Account
from app.errors import AppError
from app.usecases.context import Context, trouble_of
from app.usecases.state import AccountPhase, AccountState, PlatformPhase, Trouble
from app.usecases.wishes import AskCode, EndDevice, SignIn

DEMO_PHONE = "13800138000"
"""The anchor that the embedded platform's data come with; only a suggestion in the field."""
CODES_S = 1.0
_PHONE = re.compile(r"1[3-9]\d{9}")
_CODE = re.compile(r"\d{6}")


class SignInCase:
    """``on_signed_in`` runs after each sign-in or restore; ``on_signed_out`` after the end of one."""

    def __init__(
        self, context: Context, on_signed_in: Callable[[], Awaitable[None]], on_signed_out: Callable[[], None]
    ) -> None:
        self._context, self._on_signed_in, self._on_signed_out = context, on_signed_in, on_signed_out
        self._counting: asyncio.Task[None] | None = None
        context.on_signed_out = self._refused

    async def restore(self) -> None:
        """Go on as who was signed in, when the kept token is still good. A new way to the same service asks again."""
        context = self._context
        if context.platform is None:
            return
        was_signed_in = context.state.account.phase is AccountPhase.SIGNED_IN
        if not was_signed_in:
            phone = DEMO_PHONE if context.local_token else ""
            self._set(phase=AccountPhase.RESTORING, phone=phone, trouble=None)
        try:
            account = await context.platform.restore()
        except AppError as error:
            self._set(phase=AccountPhase.SIGNED_OUT, trouble=trouble_of(error))
            return
        if account is not None:
            await self._signed_in(account)
        elif was_signed_in:
            self.signed_out(trouble_of(AppError("not_signed_in")))
        else:
            self._set(phase=AccountPhase.SIGNED_OUT)

    async def ask_code(self, wish: AskCode) -> None:
        phone = wish.phone.replace(" ", "").replace("-", "")
        before = self._context.state.account
        is_again = phone == before.phone and before.phase is AccountPhase.CODE_SENT
        self._set(phone=phone)
        if not _PHONE.fullmatch(phone):
            self._set(phase=AccountPhase.SIGNED_OUT, trouble=Trouble("phone_invalid"))
            return
        if self._context.platform is None:
            return
        self._set(phase=AccountPhase.ASKING_CODE, trouble=None)
        if not is_again:
            self._set(demo_code="")
        try:
            sent = await self._context.platform.ask_code(phone)
        except AppError as error:
            # The code that was sent before is still good.
            phase = AccountPhase.CODE_SENT if is_again else AccountPhase.SIGNED_OUT
            self._set(phase=phase, trouble=trouble_of(error))
            self._wait(_seconds(error.detail.get("retry_after_s")))
            return
        self._set(phase=AccountPhase.CODE_SENT)
        self._wait(sent.retry_after_s)
        await self._look_for_codes()

    async def sign_in(self, wish: SignIn) -> None:
        context = self._context
        phone, code = wish.phone.replace(" ", ""), wish.code.strip()
        self._set(phone=phone)
        if not _PHONE.fullmatch(phone):
            self._set(trouble=Trouble("phone_invalid"))
            return
        if not _CODE.fullmatch(code):
            self._set(trouble=Trouble("code_incomplete"))
            return
        if context.platform is None:
            return
        self._set(phase=AccountPhase.SIGNING_IN, trouble=None)
        name = machine.node()[:60] or "PC"
        try:
            account, device_id = await context.platform.sign_in(phone, code, name, context.state.settings.device_id)
        except AppError as error:
            self._set(phase=AccountPhase.CODE_SENT, trouble=trouble_of(error))
            return
        context.save_settings(device_id=device_id)
        await self._signed_in(account)

    async def _signed_in(self, account: Account) -> None:
        self._set(phase=AccountPhase.SIGNED_IN, account=account, demo_code="", trouble=None)
        await self._on_signed_in()

    async def sign_out(self) -> None:
        """Also without the service: the tokens are forgotten here in any case."""
        context = self._context
        if context.platform is not None:
            try:
                await context.platform.sign_out()
            except AppError as error:
                if error.code != "not_signed_in":
                    context.notify(Trouble("signed_out_here_only"), is_error=False)
        self.signed_out(None)

    def signed_out(self, trouble: Trouble | None) -> None:
        """Back to the sign-in page, with a reason when it was not the person's wish."""
        phone = self._context.state.account.phone
        self._context.change(account=AccountState(phone=phone, trouble=trouble))
        self._on_signed_out()

    def _refused(self, trouble: Trouble) -> bool:
        """The service no longer takes this sign-in. A broadcast goes on; its page tells it."""
        if self._context.state.account.phase is not AccountPhase.SIGNED_IN:
            return False
        self.signed_out(trouble)
        return True

    async def refresh_account(self) -> None:
        """Roles, scopes and picture as the service has them now."""
        context = self._context
        if context.platform is None:
            return
        try:
            account = await context.platform.account()
        except AppError as error:
            context.trouble(error)
            return  # asked again with the next change
        known = context.state.account.account
        if known is not None and known.id == account.id and known != account:
            self._set(account=account)

    async def refresh_devices(self) -> None:
        if self._context.platform is not None:
            try:
                self._set(devices=tuple(await self._context.platform.devices()), trouble=None)
            except AppError as error:
                trouble = self._context.trouble(error)
                if trouble is not None:
                    self._set(trouble=trouble)

    async def end_device(self, wish: EndDevice) -> None:
        if self._context.platform is not None:
            await self._context.platform.end_device(wish.device_id)
            await self.refresh_devices()

    async def watch_codes(self) -> None:
        """While the embedded platform runs: show the codes that it would have sent."""
        while True:
            if self._context.local_token and self._context.state.platform.phase is PlatformPhase.READY:
                await self._look_for_codes()
            await asyncio.sleep(CODES_S)

    async def _look_for_codes(self) -> None:
        context = self._context
        if not context.local_token or context.platform is None:
            return
        try:
            codes = await context.platform.demo_codes(context.local_token)
        except AppError:
            return  # the next look is a second away
        account = context.state.account
        is_waiting = account.phase in (AccountPhase.CODE_SENT, AccountPhase.SIGNING_IN)
        # Once signed in, a code for the same number is for another machine of the same person.
        own = [code for code in codes if is_waiting and code.phone == account.phone]
        others = tuple((code.phone_masked, code.code) for code in codes if code not in own)
        shown = own[0].code if own else ""
        if (shown, others) != (account.demo_code, account.other_codes):
            self._set(demo_code=shown, other_codes=others)

    def _wait(self, seconds: int) -> None:
        """No further code is asked for so long."""
        if self._counting is not None:
            self._counting.cancel()
        self._set(resend_in_s=seconds)
        self._counting = self._context.spawn(self._count_down(), "resend-countdown")

    async def _count_down(self) -> None:
        while self._context.state.account.resend_in_s > 0:
            await asyncio.sleep(1.0)
            self._set(resend_in_s=max(0, self._context.state.account.resend_in_s - 1))

    def _set(self, **fields: object) -> None:
        self._context.change(account=replace(self._context.state.account, **fields))  # type: ignore[arg-type]


def _seconds(told: object) -> int:
    try:
        return max(0, min(3600, int(float(str(told)))))
    except ValueError:
        return 0
