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
    BrokerError,
    BusyError,
    ConfigError,
    ControlError,
    DeadlineError,
    DrainingError,
    FeatureMissingError,
    ForbiddenError,
    JobBusyError,
    JobError,
    LanguageModelError,
    NotFoundError,
    OutputError,
    SizeError,
    SynthesisError,
    TextError,
    TTSError,
)
from .words import both, plain

if TYPE_CHECKING:
    from ..acoustic.voices import VoiceInfo
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
    JobError: "批量任务没有完成 · The batch job did not come to its end",
    JobBusyError: "批量任务正在运行 · The batch job is running",
    BrokerError: "任务队列连接不上 · The queue of jobs cannot be reached",
    LanguageModelError: "语言模型没有回答 · The language model gave no answer",
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
    """What the server is doing while the model is not ready, in both languages."""
    key, facts = _waiting(state)
    return plain(key) + facts


def _waiting(state: EngineState) -> tuple[str, str]:
    """The word for what the server is doing, and the figures beside it."""
    fetch = state.fetch
    if state.phase != "fetching" or fetch is None:
        return "loading", ""
    if fetch.phase == "waiting":
        return "other_process", ""
    key = fetch.phase if fetch.phase in ("checking", "downloading", "installing") else "preparing"
    left = "" if fetch.remaining_s is None else f" · {remaining(fetch.remaining_s)}"
    return key, f" {fetch.bytes_done / 1e6:.0f} / {fetch.bytes_total / 1e6:.0f} MB{left}"


def in_queue(position: int) -> str:
    """What a text waits for while others have the engine, in both languages."""
    return plain("in_queue", position) if position else plain("next_in_turn")


def remaining(seconds: float) -> str:
    """A duration as people say it, in both languages."""
    whole = max(1, round(seconds))
    return plain("seconds", whole) if whole < 90 else plain("minutes", round(whole / 60))


def status_html(state: EngineState) -> str:
    """The status line under the title."""
    if state.phase == "ready":
        return _box("ready", f"<b>{both('ready')}</b>")
    if state.phase == "failed" and state.error is not None:
        message = f"<b>{headline(state.error)}</b><br>{_text(state.error.message)}"
        return _box("failed", f"{message}<br><small>{both('try_again')}</small>")
    key, facts = _waiting(state)
    return _box("busy", f"{both(key)}{_text(facts)}<br><small>{both('type_already')}</small>")


def warnings_html(warnings: Iterable[str]) -> str:
    """Warnings as a list, nothing where there are none."""
    items = "".join(f"<li>{_text(warning)}</li>" for warning in warnings)
    return _box("warning", f"<b>{both('note')}</b><ul>{items}</ul>") if items else ""


def voice_label(info: VoiceInfo) -> str:
    """A voice in the menu: ``晓晓（普通话，女） Xiaoxiao``."""
    return f"{info.zh} {info.en.partition(' (')[0]}"


def _box(kind: str, inner: str) -> str:
    return f'<div class="tts-box tts-{kind}">{inner}</div>'


def _text(raw: str) -> str:
    return html.escape(raw).replace("\n", "<br>")
