"""Which device it becomes, and what is said where it cannot be."""

from __future__ import annotations

import importlib.util
import sys
from types import SimpleNamespace

import pytest

from tts_engine.acoustic import device
from tts_engine.acoustic.device import check_device, choose_device
from tts_engine.errors import ControlError, FeatureMissingError, TTSError

CARDS = ("A card", "Another card")


@pytest.fixture
def machine(monkeypatch):
    """Makes this machine one with such a driver, torch and cards."""

    def make(*, driver=True, torch=True, cuda="12.8", cards=CARDS):
        fake = SimpleNamespace(
            __version__="2.13.0",
            version=SimpleNamespace(cuda=cuda),
            cuda=SimpleNamespace(
                is_available=lambda: bool(cards), device_count=lambda: len(cards), get_device_name=cards.__getitem__
            ),
        )
        monkeypatch.setattr(device, "has_driver", lambda: driver)
        monkeypatch.setattr(importlib.util, "find_spec", lambda _name: object() if torch else None)
        monkeypatch.setitem(sys.modules, "torch", fake if torch else None)

    return make


@pytest.mark.parametrize(
    ("asked", "name"), [("auto", "cuda:0"), ("cuda", "cuda:0"), ("cuda:1", "cuda:1"), (" CPU ", "cpu"), ("cpu", "cpu")]
)
def test_with_two_cards(machine, asked, name):
    machine()
    chosen = choose_device(asked)
    assert chosen.name == name and chosen.is_card == (name != "cpu")
    assert chosen.card in (CARDS if chosen.is_card else (None,))
    assert not chosen.is_card or chosen.card in chosen.reason


@pytest.mark.parametrize(
    ("facts", "code", "says"),
    [
        ({"driver": False}, "cuda_missing", "No NVIDIA driver"),
        ({"driver": False, "torch": False}, "cuda_missing", "pip install 'tts-engine[gpu]'"),
        ({"torch": False}, "torch_missing", "pip install 'tts-engine[gpu]'"),
        ({"cuda": None}, "torch_without_cuda", "CUDA build"),
        ({"cards": ()}, "cuda_missing", "no usable card"),
    ],
)
def test_without_one_auto_tells_and_cuda_refuses(machine, facts, code, says):
    machine(**facts)
    chosen = choose_device("auto")
    assert chosen.name == "cpu" and chosen.reason.startswith("auto: ") and says in chosen.reason
    with pytest.raises(FeatureMissingError, match="。") as caught:
        choose_device("cuda")
    assert caught.value.code == code and says in caught.value.message and caught.value.fields["install"]
    assert choose_device("cpu").name == "cpu"


def test_a_card_that_is_not_there(machine):
    machine()
    with pytest.raises(ControlError, match=r"cuda:1 \(Another card\)"):
        choose_device("cuda:2")


@pytest.mark.parametrize("bad", ["gpu", "cuda:", "cuda:x", "", "mps", "cuda:-1"])
def test_what_is_no_device(bad):
    with pytest.raises(ControlError, match="auto, cpu, cuda"):
        check_device(bad)


def test_asking_for_the_processor_does_not_import_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)  # an import would fail
    monkeypatch.setattr(device, "has_driver", lambda: False)
    for asked in ("cpu", "auto"):
        assert choose_device(asked).name == "cpu"


def test_a_refusal_is_one_of_ours(monkeypatch):
    monkeypatch.setattr(device, "has_driver", lambda: False)
    from tts_engine import Synthesizer

    with pytest.raises(TTSError, match="显卡"):
        Synthesizer(device="cuda", cache_hub="/nonexistent", offline=True)
