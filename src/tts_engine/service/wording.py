"""What the page says: Chinese first, English beside it."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import (
    AccessError,
    AssetDamagedError,
    AssetError,
    AssetMissingError,
    AudioError,
    BusyError,
    ConfigError,
    ControlError,
    DeadlineError,
    DrainingError,
    FeatureMissingError,
    ForbiddenError,
    NotFoundError,
    OutputError,
    SizeError,
    SynthesisError,
    TextError,
    TTSError,
)

if TYPE_CHECKING:
    from ..acoustic.voices import VoiceInfo
    from ..types import SynthesisResult
    from .engine import EngineState

HEADLINES: dict[type[TTSError], str] = {
    TTSError: "出错了 · Something went wrong",
    ConfigError: "配置有误 · A setting is wrong",
    AssetError: "模型无法准备好 · The model could not be prepared",
    AssetMissingError: "模型文件缺失，也没有可用的下载源 · Model files are missing and no source was reachable",
    AssetDamagedError: "模型文件已损坏 · Model files are damaged",
    TextError: "这段文字无法朗读 · This text cannot be spoken",
    ControlError: "选项的值不允许 · An option has a value that is not allowed",
    NotFoundError: "找不到 · Not found",
    FeatureMissingError: "此功能尚不可用 · This is not available yet",
    AudioError: "音频无法处理 · The audio could not be processed",
    OutputError: "结果无法保存 · The result could not be stored",
    SynthesisError: "合成失败 · Synthesis failed",
    AccessError: "需要有效的密钥 · A valid key is needed",
    ForbiddenError: "不允许的来源 · Not allowed from here",
    SizeError: "请求太大 · The request is too large",
    BusyError: "现在太忙，请稍后再试 · Too busy right now",
    DrainingError: "服务正在关闭 · The server is going down",
    DeadlineError: "等待超时 · Waited for too long",
}


def headline(error: TTSError) -> str:
    """One line that says what kind of failure it is."""
    return HEADLINES[type(error)]


def waiting(state: EngineState) -> str:
    """What the server is doing while the model is not ready."""
    fetch = state.fetch
    if state.phase != "fetching" or fetch is None:
        return "正在载入模型，马上就好… · Loading the model…"
    if fetch.phase == "waiting":
        return "另一个进程正在准备模型，请稍候… · Another process is fetching the model…"
    done, total = fetch.bytes_done / 1e6, fetch.bytes_total / 1e6
    verb = {
        "checking": "正在检查模型 · Checking the model",
        "downloading": "正在下载模型（仅第一次需要）· Downloading the model (first start only)",
        "installing": "正在安装模型 · Installing the model",
    }.get(fetch.phase, "正在准备模型 · Preparing the model")
    left = "" if fetch.remaining_s is None else f"，约剩 {remaining(fetch.remaining_s)}"
    return f"{verb}：{done:.0f} / {total:.0f} MB{left}"


def in_queue(position: int) -> str:
    """What a text waits for while others have the engine."""
    if position == 0:
        return "排队中，马上轮到… · Waiting, next in turn…"
    return f"排队中，前面还有 {position} 句… · Waiting behind {position} sentences…"


def remaining(seconds: float) -> str:
    """A duration as people say it."""
    whole = max(1, round(seconds))
    return f"{whole} 秒" if whole < 90 else f"{round(whole / 60)} 分钟"


def status_html(state: EngineState) -> str:
    """The status line under the title."""
    if state.phase == "ready":
        return _box("ready", "<b>模型已就绪</b> · Ready")
    if state.phase == "failed" and state.error is not None:
        retry = "排除问题后再点“生成语音”，会重新载入。Press Generate again once that is solved; no restart is needed."
        return _box(
            "failed", f"<b>{headline(state.error)}</b><br>{_text(state.error.message)}<br><small>{retry}</small>"
        )
    return _box("busy", _text(waiting(state)) + "<br><small>可以先输入文字 · You can type already</small>")


def result_html(result: SynthesisResult, characters: int) -> str:
    """What is worth knowing about a finished synthesis."""
    facts = [
        f"{characters} 字",
        f"音频 {result.audio_s:.1f} 秒",
        f"用时 {result.synthesis_s:.1f} 秒（RTF {result.rtf:.2f}）",
        f"已保存 · saved: <code>{_text(str(result.path))}</code>",
    ]
    return _box("result", " · ".join(facts)) + warnings_html(result.warnings)


def warnings_html(warnings: Iterable[str]) -> str:
    """Warnings as a list, nothing where there are none."""
    items = "".join(f"<li>{_text(warning)}</li>" for warning in warnings)
    return _box("warning", f"<b>请注意 · Please note</b><ul>{items}</ul>") if items else ""


def voice_label(info: VoiceInfo) -> str:
    """A voice in the menu: ``晓晓（普通话，女） Xiaoxiao``."""
    return f"{info.zh} {info.en.partition(' (')[0]}"


def _box(kind: str, inner: str) -> str:
    return f'<div class="tts-box tts-{kind}">{inner}</div>'


def _text(raw: str) -> str:
    return html.escape(raw).replace("\n", "<br>")
