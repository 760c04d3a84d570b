"""What a file that libsndfile cannot read most likely is, and what to do with it."""

from __future__ import annotations

from ..errors import AudioError

#: (offset, bytes there, Chinese name, English name) of files that people take for audio that we read.
_SIGNATURES = (
    (4, b"ftyp", "M4A/MP4（AAC）", "M4A/MP4 (AAC)"),
    (0, b"\x1a\x45\xdf\xa3", "WebM/Matroska", "WebM/Matroska"),
    (0, b"#!AMR", "AMR", "AMR"),
    (0, b"#!SILK", "SILK（微信语音）", "SILK (WeChat voice)"),
    (1, b"#!SILK", "SILK（微信语音）", "SILK (WeChat voice)"),
    (0, b"\x30\x26\xb2\x75", "WMA/ASF", "WMA/ASF"),
    (0, b"\xff\xf1", "AAC", "AAC"),
    (0, b"\xff\xf9", "AAC", "AAC"),
    (0, b"MAC ", "APE", "APE"),
    (0, b"DSD ", "DSD", "DSD"),
    (0, b"FLV", "FLV", "FLV"),
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


def describe_unreadable(head: bytes) -> AudioError:
    """The one error for a file that cannot be decoded, from its first bytes."""
    for offset, mark, chinese, english in _SIGNATURES:
        if head[offset : offset + len(mark)] == mark:
            return AudioError(
                f"{chinese} 格式读不了，请先转成 WAV：ffmpeg -i 原文件 -ac 1 新文件.wav。"
                f"可用：WAV、FLAC、MP3、OGG、Opus。{english} cannot be read: convert it first,"
                " ffmpeg -i INPUT -ac 1 OUTPUT.wav. WAV, FLAC, MP3, OGG and Opus are read.",
                code="audio_format",
                format=english,
            )
    for mark, chinese, english in _OTHER:
        if head.startswith(mark):
            return _not_audio(f"是{chinese}", f"it is {english}")
    if head.startswith(_AUDIO):
        return AudioError(
            "音频文件损坏或不完整，没有可解码的内容，请重新导出。The audio file is damaged or cut off before any sound:"
            " export it again.",
            code="audio_damaged",
        )
    if _is_text(head):
        return _not_audio("像是文本", "it looks like text")
    return _not_audio("格式无法识别", "its format is unknown")


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
