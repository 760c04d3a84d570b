"""A voice in words: what it is, how like the speaker it is and is not, who consented."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .record import VoiceRecord, VoiceVersion

METHODS = {"fast": "快速拟合 fast fit", "thorough": "细致拟合 thorough fit", "mix": "混合 mix"}
MEASURES = {
    "speaker": "说话人识别 speaker recogniser (Resemblyzer)",
    "own": "引擎自身的特征（拟合即以此为准，偏乐观）the engine's own features (which the fit follows, so they flatter)",
}


def report(record: VoiceRecord) -> list[str]:
    """Lines for a person; ``similar`` is the strongest word in them."""
    current = record.current
    median, low, high = current.pitch_hz
    lines = [
        f"own:{record.id}  {record.name}  ({record.gender})",
        f"版本 version: {current.version} ({METHODS.get(current.method, current.method)}), {current.created}, "
        f"{len(record.versions)} 个版本 version(s); tts-engine {current.engine} {current.model}".rstrip(),
        f"音高与响度 register and level: {median:.0f} Hz ({low:.0f}-{high:.0f}), {current.lufs:.1f} LUFS",
    ]
    if current.mix:
        lines.append(f"{'混合 mix' if current.method == 'mix' else '语调来自 prosody from'}: {current.mix}")
    if current.sources:
        lines.append(
            f"录音 recordings: {current.speech_s:.1f} s 人声 of speech in {len(current.sources)} 个文件 file(s)"
        )
        lines += [
            f"  {source.name}  {source.seconds:.1f} s  sha256 {source.sha256[:16]}…" for source in current.sources
        ]
    lines += similarity_lines(current.figures)
    lines += [f"注意 note: {note}" for note in current.notes]
    lines += _consent(current)
    return lines


def essence(record: VoiceRecord) -> list[str]:
    """What everybody should know of a voice: how similar it is in words, what speaks against it, who consented."""
    current = record.current
    verdicts = [line for line in similarity_lines(current.figures) if "→" not in line]
    return [*verdicts, *(f"注意 note: {note}" for note in current.notes), _consent(current)[0]]


def similarity_lines(figures: Mapping[str, float]) -> list[str]:
    """How similar the voice is, by every measure there is, and what to think of it."""
    lines = []
    for measure, label in MEASURES.items():
        if f"{measure}_after" not in figures:
            continue
        before, after = figures[f"{measure}_before"], figures[f"{measure}_after"]
        ceiling = figures.get(f"{measure}_ceiling")
        top = "" if ceiling is None else f"; 本人两段录音之间 two recordings of the speaker {ceiling:.2f}"
        lines.append(f"{label}: 最近的内置声音 nearest pack {before:.2f} → 拟合后 fitted {after:.2f}{top}")
        if measure == "speaker":
            lines.append(verdict(before, after, ceiling))
    if lines and "speaker_after" not in figures:
        lines.append(
            "这是一个相似的声音，不是本人的声音；安装 torch 与 resemblyzer 后可由说话人识别来衡量。"
            "This is a similar voice, not the speaker's own; with torch and resemblyzer installed a speaker recogniser"
            " measures how similar."
        )
    return lines


def verdict(before: float, after: float, ceiling: float | None) -> str:
    """One sentence that promises no more than was measured."""
    if after <= before + 0.005:
        return (
            "拟合没有胜过最近的内置声音：更多、更清楚的录音或细致拟合（--thorough）可能有帮助。"
            "The fit is no closer than the nearest pack: more and clearer recordings, or --thorough, may help."
        )
    if ceiling is None or ceiling <= before:
        return "这是一个相似的声音，不是本人的声音。This is a similar voice, not the speaker's own."
    way = min(max((after - before) / (ceiling - before), 0.0), 1.0)
    return (
        f"这是一个相似的声音，走完了从最近的内置声音到本人的 {way:.0%}。This is a similar voice,"
        f" {way:.0%} of the way from the nearest pack to the speaker."
    )


def _consent(version: VoiceVersion) -> list[str]:
    if version.consent is None:
        return ["授权 consent: 无需，由内置声音混合而成 none needed, it is made of the packs"]
    return [
        f"授权 consent ({version.consent.date}): {version.consent.statement}",
        f"  关于 about: {len(version.consent.sources)} 个录音 recording(s), "
        + ", ".join(source[:16] + "…" for source in version.consent.sources[:3]),
    ]
