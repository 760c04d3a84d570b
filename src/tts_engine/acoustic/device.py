"""Where the network is computed: on the processor, or on a graphics card through torch.

    auto      the first card where there is one and torch sees it, else the processor; never an error
    cpu       the processor, ONNX Runtime; torch is not even imported
    cuda      the first card; cuda:1 the second; an error that says what is missing where there is none

Whether a card's driver is there is asked of the system before torch is imported: where it is not, which is almost
everywhere, choosing costs nothing.
"""

from __future__ import annotations

import ctypes
import importlib.util
import re
import sys
from dataclasses import dataclass

from tts_engine.errors import ControlError, FeatureMissingError

AUTO = "auto"
PROCESSOR = "cpu"
FORM = re.compile(r"auto|cpu|cuda(:\d{1,2})?")
INSTALL = "pip install 'tts-engine[gpu]'"


@dataclass(frozen=True, slots=True)
class Device:
    """A device that was chosen.

    Attributes:
        name: ``cpu`` or ``cuda:N``.
        reason: why this one, for people.
        card: name of the card; None on the processor.
    """

    name: str
    reason: str
    card: str | None = None

    @property
    def is_card(self) -> bool:
        """Whether it is a graphics card."""
        return self.card is not None


CPU = Device(PROCESSOR, "asked for")


def check_device(asked: str) -> str:
    """The name in its usual spelling.

    Raises:
        ControlError: not one of ``auto``, ``cpu``, ``cuda``, ``cuda:N``.
    """
    name = str(asked).strip().lower()
    if not FORM.fullmatch(name):
        raise ControlError(
            f"device 应为 auto、cpu、cuda 或 cuda:序号，收到 {asked!r}。"
            f"device must be auto, cpu, cuda or cuda:N, got {asked!r}.",
            code="device_invalid",
            option="device",
            value=str(asked),
            allowed="auto, cpu, cuda, cuda:N",
        )
    return name


def choose_device(asked: str = AUTO) -> Device:
    """The device for what was asked for, and why.

    Raises:
        ControlError: no such device name, or a card of a number that is not there.
        FeatureMissingError: a card was asked for, and torch or a card that it can use is missing.
    """
    name = check_device(asked)
    if name == PROCESSOR:
        return CPU
    try:
        cards = find_cards()
    except FeatureMissingError as error:
        if name != AUTO:
            raise
        return Device(PROCESSOR, f"auto: {error.message}")
    number = int(name.partition(":")[2] or 0) if name != AUTO else 0
    if number >= len(cards):
        listed = ", ".join(f"cuda:{i} ({card})" for i, card in enumerate(cards))
        raise ControlError(
            f"没有显卡 {name}；有 {listed}。There is no {name}; there are {listed}.",
            code="device_unknown",
            option="device",
            value=name,
            allowed=listed,
        )
    return Device(f"cuda:{number}", f"{'auto: ' if name == AUTO else ''}{cards[number]}", cards[number])


def choose_processor(asked: str = AUTO) -> Device:
    """The processor, for what runs nowhere else: the fast decoder.

    Raises:
        ControlError: no such device name, or a card was asked for.
    """
    name = check_device(asked)
    if name not in (AUTO, PROCESSOR):
        raise ControlError(
            f"快速解码器只在处理器上运行，device 应为 auto 或 cpu，收到 {name}。"
            f"The fast decoder runs on the processor only: device must be auto or cpu, got {name}.",
            code="device_invalid",
            option="device",
            value=name,
            allowed="auto, cpu",
        )
    return Device(PROCESSOR, "the fast decoder runs on the processor")


def find_cards() -> tuple[str, ...]:
    """Names of the cards that torch can use, at least one.

    Raises:
        FeatureMissingError: says which part is missing: the driver, torch, or torch's own CUDA.
    """
    has_torch = importlib.util.find_spec("torch") is not None
    if not has_driver():
        chinese, english = ("", "") if has_torch else (f"，也没有安装 torch（{INSTALL}）", f", nor is torch: {INSTALL}")
        raise _missing("cuda_missing", f"没有找到 NVIDIA 显卡驱动{chinese}", f"no NVIDIA driver is here{english}")
    if not has_torch:
        raise _missing(
            "torch_missing",
            f"有显卡驱动，但没有安装 torch，请运行 {INSTALL}",
            f"there is a driver, but torch is not installed: {INSTALL}",
        )
    import torch

    if torch.version.cuda is None:
        raise _missing(
            "torch_without_cuda",
            f"安装的 torch {torch.__version__} 不含 CUDA，请按 pytorch.org 的说明换装 CUDA 版",
            f"the installed torch {torch.__version__} has no CUDA in it: install a CUDA build (pytorch.org says how)",
        )
    if not torch.cuda.is_available():
        raise _missing(
            "cuda_missing",
            f"torch {torch.__version__}（CUDA {torch.version.cuda}）看不到可用的显卡，驱动可能太旧",
            f"torch {torch.__version__} (CUDA {torch.version.cuda}) sees no usable card; its driver may be too old",
        )
    return tuple(torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count()))


def has_driver() -> bool:
    """Whether the driver's library can be loaded."""
    library = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _missing(code: str, chinese: str, english: str) -> FeatureMissingError:
    return FeatureMissingError(f"{chinese}。{english[0].upper()}{english[1:]}.", code=code, install=INSTALL)
