import json
import os
import stat

import pytest
from click.testing import CliRunner

from tts_engine.cli.root import group
from tts_engine.errors import AccessError, ConfigError, ControlError
from tts_engine.service.keys import FILE, KeyFile
from tts_engine.settings import Settings


@pytest.fixture
def keys(tmp_path):
    return KeyFile(tmp_path / "data")


def test_a_key_opens_and_nothing_near_it_does(keys):
    key, secret = keys.create("phone")
    assert keys.check(secret).id == key.id
    for wrong in ("", secret[:-1], secret + "A", secret.replace(key.id, "00000000"), secret.upper(), "tts_x_y", "☃"):
        with pytest.raises(AccessError) as refused:
            keys.check(wrong)
        assert refused.value.code == "key_invalid"


def test_the_secret_of_one_key_does_not_open_another(keys):
    first, secret = keys.create("a")
    second, _ = keys.create("a")
    with pytest.raises(AccessError):
        keys.check(secret.replace(first.id, second.id))


def test_no_secret_is_in_the_file_and_only_its_owner_reads_it(keys):
    _, secret = keys.create("phone")
    assert secret.split("_", 2)[2] not in keys.path.read_text()
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.path.parent.stat().st_mode) == 0o700
    assert [path.name for path in keys.path.parent.iterdir() if path.suffix == ".part"] == []


def test_a_revoked_key_is_refused_at_once_by_who_has_read_it_before(keys):
    key, secret = keys.create("phone")
    running = KeyFile(keys.path.parent)
    running.check(secret)
    KeyFile(keys.path.parent).revoke("phone")
    with pytest.raises(AccessError) as refused:
        running.check(secret)
    assert refused.value.code == "key_revoked"
    assert running.good(key.id) is None
    assert not running.has_any


def test_several_keys_live_side_by_side(keys):
    secrets = [keys.create(name)[1] for name in "abc"]
    keys.revoke("b")
    assert [keys.check(secrets[number]).name for number in (0, 2)] == ["a", "c"]
    assert len(keys.keys()) == 3


def test_revoking_needs_one_key(keys):
    keys.create("twin")
    keys.create("twin")
    for which in ("twin", "nobody"):
        with pytest.raises(ControlError):
            keys.revoke(which)


@pytest.mark.parametrize(("name", "rate"), [("", None), (" ", None), ("x" * 65, None), ("a\nb", None), ("a", 0)])
def test_what_cannot_be_a_key(keys, name, rate):
    with pytest.raises(ControlError):
        keys.create(name, requests_per_minute=rate)
    assert not keys.path.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"keys": [{"id": "x"}]}', '{"keys": 1}'])
def test_a_damaged_file_opens_nothing(keys, content):
    _, secret = keys.create("a")
    keys.path.write_text(content)
    with pytest.raises(ConfigError, match=FILE):
        keys.check(secret)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigError, match="TTS_DATA"):
        KeyFile(tmp_path / "data").create("a")


def test_the_command_makes_lists_and_revokes(tmp_path):
    def run(*arguments):
        done = CliRunner().invoke(group, ["keys", *arguments], obj=None, env={"TTS_DATA": str(tmp_path)})
        assert done.exit_code == 0, done.output
        return done

    secret = run("create", "phone", "--rate", "5").stdout.strip()
    assert KeyFile(Settings(data=tmp_path).data).check(secret).requests_per_minute == 5
    (row,) = json.loads(run("list", "--json").stdout)
    assert row["name"] == "phone" and row["revoked"] is None and not {"digest", "salt"} & set(row)
    assert secret not in run("list").output
    run("revoke", row["id"])
    assert "revoked" in run("list").stdout
