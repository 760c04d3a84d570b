"""What a file that cannot be read most likely is, and what to do with it."""

from __future__ import annotations

from ..errors import AudioError

#: (offset, bytes there, Chinese name, English name, FFmpeg's name of the container or None) of files that people take
#: for audio that libsndfile reads.
_SIGNATURES = (
    (4, b"ftyp", "M4A/MP4（AAC）", "M4A/MP4 (AAC)", "mov"),
    (0, b"\x1a\x45\xdf\xa3", "WebM/Matroska", "WebM/Matroska", "matroska"),
    (0, b"#!AMR", "AMR", "AMR", "amr"),
    (0, b"#!SILK", "SILK（微信语音）", "SILK (WeChat voice)", None),
    (1, b"#!SILK", "SILK（微信语音）", "SILK (WeChat voice)", None),
    (0, b"\x30\x26\xb2\x75", "WMA/ASF", "WMA/ASF", "asf"),
    (0, b"\xff\xf1", "AAC", "AAC", "aac"),
    (0, b"\xff\xf9", "AAC", "AAC", "aac"),
    (0, b"MAC ", "APE", "APE", "ape"),
    (0, b"DSD ", "DSD", "DSD", None),
    (0, b"FLV", "FLV", "FLV", "flv"),
)
_OTHER = (
    (b"%PDF", "PDF 文档", "a PDF document"),
    (b"PK\x03\x04", "压缩包或 Office 文档", "a ZIP archive or an office document"),
    (b"\x89PNG", "图片", "an image"),
    (b"\xff\xd8\xff", "图片", "an image"),
    (b"GIF8", "图片", "an image"),
    (b"\x7fELF", "程序", "a program"),
    (b"MZ", "程序", "a program"),
)
_AUDIO = (b"RIFF", b"RIFX", b"RF64", b"OggS", b"fLaC", b"ID3", b"FORM", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")


def ffmpeg_format(head: bytes) -> str | None:
    """FFmpeg's name of the container that begins so; None for what it is not asked to read."""
    for offset, mark, _, _, container in _SIGNATURES:
        if head[offset : offset + len(mark)] == mark:
            return container
    return None


def describe_unreadable(head: bytes) -> AudioError:
    """The one error for a file that cannot be decoded, from its first bytes."""
    for offset, mark, chinese, english, container in _SIGNATURES:
        if head[offset : offset + len(mark)] == mark:
            install = "" if container is None else "，或安装扩展 pip install 'tts-engine[aac]' or install that extra"
            return AudioError(
                f"读不了这个 {chinese} 文件，请先转成 WAV：ffmpeg -i 原文件 -ac 1 新文件.wav{install}。"
                f"This {english} file cannot be read: convert it first, ffmpeg -i INPUT -ac 1 OUTPUT.wav.",
                code="audio_format",
                format=english,
            )
    for mark, chinese, english in _OTHER:
        if head.startswith(mark):
            return _not_audio(f"是{chinese}", f"it is {english}")
    if head.startswith(_AUDIO):
        return damaged()
    if _is_text(head):
        return _not_audio("像是文本", "it looks like text")
    return _not_audio("格式无法识别", "its format is unknown")


def damaged() -> AudioError:
    """The error for audio of which nothing can be decoded."""
    return AudioError(
        "音频文件损坏或不完整，没有可解码的内容，请重新导出。The audio file is damaged or cut off before any sound:"
        " export it again.",
        code="audio_damaged",
    )


def _not_audio(chinese: str, english: str) -> AudioError:
    return AudioError(
        f"这不是音频文件（{chinese}）。请给 WAV、FLAC、MP3、OGG 或 Opus。"
        f"This is not an audio file ({english}): give WAV, FLAC, MP3, OGG or Opus.",
        code="audio_unknown",
    )


def _is_text(head: bytes) -> bool:
    for encoding in ("utf-8", "gb18030", "utf-16"):
        try:
            text = head[: len(head) // 2 * 2].decode(encoding, errors="strict")
        except UnicodeDecodeError as error:
            if error.end < len(head) - 4:
                continue
            text = head[: error.start].decode(encoding, errors="ignore")
        printable = sum(character.isprintable() or character.isspace() for character in text)
        if text and printable > 0.97 * len(text) and encoding != "utf-16":
            return True
    return False
