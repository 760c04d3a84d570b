"""Renders speech whose syllables, pitch and emotion are known, to calibrate the hearing of references on.

    python scripts/render_hearing_set.py OUT --part 0 --parts 4 [--seconds 420]

Every Mandarin voice speaks every label; sentences, rate and intensity are drawn by a fixed seed. Each line of
``OUT/index-K.jsonl`` names a WAV file and says what is true of it. Stops after ``--seconds`` and goes on where it
stopped.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path

import soundfile

from tts_engine.emotion.vocabulary import LABELS
from tts_engine.options import SynthesisOptions
from tts_engine.pipeline import Synthesizer

TEXTS = (
    "他明天上午要去图书馆还书，回来的时候顺路买一斤苹果。",
    "桌子上放着一本新的地图，旁边是昨天收到的三封信。",
    "这趟列车开往城市的南边，中间不停，一共走四十分钟。",
    "我把钥匙放在门口的盒子里了，你出去的时候记得带上。",
    "他们家的窗户朝着那条河，夏天坐在里面很凉快。",
    "会议改到了星期三下午两点，地方还是原来的那个房间。",
    "你说的那件事我已经知道了，等他回来我们再一起商量。",
    "楼下的商店今天十点开门，比平时晚了半个小时。",
    "她走进房间，打开了电脑，开始写今天的第二封信。",
    "这张照片是去年在北京拍的，左边那个人是我的老师。",
    "请从左边的楼梯走到二楼，右手第一个门就是办公室。",
    "外面的路上停着三辆车，其中一辆是红色的。",
    "列车即将进站，请站在黄线以内排队等候，先下后上。",
    "这条小路弯弯曲曲，一直通向山顶的寺庙，来回要半天。",
    "今年的雨下得比往年多，地里的庄稼长得特别快。",
    "老师让我们每个人准备一个故事，下周一在班上讲。",
)


def main() -> None:
    """Renders what is still missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--part", type=int, default=0)
    parser.add_argument("--parts", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=420.0)
    parser.add_argument("--labels", type=lambda names: names.split(","), default=[])
    parser.add_argument("--short", action="store_true", help="half of the texts are cut at their first comma")
    parser.add_argument("--cache-hub", type=Path, default=Path("cache_hub"))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    synthesizer = Synthesizer(cache_hub=arguments.cache_hub, threads=1, device="cpu")
    voices = sorted(voice.name for voice in synthesizer.voices() if voice.name.startswith("z"))
    labels = [label.name for label in LABELS if not arguments.labels or label.name in arguments.labels]
    jobs = [(label, voice) for label in labels for voice in voices]
    random.Random(0).shuffle(jobs)
    index = arguments.out / f"index-{arguments.part}.jsonl"
    done = len(index.read_text("utf-8").splitlines()) if index.exists() else 0
    began = time.monotonic()
    for number, (label, voice) in enumerate(jobs):
        if number % arguments.parts != arguments.part or number // arguments.parts < done:
            continue
        if time.monotonic() - began > arguments.seconds:
            break
        chance = random.Random(number)
        text = TEXTS[chance.randrange(len(TEXTS))]
        if arguments.short and chance.random() < 0.5:
            text = text.split("，")[0] + "。"
        intensity, speed = chance.choice((0.6, 1.0, 1.0)), chance.choice((0.85, 1.0, 1.0, 1.15, 1.3))
        options = SynthesisOptions(
            voice=voice, emotion=label, emotion_intensity=intensity, speed=speed, context="off", seed=number
        )
        result = synthesizer.synthesize(text, options)
        assert result.waveform is not None
        name = f"{number:04d}-{label}-{voice}.wav"
        soundfile.write(arguments.out / name, result.waveform, result.sample_rate)
        characters = [c for sentence in result.sentences for c in sentence.characters]
        row = {
            "file": name, "label": label, "voice": voice, "intensity": intensity, "speed": speed, "text": text,
            "syllables": [[round(c.begin_s, 4), round(c.end_s, 4)] for c in characters],
        }  # fmt: skip
        with index.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
