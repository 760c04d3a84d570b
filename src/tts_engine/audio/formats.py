"""The audio formats that can be written, to files and to listeners while they are made.

Whether a format can be had depends on what is installed; asking for one that cannot is an error here, never another
format under its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import ControlError, FeatureMissingError

Codec = Literal["riff", "pcm", "libsndfile", "ffmpeg"]

#: What to run for the formats that libsndfile does not have.
AAC_INSTALL = "pip install 'tts-engine[aac]'"


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """One way to store or send audio.

    Attributes:
        name: as in ``SynthesisOptions.format``.
        suffix: file name suffix with its dot.
        media_type: for HTTP.
        codec: who encodes it.
        container: major format in the terms of the codec.
        subtype: encoding in the terms of the codec.
        is_lossless: whether the 16-bit samples come back exactly.
    """

    name: str
    suffix: str
    media_type: str
    codec: Codec
    container: str
    subtype: str
    is_lossless: bool = False


_ALL = (
    AudioFormat("wav", ".wav", "audio/wav", "riff", "WAV", "PCM_16", is_lossless=True),
    AudioFormat("flac", ".flac", "audio/flac", "libsndfile", "FLAC", "PCM_16", is_lossless=True),
    AudioFormat("mp3", ".mp3", "audio/mpeg", "libsndfile", "MP3", "MPEG_LAYER_III"),
    AudioFormat("ogg", ".ogg", "audio/ogg", "libsndfile", "OGG", "VORBIS"),
    AudioFormat("opus", ".opus", "audio/ogg; codecs=opus", "libsndfile", "OGG", "OPUS"),
    AudioFormat("aac", ".aac", "audio/aac", "ffmpeg", "adts", "aac"),
    AudioFormat("m4a", ".m4a", "audio/mp4", "ffmpeg", "ipod", "aac"),
    AudioFormat("pcm", ".pcm", "audio/pcm", "pcm", "RAW", "PCM_16", is_lossless=True),
)

#: What a file can be; ``options.FORMATS`` names the same ones.
AUDIO_FORMATS: dict[str, AudioFormat] = {one.name: one for one in _ALL if one.name != "pcm"}

#: What can be sent while it grows. MP4 keeps its index for the end, PCM is samples without any header.
STREAM_FORMATS: dict[str, AudioFormat] = {one.name: one for one in _ALL if one.name != "m4a"}


def audio_format(name: str, *, is_growing: bool = False) -> AudioFormat:
    """The format of that name, certain to be available.

    Args:
        name: one of ``AUDIO_FORMATS``.
        is_growing: one of ``STREAM_FORMATS`` instead.

    Raises:
        ControlError: no such format.
        FeatureMissingError: what encodes it is not installed; says what to install.
    """
    known = STREAM_FORMATS if is_growing else AUDIO_FORMATS
    chosen = known.get(name)
    if chosen is None:
        names = ", ".join(known)
        raise ControlError(
            f"format 应为以下之一：{names.replace(', ', '、')}，收到 {name!r}。"
            f"format must be one of {names}, got {name!r}.",
            option="format",
            value=name,
            allowed=names,
        )
    if chosen.codec == "libsndfile":
        _need_libsndfile(chosen)
    elif chosen.codec == "ffmpeg":
        _need_ffmpeg(chosen)
    return chosen


def _need_libsndfile(chosen: AudioFormat) -> None:
    import soundfile

    if not soundfile.check_format(chosen.container, chosen.subtype):
        raise FeatureMissingError(
            f"已安装的 libsndfile {soundfile.__libsndfile_version__} 不能写 {chosen.name}，"
            f"请升级 soundfile 或改用 wav、flac。"
            f"The installed libsndfile cannot write {chosen.name}: upgrade soundfile, or choose wav or flac.",
            format=chosen.name,
            libsndfile=soundfile.__libsndfile_version__,
        )


def _need_ffmpeg(chosen: AudioFormat) -> None:
    try:
        import av  # noqa: F401
    except ImportError as error:
        raise FeatureMissingError(
            f"{chosen.name} 需要扩展 [aac]：{AAC_INSTALL}，或改用 mp3、opus。"
            f"{chosen.name} needs the extra [aac]: {AAC_INSTALL}, or choose mp3 or opus.",
            code="aac_missing",
            format=chosen.name,
            install=AAC_INSTALL,
        ) from error
