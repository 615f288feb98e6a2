"""The sentences of refusals, Chinese and English: what happened, what it means, one thing to do."""

from __future__ import annotations

from app.contract.errors import ErrorCode

_SENTENCES: dict[ErrorCode, tuple[str, str]] = {
    ErrorCode.INPUT_INVALID: (
        "填写的内容不符合要求，请检查后重试。",
        "Something that was entered cannot be used. Check it and try again.",
    ),
    ErrorCode.PHONE_INVALID: (
        "手机号格式不对，请输入 11 位手机号。",
        "This is not a mobile number. Enter its 11 digits.",
    ),
    ErrorCode.CODE_WRONG: (
        "验证码不正确，请重新输入。",
        "The code is not right. Enter it again.",
    ),
    ErrorCode.CODE_EXPIRED: (
        "验证码已失效，请重新获取。",
        "The code is no longer valid. Ask for a new one.",
    ),
    ErrorCode.CODE_TOO_MANY: (
        "验证码错误次数过多，请重新获取。",
        "The code was wrong too often. Ask for a new one.",
    ),
    ErrorCode.RATE_LIMITED: (
        "操作过于频繁，请稍后再试。",
        "That was too often. Wait a moment and try again.",
    ),
    ErrorCode.NOT_SIGNED_IN: (
        "您还没有登录，请先登录。",
        "You are not signed in. Sign in first.",
    ),
    ErrorCode.TOKEN_EXPIRED: (
        "登录已过期，请重新登录。",
        "Your sign-in has expired. Sign in again.",
    ),
    ErrorCode.DEVICE_ENDED: (
        "此设备的登录已被结束，请重新登录。",
        "This device was signed out. Sign in again.",
    ),
    ErrorCode.CREDENTIALS_WRONG: (
        "账号或密码不正确，请重新输入。",
        "The name or the password is not right. Enter them again.",
    ),
    ErrorCode.FORBIDDEN: (
        "您没有进行此操作的权限。",
        "You may not do this. Ask the platform for the right to.",
    ),
    ErrorCode.NOT_AN_ANCHOR: (
        "您还不是主播，暂不能开播。请先申请成为主播。",
        "You are not an anchor yet and cannot broadcast. Apply first.",
    ),
    ErrorCode.NOT_FOUND: (
        "没有找到所请求的内容，请检查地址。",
        "There is nothing here. Check the address.",
    ),
    ErrorCode.STATE_CONFLICT: (
        "当前状态下不能这样操作，请刷新后再试。",
        "This cannot be done in the present state. Reload and try again.",
    ),
    ErrorCode.LIVE_ELSEWHERE: (
        "您正在另一台设备上直播。可以在那里结束，或在这里接管。",
        "You are live on another device. End it there, or take over here.",
    ),
    ErrorCode.SESSION_ENDED: (
        "本场直播已结束，请新建一场。",
        "This session has ended. Start a new one.",
    ),
    ErrorCode.IDEMPOTENCY_MISMATCH: (
        "同一请求编号对应了不同的内容，请重新提交。",
        "The same request number came with other content. Send it again as a new request.",
    ),
    ErrorCode.HOST_REFUSED: (
        "请求的主机名不被接受，请用平台公布的地址访问。",
        "The service does not answer to this host name. Use its published address.",
    ),
    ErrorCode.ORIGIN_REFUSED: (
        "请求来自不被信任的页面，已拒绝。请在平台页面上操作。",
        "The request came from a page that is not trusted. Use the platform's own page.",
    ),
    ErrorCode.TOO_LARGE: (
        "发送的内容过大，请缩减后重试。",
        "What was sent is too large. Make it smaller and try again.",
    ),
    ErrorCode.MESSAGE_EMPTY: (
        "消息是空的，请先输入内容。",
        "The message is empty. Type something first.",
    ),
    ErrorCode.MESSAGE_TOO_LONG: (
        "消息太长，请缩短到 200 字以内。",
        "The message is too long. Keep it within 200 characters.",
    ),
    ErrorCode.INTERNAL: (
        "平台服务出了问题，直播不受影响，请稍后重试。",
        "The service has a fault; the broadcast goes on. Try again later.",
    ),
    ErrorCode.KEY_UNKNOWN: (
        "推流码无效，请重新开播获取新的推流码。",
        "The stream key is not known. Go live again to get a new one.",
    ),
    ErrorCode.KEY_DEAD: (
        "推流码已失效，请重新开播获取新的推流码。",
        "The stream key is no longer valid. Go live again to get a new one.",
    ),
    ErrorCode.KEY_FOREIGN: (
        "推流码不属于这个平台或地址，请检查推流地址。",
        "The stream key is not for this platform or address. Check the address.",
    ),
    ErrorCode.REPLACED: (
        "另一个连接使用同一推流码接替了本连接，请确认没有重复推流。",
        "A newer connection with the same key took over. Make sure only one encoder is sending.",
    ),
    ErrorCode.INGEST_UNAVAILABLE: (
        "接流服务暂时不可用，程序会自动重连。",
        "The ingest cannot be reached. The program reconnects by itself.",
    ),
    ErrorCode.MEDIA_INVALID: (
        "推流数据无法识别，请检查编码设置。",
        "The media cannot be read. Check the encoder's settings.",
    ),
}


def language_of(accept_language: str) -> str:
    """``en`` or ``zh`` (the default), by the header's order of preference with its q-values."""
    best, best_q_ratio = "zh", 0.0
    for part in accept_language.split(",")[:16]:
        tag, _, parameter = part.strip().partition(";")
        try:
            q_ratio = float(parameter.strip().removeprefix("q=")) if parameter.strip().startswith("q=") else 1.0
        except ValueError:
            continue
        primary = tag.split("-")[0].strip().lower()
        if primary in {"zh", "en"} and q_ratio > best_q_ratio:
            best, best_q_ratio = primary, q_ratio
    return best


def sentence(code: ErrorCode, accept_language: str) -> str:
    """The sentence of ``code`` in the language that the header prefers."""
    chinese, english = _SENTENCES[code]
    return english if language_of(accept_language) == "en" else chinese
