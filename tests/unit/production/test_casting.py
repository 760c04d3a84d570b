"""Casting: descriptions are followed, people are told apart, and whoever is cast stays cast."""

import dataclasses
import json

import pytest

from tts_engine.acoustic.voices import MANDARIN
from tts_engine.errors import ConfigError, ControlError
from tts_engine.production.casting.cast import CastEntry, cast_roles
from tts_engine.production.casting.cast_file import cast_path, read_cast, write_cast
from tts_engine.production.casting.describe import read_description
from tts_engine.production.casting.distances import candidates, distance
from tts_engine.script import NARRATOR, Chapter, Line, Role, Script

KNOWN = {name: name for name in MANDARIN} | {"云扬": "zm_yunyang"}


def script(*roles, lines=3):
    names = [NARRATOR, *(role.name for role in roles)]
    said = tuple(Line("你好。", role=name) for name in names for _ in range(lines))
    return Script("戏", (Chapter("", said),), {NARRATOR: Role(NARRATOR), **{role.name: role for role in roles}})


@pytest.mark.parametrize(
    ("description", "sex", "age"),
    [
        ("八岁的女孩，活泼", "female", "child"),
        ("年迈的渔夫，声音低沉", "male", "elder"),
        ("七十多岁的老太太", "female", "elder"),
        ("二十岁的小伙子", "male", "youth"),
        ("女儿的父亲，四十五岁", "male", "adult"),
        ("中年妇女，说话快", "female", "adult"),
        ("a deep-voiced old man", "male", "elder"),
        ("young woman, lively", "female", "youth"),
        ("a woman of forty", "female", ""),
        ("12 years old boy", "male", "child"),
        ("神秘的声音", "", ""),
    ],
)
def test_descriptions(description, sex, age):
    wish = read_description(description)
    assert (wish.sex, wish.age) == (sex, age)


def test_names_count_where_the_description_says_nothing():
    assert read_description("", ("王婶",)).sex == "female"
    assert read_description("", ("张老伯",)).sex == "male"
    assert read_description("女", ("李叔",)).sex == "female"


def test_height_and_pace():
    assert read_description("声音低沉").height < 0 < read_description("嗓音清脆").height
    assert read_description("活泼").speed > 1 > read_description("沉稳").speed


def test_distances_are_a_metric_on_the_same_voice():
    people = [one for one in candidates(MANDARIN) if one.shift_st == 0.0]
    assert len(people) == 20
    for one in people:
        assert distance(one, one) == pytest.approx(0.0, abs=1e-6)
        for other in people:
            assert distance(one, other) == pytest.approx(distance(other, one), abs=1e-6)
            assert one is other or distance(one, other) > 0.02


def test_roles_follow_their_descriptions():
    cast = cast_roles(
        script(Role("老周", description="年迈的渔夫，低沉"), Role("小满", description="八岁的女孩")), KNOWN
    )
    assert cast.entries["老周"].voice.startswith("zm_") and "yunxia" not in cast.entries["老周"].voice
    assert cast.entries["小满"].voice.startswith("zf_")


def test_people_are_told_apart():
    roles = [Role(f"女{number}", description="女") for number in range(4)]
    roles += [Role(f"男{number}", description="男") for number in range(4)]
    cast = cast_roles(script(*roles), KNOWN)
    sounds = {(entry.voice, entry.pitch_shift_st) for entry in cast.entries.values()}
    assert len(sounds) == len(cast.entries) == 9 and not cast.warnings


def test_more_roles_than_voices_is_told():
    cast = cast_roles(script(*(Role(f"人{number}") for number in range(70))), KNOWN)
    assert len(cast.entries) == 71 and cast.warnings


def test_whoever_is_cast_stays_cast():
    first = cast_roles(script(Role("甲", description="男"), Role("乙", description="女")), KNOWN)
    many = [Role(f"新{number}", description="男") for number in range(6)]
    second = cast_roles(script(*many, Role("甲", description="男"), Role("乙", description="女")), KNOWN, first.entries)
    for name in ("甲", "乙", NARRATOR):
        assert second.entries[name] == first.entries[name]
    assert len({(one.voice, one.pitch_shift_st) for one in second.entries.values()}) == len(second.entries)


def test_the_script_has_the_last_word():
    kept = {"甲": CastEntry("zm_yunxi", emotion="calm")}
    cast = cast_roles(script(Role("甲", voice="云扬"), Role("乙", description="男，低沉")), KNOWN, kept)
    assert cast.entries["甲"] == CastEntry("云扬", by="script", emotion="calm")
    assert cast.entries["乙"].voice != "zm_yunyang"  # 云扬 is known to be taken


def test_the_cast_says_more_than_the_voice():
    entry = CastEntry("zm_yunxi", emotion="sad", speed=0.9, lexicon=(("行", "hang2"),))
    cast = dataclasses.replace(cast_roles(script(Role("甲")), KNOWN), entries={"甲": entry})
    role = cast.role("甲", {"甲": Role("甲", emotion="happy", pitch_shift_st=1.0, lexicon=(("重庆", "chong2 qing4"),))})
    assert (role.voice, role.emotion, role.speed, role.pitch_shift_st) == ("zm_yunxi", "sad", 0.9, 1.0)
    assert dict(role.lexicon) == {"重庆": "chong2 qing4", "行": "hang2"}


def test_the_file_keeps_the_cast(tmp_path):
    path = cast_path(tmp_path / "雨夜.txt")
    entries = {
        "甲": CastEntry("zm_yunxi", by="auto", why="男", speed=0.9, lexicon=(("行", "hang2"),)),
        "乙": CastEntry("晓晓"),
    }
    write_cast(path, entries)
    assert path.name == "雨夜.cast.json" and read_cast(path) == entries
    assert read_cast(tmp_path / "nothing.json") == {}


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"roles": {"甲": {}}}',
        '{"roles": {"甲": {"voice": 3}}}',
        '{"roles": {"甲": {"voice": "a", "sped": 1}}}',
        '{"roles": {"甲": {"voice": "a", "speed": "fast"}}}',
    ],
)
def test_a_wrong_cast_file_is_one_clear_error(tmp_path, content):
    path = tmp_path / "x.cast.json"
    path.write_text(content, "utf-8")
    with pytest.raises(ConfigError) as caught:
        read_cast(path)
    assert caught.value.code == "cast_invalid"


def test_an_edited_cast_is_what_is_heard(perform, tmp_path):
    one = script(Role("甲", description="男"))
    first = perform(one)
    path = first.cast_file
    data = json.loads(path.read_text("utf-8"))
    data["roles"]["甲"] = {"voice": "zf_xiaoyi", "volume_db": 3}
    path.write_text(json.dumps(data), "utf-8")
    second = perform(one)
    assert second.rendered == (4,)  # three times the same words are one sound
    assert second.timeline[3].line.options.voice == "zf_xiaoyi"
    assert read_cast(path)["甲"].voice == "zf_xiaoyi"


def test_an_unknown_voice_names_its_role(perform):
    with pytest.raises(ControlError, match="甲") as caught:
        perform(script(Role("甲", voice="zm_nobody")))
    assert caught.value.fields["role"] == "甲"


def test_a_cast_file_may_describe_a_person_and_leave_the_voice_open(tmp_path):
    path = tmp_path / "x.cast.json"
    said = {"周伯": {"description": "年近七十的老渔夫，低沉", "speed": 0.9}, "路人": {"description": "男"}}
    path.write_text(json.dumps({"roles": said}), "utf-8")
    cast = cast_roles(script(Role("周伯", description="女")), KNOWN, read_cast(path))
    chosen = cast.entries["周伯"]
    assert chosen.voice.startswith("zm_") and chosen.speed == 0.9 and chosen.description
    write_cast(path, cast.entries)
    assert read_cast(path) == dict(cast.entries)
    again = cast_roles(script(Role("周伯")), KNOWN, read_cast(path))
    assert again.entries == cast.entries
