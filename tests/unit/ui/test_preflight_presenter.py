from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.quality.measures import NetworkMeasures
from app.domain.quality.mends import Mend
from app.domain.quality.model import BLOCKING, Defect, Grade, Group
from app.i18n import LANGUAGES, Translator, load_texts, placeholders
from app.ports.engine import (
    CameraSource,
    DemoSource,
    NoSound,
    NoVideo,
    RecordChanged,
    RecordStatus,
    SampleChanged,
    SampleStatus,
    ScreenSource,
    SourceChanged,
    SourceStatus,
)
from app.usecases.quality_state import ProbePhase, ProbeState, QualityDesk
from app.usecases.state import AccountState, BroadcastPhase, DeskState
from app.usecases.trouble import Trouble
from app.usecases.wishes import (
    CancelProbe,
    CheckAgain,
    MendDefect,
    PlaySample,
    StopSample,
    TakeProposal,
    TakeSample,
    UndoMend,
)
from tests.ui import fakes, quality_fakes
from tests.ui.fakes import change
from tests.ui.quality_fakes import FACE, PROPOSAL, blocked, finding
from ui.presenters import quality_words as words
from ui.presenters.preflight import PreflightView, present_check_line, present_preflight
from ui.presenters.preflight_rows import ROW_IDS, SPECS, CheckRow

ZH, EN = Translator("zh"), Translator("en")
SEEN = (Group.PICTURE, Group.SOUND)


def state(quality: QualityDesk, base: DeskState | None = None, **engine: object) -> DeskState:
    base = base or fakes.off_air()
    return change(base, quality=quality, engine=change(base.engine, **engine))


def view(quality: QualityDesk, base: DeskState | None = None, **engine: object) -> PreflightView:
    return present_preflight(state(quality, base, **engine), ZH)


def row(found: PreflightView, row_id: str) -> CheckRow:
    return next(one for one in found.rows if one.id == row_id)


# ---- texts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_defect_mend_and_row_has_its_words(language: str) -> None:
    texts = load_texts(language)
    ids = {f"quality.{kind}.{defect.value}" for kind in ("found", "first") for defect in Defect}
    ids |= {f"mend.{mend.value}" for mend in Mend} | {f"mend.done.{mend.value}" for mend in Mend}
    ids |= {f"quality.row.{spec.id}" for spec in SPECS} | {f"quality.group.{group.value}" for group in Group}
    ids |= {f"quality.blocked.{defect.value}" for defect in BLOCKING}
    ids |= {f"quality.tone.{tone}" for tone in ("good", "warn", "bad", "neutral")}
    ids |= {f"quality.word.{tone}" for tone in ("good", "warn", "bad")}
    on_air = [one for group in SEEN for one in quality_fakes.DEFECTS[group]]
    ids |= {f"{kind}{one.value}" for kind in ("advice.", "log.quality_") for one in on_air}
    ids |= {f"preflight.limited.{name}" for name in ("network", "computer", "both", "best")}
    ids |= {f"quality.report.phase.{phase.value}" for phase in BroadcastPhase}
    assert ids - set(texts) == set()
    named = {name for one in ids if one.split(".")[0] in ("quality", "advice") for name in placeholders(texts[one])}
    assert named <= set(words._FORMATS)


def test_every_defect_belongs_to_one_row() -> None:
    in_rows = [defect for spec in SPECS for defect in spec.defects]
    assert len(in_rows) == len(set(in_rows))
    assert set(in_rows) | {Defect.NO_PICTURE, Defect.NO_SOUND} == set(Defect)
    assert len(ROW_IDS) == len(set(ROW_IDS)) == len(SPECS) + 3


@pytest.mark.parametrize(
    ("value", "text"), [(-18.44, "−18.4"), (0.04, "0.0"), (-0.04, "0.0"), (3.0, "3.0"), (-60.0, "−60.0")]
)
def test_figures_have_the_sign_for_minus(value: float, text: str) -> None:
    assert words.signed(value) == text


# ---- the score -----------------------------------------------------------------------------------


def test_the_headline_says_what_to_do_first() -> None:
    found = view(quality_fakes.some_bad()).score
    assert found.headline == "可以开播，建议先补光"
    assert found.groups.replace("\xa0", " ").replace("\u2060", "") == "画面 78 · 声音 89 · 网络 96 · 电脑 100"
    assert (found.number, found.tone, found.headline_tone) == ("86", "good", "")
    assert found.said.startswith("86 分，可以开播，建议先补光，画面")
    bad = view(quality_fakes.many_bad()).score
    assert bad.tone == "warn"
    assert bad.headline == "效果会不好，请先补光"
    assert bad.headline_tone == "", "only what keeps from going on air is red"


def test_what_was_not_measured_is_not_called_well() -> None:
    assert view(quality_fakes.desk()).score.headline == "可以开播，一切正常"
    assert view(quality_fakes.desk(groups=SEEN)).score.headline == "可以开播，量到的都正常"
    assert "网络" not in view(quality_fakes.desk(groups=SEEN)).score.groups


def test_while_measuring_there_is_no_number() -> None:
    found = view(quality_fakes.measuring()).score
    assert (found.number, found.tone, found.headline) == ("", "accent", "正在检测…")
    assert found.ratio == pytest.approx(1.4 / 4.0)
    assert view(QualityDesk()).score.number == ""
    one_only = view(quality_fakes.desk(groups=(Group.SOUND, Group.NETWORK))).score
    assert (one_only.number, one_only.headline) == ("", "正在检测…"), "nothing is known of the picture yet"
    assert present_check_line(state(quality_fakes.desk(groups=(Group.SOUND,))), ZH).text == "还没有检测"


@pytest.mark.parametrize("defect", sorted(BLOCKING))
def test_what_keeps_from_going_on_air_is_said_in_red(defect: Defect) -> None:
    found = view(blocked(defect)).score
    assert (found.tone, found.headline_tone) == ("bad", "bad")
    assert found.headline == ZH.text(f"quality.blocked.{defect.value}")


def test_a_block_is_told_at_once_also_while_other_things_are_measured() -> None:
    unsettled = replace(blocked(Defect.NO_SOUND), is_settled=False)
    assert view(unsettled).score.headline == "现在不能开播：没有声音"


@pytest.mark.parametrize(
    "desk",
    [
        quality_fakes.some_bad(), quality_fakes.many_bad(), quality_fakes.desk(), blocked(Defect.NO_PICTURE),
        blocked(Defect.NO_SOUND), blocked(Defect.NO_INGEST),
        quality_fakes.desk(finding(Defect.DARK, 0.03), finding(Defect.HUM, 0.02), groups=SEEN),
    ],
)  # fmt: skip
def test_the_points_of_the_rows_add_up_to_what_is_missing(desk: QualityDesk) -> None:
    assert desk.score.total is not None
    rows = view(desk).rows
    assert sum(one.points_lost for one in rows) == 100 - desk.score.total
    assert all(bool(one.points) is (one.points_lost > 0) for one in rows)


# ---- rows ----------------------------------------------------------------------------------------


def test_rows_say_figure_sentence_and_button() -> None:
    found = view(quality_fakes.some_bad())
    light = row(found, "light")
    assert (light.tone, light.figure) == ("warn", "面部亮度 78 / 255")
    assert light.sentence == "背后比面部亮 1.6 档。请转身面向窗户，或打开前方的灯"
    assert (light.action_label, light.wish) == ("自动提亮", MendDefect(Defect.BACKLIT))
    assert light.said.startswith("光线 需要留意，面部亮度 78 / 255，背后")
    noise = row(found, "noise")
    assert (noise.figure, noise.action_label) == ("信噪比 21 dB", "打开降噪")
    assert row(found, "framing").figure == "占画面 45%"
    assert row(found, "volume").sentence == "处在 −20 到 −16 的目标范围"
    assert row(found, "clipping").figure == "0 次"
    uplink = row(found, "uplink")
    assert uplink.figure == "8.6 Mbps"
    assert uplink.sentence == "到推流节点实测，连接 24 ms，抖动 6 ms，已选较快的节点 上海一，可用 1080p · 4.5 Mbps"
    assert row(found, "clock").figure == "差 0.3 秒"
    assert not row(found, "hum").is_kept
    assert row(found, "light").is_kept


def test_of_several_defects_in_a_row_the_dearest_is_told_first_and_all_are_told() -> None:
    light = row(view(quality_fakes.many_bad()), "light")
    assert light.tone == "bad"
    assert light.sentence.startswith("面部偏暗")
    assert "背后比面部亮 2.4 档" in light.sentence


def test_a_defect_of_several_causes_has_the_words_of_the_one_that_it_was() -> None:
    low = finding(Defect.OFF_CENTRE, 0.2, offset_ratio=0.02, eye_line_ratio=0.7)
    aside = finding(Defect.OFF_CENTRE, 0.2, offset_ratio=-0.3, eye_line_ratio=0.4)
    assert row(view(quality_fakes.desk(aside)), "framing").sentence.startswith("人偏在一边")
    assert row(view(quality_fakes.desk(low)), "framing").sentence.startswith("人在画面里偏低")
    assert view(quality_fakes.desk(low)).score.headline == "可以开播，建议先调一下镜头高低"
    whole, face, dark = (
        row(view(quality_fakes.desk(finding(Defect.CLIPPED, 0.2, **values))), "light").sentence
        for values in (
            {"clipped_ratio": 0.3, "crushed_ratio": 0.0},
            {"clipped_ratio": 0.02, "face_clipped_ratio": 0.2, "crushed_ratio": 0.0},
            {"clipped_ratio": 0.0, "face_clipped_ratio": 0.0, "crushed_ratio": 0.9},
        )
    )
    assert whole.startswith("有 30% 的画面过亮")
    assert face.startswith("脸上有一块过亮")
    assert dark.startswith("暗处")


def test_what_was_mended_can_be_taken_back() -> None:
    mended = quality_fakes.desk(mended=frozenset({Defect.NOISY}))
    noise = row(view(mended), "noise")
    assert (noise.undo, noise.wish, noise.sentence) == (UndoMend(Defect.NOISY), None, "已打开降噪")
    light = row(view(quality_fakes.many_bad()), "light")
    assert light.undo is not None
    assert light.wish is None, "what is in force already is not offered again"


def test_a_row_without_a_judgement_is_neutral() -> None:
    desk = quality_fakes.desk()
    findings = {**desk.findings, Group.SOUND: tuple(
        one for one in desk.findings[Group.SOUND] if one.defect is not Defect.HUM
    )}  # fmt: skip
    hum = row(view(replace(desk, findings=findings)), "hum")
    assert (hum.tone, hum.figure, hum.sentence) == ("neutral", "", "这一项没有测到")
    assert row(view(replace(desk, findings=findings, is_settled=False)), "hum").sentence == "正在测…"


def test_nothing_is_called_well_that_was_not_seen() -> None:
    blind = change(quality_fakes.PICTURE, faces=None, face=None, face_luma=None, sharpness=None)
    found = view(quality_fakes.desk(picture=blind, sound=change(quality_fakes.SOUND, side_db=None, snr_db=None)))
    for row_id in ("framing", "sharpness", "noise"):
        assert (row(found, row_id).tone, row(found, row_id).sentence) == ("neutral", "这一项没有测到")
    assert row(found, "light").figure == "画面亮度 110 / 255"
    assert row(found, "sides").tone == "good", "one channel has no sides"
    soft = view(quality_fakes.desk(sound=change(quality_fakes.SOUND, integrated_lufs=-21.4)))
    assert (row(soft, "volume").tone, row(soft, "volume").sentence) == ("good", "")


def test_a_group_that_is_not_known_is_one_row_that_says_why() -> None:
    away = view(QualityDesk(), is_attached=False)
    assert [one.id for one in away.rows] == ["picture", "sound", "uplink", "computer"]
    assert {one.sentence for one in away.rows} == {"画面组件正在启动，请稍候"}
    assert not away.can_check
    starting = view(QualityDesk(), video_status=SourceChanged(is_video=True, status=SourceStatus.STARTING))
    assert row(starting, "picture").sentence == "正在打开…"
    none = row(view(blocked(Defect.NO_PICTURE)), "picture")
    assert none.tone == "bad"
    assert none.sentence.startswith("没有画面")


def test_a_shared_screen_is_not_judged() -> None:
    desk = quality_fakes.desk(groups=(Group.SOUND,))
    findings = {**desk.findings, Group.PICTURE: (finding(Defect.NO_PICTURE, 0.0),)}
    found = view(replace(desk, findings=findings), video=ScreenSource())
    assert (row(found, "picture").tone, row(found, "picture").sentence) == ("good", "共享屏幕，不评光线和取景")
    assert not found.look.is_guided


# ---- network and computer ------------------------------------------------------------------------


def probing(phase: ProbePhase, **changes: object) -> QualityDesk:
    return quality_fakes.desk(groups=(*SEEN, Group.COMPUTER), probe=ProbeState(phase, **changes))  # type: ignore[arg-type]


def test_a_running_probe_shows_how_far_it_is_and_can_be_cancelled() -> None:
    uplink = row(view(probing(ProbePhase.RUNNING, passed_ratio=0.4, kbps=3200.0)), "uplink")
    assert (uplink.passed_ratio, uplink.figure, uplink.wish) == (0.4, "3.2 Mbps", CancelProbe())


def test_a_probe_that_failed_says_why_and_what_to_do() -> None:
    away = row(view(probing(ProbePhase.FAILED, trouble=Trouble("platform_unreachable", {}, "retry"))), "uplink")
    assert away.sentence.startswith("网络没有测成。连不上平台服务")
    assert away.wish == CheckAgain()
    out = row(view(probing(ProbePhase.FAILED, trouble=Trouble("not_signed_in", {}, "sign_in"))), "uplink")
    assert (out.action, out.wish) == ("sign_in", None)
    signed_out = change(fakes.off_air(), account=AccountState())
    untried = row(view(probing(ProbePhase.IDLE), signed_out), "uplink")
    assert (untried.action, untried.sentence) == ("sign_in", "登录后才能测到推流节点的网络")


def test_on_air_and_while_recording_nothing_is_tried() -> None:
    desk = quality_fakes.desk(groups=SEEN)
    on_air = view(desk, fakes.on_air())
    assert on_air.enter_label == "回到直播"
    assert on_air.score.note.startswith("直播中只量画面和声音")
    recording = view(desk, record=RecordChanged(status=RecordStatus.RECORDING))
    for found in (on_air, recording):
        for row_id in ("uplink", "computer"):
            assert row(found, row_id).wish is None
            assert row(found, row_id).sentence == "直播或录制时不测，以免影响画面"
    assert on_air.proposal is None


def test_a_line_that_was_not_full_says_at_least() -> None:
    best = replace(quality_fakes.NETWORK.ingests[0], is_at_least=True)
    desk = quality_fakes.desk(probe=ProbeState(ProbePhase.DONE, 1.0, 0.0, NetworkMeasures((best,), 0)))
    assert row(view(desk), "uplink").figure == "至少 8.6 Mbps"
    assert "较快的节点" not in row(view(desk), "uplink").sentence


def test_the_proposal_is_taken_once() -> None:
    found = view(quality_fakes.some_bad()).proposal
    assert found is not None
    assert (found.text, found.reason, found.wish) == ("建议 1080p · 30 帧 · 4.5 Mbps", "由上行带宽决定", TakeProposal())
    taken = view(quality_fakes.desk(proposal=replace(PROPOSAL, is_set=True))).proposal
    assert taken is not None
    assert (taken.reason, taken.action_label) == ("已采用", "")
    on_air = view(quality_fakes.some_bad(), fakes.on_air()).proposal
    assert on_air is not None
    assert on_air.action_label == "", "the format cannot be changed on air"


# ---- picture and sound ---------------------------------------------------------------------------


def test_the_face_is_mirrored_as_the_preview_is() -> None:
    off_side = replace(FACE, left_ratio=0.1, width_ratio=0.2)
    desk = quality_fakes.desk(picture=replace(quality_fakes.PICTURE, face=off_side))
    mirrored = view(desk).look.face
    assert mirrored is not None
    assert mirrored.left_ratio == pytest.approx(0.7)
    straight = view(desk, video=DemoSource()).look.face
    assert straight is not None
    assert straight.left_ratio == pytest.approx(0.1), "only cameras are mirrored"
    assert view(desk, is_camera_off=True).look.face is None
    assert view(desk).look.chip == "1280 × 720 · 29.9 帧/秒"


@pytest.mark.parametrize(
    ("code", "words_"),
    [
        ("camera_forbidden", "系统不允许"), ("camera_in_use", "其他程序"), ("no_camera", "没有找到"),
        ("camera_lost", "断开"), ("camera_frozen", "没有新画面"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_camera_is_told_apart(code: str, words_: str) -> None:
    failed = SourceChanged(is_video=True, status=SourceStatus.FAILED, code=code)
    trouble = view(blocked(Defect.NO_PICTURE), video_status=failed).video_trouble
    assert trouble is not None
    assert words_ in trouble.text
    assert "。请" in trouble.text, "what to do is said too"


def test_a_device_that_is_gone_or_not_chosen_is_told() -> None:
    starting = SourceChanged(is_video=True, status=SourceStatus.STARTING)
    gone = view(QualityDesk(), video=CameraSource(device_id="other"), video_status=starting).video_trouble
    assert gone is not None
    assert gone.text.startswith("这个摄像头没有连接")
    runs = view(quality_fakes.desk(), video=CameraSource(device_id="other"))
    assert runs.video_trouble is None, "a camera that runs is there, whatever the list says"
    none = view(QualityDesk(), video=NoVideo(), audio=NoSound())
    assert none.video_trouble is not None
    assert none.audio_trouble is not None
    assert none.audio_trouble.text.startswith("没有选择麦克风")
    assert view(quality_fakes.desk()).audio_trouble is None


@pytest.mark.parametrize(
    ("sample", "label", "wish", "again"),
    [
        (SampleChanged(), "录 5 秒听一听", TakeSample(), None),
        (SampleChanged(status=SampleStatus.TAKING), "停止", StopSample(), None),
        (SampleChanged(status=SampleStatus.READY), "播放", PlaySample(), TakeSample()),
        (SampleChanged(status=SampleStatus.PLAYING), "停止", StopSample(), None),
        (SampleChanged(status=SampleStatus.FAILED, code="no_speaker"), "录 5 秒听一听", TakeSample(), None),
    ],
)
def test_the_sample_goes_from_taking_to_playing(sample: SampleChanged, label: str, wish: object, again: object) -> None:
    sound = view(quality_fakes.desk(sample=sample)).sound
    assert (sound.sample_label, sound.sample_wish, sound.again_wish) == (label, wish, again)
    if sample.code:
        assert sound.sample_text.startswith("没有找到扬声器")


def test_levels_are_told_also_while_muted() -> None:
    sound = view(quality_fakes.desk(), is_muted=True).sound
    assert sound.figures == "峰值 −9.2 dBFS · 响度 −18.4 LUFS · 真峰值 −8.7 dBTP"
    assert sound.note.startswith("已静音")


@pytest.mark.parametrize("tr", [ZH, EN])
def test_every_found_defect_reads_without_a_gap(tr: Translator) -> None:
    for group, defects in quality_fakes.DEFECTS.items():
        for defect in defects:
            one = finding(defect, 0.35)
            desk = quality_fakes.many_bad()
            known = next((f for f in desk.findings[group] if f.defect is defect and f.values), one)
            found = words.found_sentence(replace(known, share=0.35), desk, tr)
            assert found
            if defect is not Defect.CLOCK_WRONG or known.values:
                assert "–" not in found, found
            assert words.TONES[one.grade] == "bad"
            assert one.grade is Grade.BAD


@pytest.mark.parametrize("is_video", [True, False])
def test_a_device_that_stands_in_is_said_to_do_so(is_video: bool) -> None:
    part = "is_video_stand_in" if is_video else "is_audio_stand_in"
    found = view(quality_fakes.desk(), **{part: True})
    told = found.video_trouble if is_video else found.audio_trouble
    assert told is not None and "自动换回" in told.text and not told.action
    before = view(quality_fakes.desk())
    assert (before.video_trouble, before.audio_trouble) == (None, None)
