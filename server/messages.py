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
    ErrorCode.AGREEMENT_UNPUBLISHED: (
        "平台还没有发布直播协议，暂时不能继续。请联系平台。",
        "The platform has not published its live agreement yet, so this has to wait. Ask the platform.",
    ),
    ErrorCode.AGREEMENT_MISSING: (
        "您还没有同意直播协议，请先阅读并同意。",
        "You have not accepted the live agreement. Read and accept it first.",
    ),
    ErrorCode.AGREEMENT_OUTDATED: (
        "直播协议有重要更新，请阅读并同意新版本后再开播。",
        "The live agreement has changed in substance. Read and accept the new version before the next broadcast.",
    ),
    ErrorCode.VERSION_SUPERSEDED: (
        "这个版本已经不是现行版本，请阅读最新版本。",
        "This version is no longer in force. Read the newest one.",
    ),
    ErrorCode.HASH_MISMATCH: (
        "您看到的文本与已发布的版本不一致，请重新打开后再试。",
        "The text you saw is not the published one. Open it again.",
    ),
    ErrorCode.NOT_SHOWN_TO_END: (
        "请把全文读到末尾后再同意。",
        "Read the full text to its end before accepting.",
    ),
    ErrorCode.APPLICATION_INCOMPLETE: (
        "申请还没有填写完整，请补充后再提交。",
        "The application is not complete. Fill in what is missing, then send it.",
    ),
    ErrorCode.APPLICATION_LOCKED: (
        "申请正在审核，现在不能修改。",
        "The application is being reviewed and cannot be changed now.",
    ),
    ErrorCode.DRAFT_CONFLICT: (
        "另一台设备保存了较新的草稿，请选择保留哪一份。",
        "Another device saved a newer draft. Choose which one to keep.",
    ),
    ErrorCode.TEXT_REFUSED: (
        "内容中有不允许出现的文字，请按标出的位置修改。",
        "The text contains words that are not allowed. Mend the places that are marked.",
    ),
    ErrorCode.CREDIT_CODE_INVALID: (
        "统一社会信用代码不正确，请对照营业执照检查 18 位代码。",
        "This unified social credit code is not right. Compare its 18 characters with the licence.",
    ),
    ErrorCode.BLOCKLISTED: (
        "该号码或机构在限制名单上，不能申请。如有疑问请联系平台。",
        "This number or organisation is on the blocklist and cannot apply. Ask the platform if that is wrong.",
    ),
    ErrorCode.OUT_OF_SCOPE: (
        "直播内容不在您获准的直播范围内，请选择获准的类别，或申请变更范围。",
        "This category is outside your approved scope. Choose an approved one, or apply for a change.",
    ),
    ErrorCode.IMAGE_INVALID: (
        "这个文件不是可用的图片，请选择 JPG、PNG 或 WebP 图片。",
        "This file is no usable picture. Choose a JPG, PNG or WebP picture.",
    ),
    ErrorCode.IMAGE_TOO_SMALL: (
        "图片太小，请选择更清晰的图片。",
        "The picture is too small. Choose a larger one.",
    ),
    ErrorCode.DOCUMENT_INVALID: (
        "文档无法读取，请检查文件内容或格式。",
        "The document cannot be read. Check the file and its format.",
    ),
    ErrorCode.DOCUMENT_PUBLISHED: (
        "已发布的版本不能修改，请发布新版本。",
        "A published version cannot be changed. Publish a new one.",
    ),
    ErrorCode.SECOND_FACTOR_REQUIRED: (
        "请先完成第二步验证。",
        "Complete the second step of signing in first.",
    ),
    ErrorCode.SECOND_FACTOR_WRONG: (
        "动态码不正确，请输入验证器上的新动态码。",
        "The one-time code is not right. Enter the new one of your authenticator.",
    ),
    ErrorCode.CSRF_REFUSED: (
        "页面已过期，请刷新后重试。",
        "The page has expired. Reload it and try again.",
    ),
    ErrorCode.IDENTITY_MISSING: (
        "您还没有完成实名，请先填写姓名和身份证号。",
        "Your real name has not been checked. Enter your name and identity number first.",
    ),
    ErrorCode.IDENTITY_INVALID: (
        "姓名或身份证号有误，请对照身份证检查。",
        "The name or the identity number is not right. Compare them with the identity card.",
    ),
    ErrorCode.IDENTITY_UNDERAGE: (
        "未满 18 周岁不能成为主播。",
        "Only people of 18 or older can become anchors.",
    ),
    ErrorCode.IDENTITY_UNCHANGED: (
        "填写的内容与现有实名信息相同，无需更正。",
        "This is the name and number that were checked already. There is nothing to correct.",
    ),
    ErrorCode.IDENTITY_TAKEN: (
        "这个身份证号已在另一个账号实名，请用那个账号登录；如不是您本人所为，请联系平台。",
        "This number belongs to another account. Sign in with that one, or tell the platform if it was not you.",
    ),
    ErrorCode.IDENTITY_MISMATCH: (
        "姓名与身份证号不一致，请对照身份证检查后重新填写。",
        "The name does not go with this identity number. Compare both with the card and enter them again.",
    ),
    ErrorCode.IDENTITY_ATTEMPTS_OVER: (
        "今天的实名次数已用完，请明天再试。",
        "There are no tries left today. Try again tomorrow.",
    ),
    ErrorCode.AUTHORITY_UNAVAILABLE: (
        "实名核对服务暂时不可用，没有占用您的次数，请稍后再试。",
        "The name check cannot be reached. It did not cost a try; try again later.",
    ),
    ErrorCode.ON_AIR: (
        "正在直播，请下播后再修改。",
        "You are on air. Change this after the broadcast.",
    ),
    ErrorCode.FACE_MISSING: (
        "您还没有通过人脸核验，请先完成核验。",
        "Your face has not been verified. Do that first.",
    ),
    ErrorCode.FACE_PENDING: (
        "人脸核验还在进行，通过后即可继续。",
        "The face check is under way. You can go on once it is done.",
    ),
    ErrorCode.FACE_REFUSED: (
        "人脸核验没有通过，请查看理由后重新预约。",
        "The face check was not passed. See why, then ask for another one.",
    ),
    ErrorCode.FACE_VOIDED: (
        "实名信息有变更或平台要求重新核验，请再做一次人脸核验。",
        "The data changed, or the platform asks for a new check. Have your face verified again.",
    ),
    ErrorCode.FACE_CHECK_OPEN: (
        "已有一次人脸核验正在进行，请等待结果，或先取消它。",
        "A face check is under way already. Wait for it, or take it back first.",
    ),
    ErrorCode.FACE_TIME_INVALID: (
        "这个时间不能预约，请选择 14 天内 9:00–18:00 之间的时间。",
        "This time cannot be booked. Choose one within 14 days, between 9:00 and 18:00.",
    ),
    ErrorCode.SECOND_OPERATOR_REQUIRED: (
        "复核须由另一位运营完成。",
        "The second look must be another operator's.",
    ),
    ErrorCode.SUSPENDED: (
        "您的直播功能已被暂停，详情见消息。",
        "Your broadcasts are suspended. The messages tell why.",
    ),
    ErrorCode.SCHEDULE_INVALID: (
        "排期填写有误，请按提示修改。",
        "Something in this plan cannot be used. Mend what is marked.",
    ),
    ErrorCode.SCHEDULE_OVERLAP: (
        "与已安排的场次时间重叠，请换个时间，或先修改那一场。",
        "This overlaps with a session that is planned. Choose another time, or change that one first.",
    ),
    ErrorCode.SCHEDULE_FULL: (
        "安排的场次太多了，请先取消一些。",
        "Too many sessions are planned. Cancel some first.",
    ),
    ErrorCode.SCHEDULE_CONFLICT: (
        "这一场已在另一台设备上修改，请查看最新内容后再改。",
        "This session was changed on another device. Look at it anew, then change it.",
    ),
    ErrorCode.SESSION_BEGUN: (
        "这一场已经开始或结束，不能再修改。",
        "This session has begun or ended and cannot be changed any more.",
    ),
    ErrorCode.SESSION_BUSY: (
        "您有另一场直播还没有结束，请先结束它。",
        "Another session of yours has not ended. End it first.",
    ),
    ErrorCode.ACTIVITY_CLOSED: (
        "这个官方活动已不能参加，请刷新后另选。",
        "This official activity can no longer be joined. Reload and choose another one.",
    ),
    ErrorCode.ACTIVITY_TOO_EARLY: (
        "官方活动最早在开始前 30 分钟开播，请稍后再来。",
        "An official activity opens 30 minutes before its time. Come back a little later.",
    ),
    ErrorCode.GUESTS_NOT_ALLOWED: (
        "本场没有开放连麦。",
        "This session takes no guests.",
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
