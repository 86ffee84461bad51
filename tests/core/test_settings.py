"""The choices of the deployer: where they come from, what is made, and what is refused without telling a secret."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import kept_secret, load_settings

POSTGRES = "postgresql://gongdan@db/gongdan"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_without_any_choice_everything_lies_in_the_data_folder(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.database_url == f"sqlite:///{tmp_path}/data/gongdan.db"
    assert settings.storage_url == f"file://{tmp_path}/data/media"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.telegram.token is None


def test_the_environment_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gongdan.toml").write_text(
        'public_url = "https://file.example"\ntrusted_proxies = "10.0.0.1"\n[telegram]\ntoken = "1:from-file"\n'
    )
    monkeypatch.setenv("GONGDAN_PUBLIC_URL", "https://env.example/")
    monkeypatch.setenv("GONGDAN_TELEGRAM__TOKEN", "1:from-env")
    settings = load_settings()
    assert (settings.public_url, settings.trusted_proxies) == ("https://env.example", "10.0.0.1")
    assert settings.telegram.token is not None
    assert settings.telegram.token.get_secret_value() == "1:from-env"


@pytest.mark.parametrize(
    ("name", "value", "missing"),
    [
        ("GONGDAN_TELEGRAM__SECRET", "hush-hush", "GONGDAN_TELEGRAM__TOKEN"),
        ("GONGDAN_TELEGRAM__TOKEN", " ", "GONGDAN_TELEGRAM__TOKEN"),
        ("GONGDAN_TELEGRAM__MODE", "pigeon", "GONGDAN_TELEGRAM__MODE"),
        ("GONGDAN_WECOM__SECRET", "hush-hush", "GONGDAN_WECOM__CORP_ID, GONGDAN_WECOM__AGENT_ID"),
        ("GONGDAN_WXA__TOKEN", "hush-hush", "GONGDAN_WXA__APP_ID, GONGDAN_WXA__APP_SECRET, GONGDAN_WXA__AES_KEY"),
        ("GONGDAN_DATABASE_URL", POSTGRES, "GONGDAN_SECRET_KEY"),
    ],
)
def test_a_half_set_channel_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, missing: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert missing in str(refused.value)
    assert "hush-hush" not in str(refused.value)


@pytest.mark.parametrize(
    "name", ["GONGDAN_WECHAT__TEMPLATES", "GONGDAN_WECOM__ROBOTS", "GONGDAN_WEB__ORIGINS", "GONGDAN_WXA"]
)
def test_what_must_be_json_and_is_not_is_named_with_an_example(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("GONGDAN_WECHAT__APP_ID", "hush-hush")
    monkeypatch.setenv(name, "managers=hush-hush")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert refused.value.facts["problem"].startswith(f"{name} must be JSON, for example ")
    assert refused.value.facts["problem"].count("must be") == 1
    assert "hush-hush" not in str(refused.value)


@pytest.mark.parametrize("address", ["api.weixin.qq.com", "ftp://api.weixin.qq.com", "https://", ""])
def test_an_address_of_a_platform_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("GONGDAN_WECHAT__BASE_URL", address)
    with pytest.raises(SettingsError, match="GONGDAN_WECHAT__BASE_URL must begin with https://"):
        load_settings()


PLATFORMS = {
    "wechat": "app_id app_secret token aes_key",
    "wecom": "corp_id agent_id secret token aes_key",
    "dingtalk": "client_id client_secret robot_code",
    "feishu": "app_id app_secret encrypt_key verification_token",
    "wxa": "app_id app_secret",
}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_is_off_or_whole(platform: str) -> None:
    names = PLATFORMS[platform].split()
    assert not getattr(load_settings(), platform).is_on
    assert not getattr(load_settings(**{platform: {"base_url": "http://127.0.0.1:9"}}), platform).is_on
    whole = getattr(load_settings(**{platform: dict.fromkeys(names, " s ")}), platform)
    assert (whole.is_on, whole.plain(names[0])) == (True, "s")


@pytest.mark.parametrize(
    ("platform", "name"), [(one, name) for one, all_ in PLATFORMS.items() for name in all_.split()]
)
@pytest.mark.parametrize("blank", [None, " "])
def test_each_missing_or_blank_value_is_named(platform: str, name: str, blank: str | None) -> None:
    given = dict.fromkeys(PLATFORMS[platform].split(), "hush-hush") | {name: blank}
    with pytest.raises(SettingsError) as refused:
        load_settings(**{platform: given})
    assert f"GONGDAN_{platform.upper()}__{name.upper()} missing" in str(refused.value)
    assert "hush-hush" not in str(refused.value)


def test_a_plain_account_needs_no_key_and_digits_no_quotes(tmp_path: Path) -> None:
    (tmp_path / "gongdan.toml").write_text(
        '[wechat]\nmode = "plain"\napp_id = "wx1"\napp_secret = "s"\ntoken = "t"\n'
        '[wecom]\ncorp_id = "c"\nagent_id = 1000002\nsecret = "s"\ntoken = "t"\naes_key = "k"\nrobots = {ops = "key"}\n'
    )
    settings = load_settings()
    assert settings.wechat.is_on
    assert settings.wecom.agent_id == "1000002"
    assert settings.wecom.robots["ops"].get_secret_value() == "key"
    assert "'key'" not in repr(settings)


def test_a_webhook_without_a_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGDAN_TELEGRAM__TOKEN", "1:a-token-to-hide")
    monkeypatch.setenv("GONGDAN_TELEGRAM__MODE", "webhook")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert "GONGDAN_TELEGRAM__SECRET" in str(refused.value)
    assert "a-token-to-hide" not in str(refused.value)


def test_secrets_stay_out_of_what_is_printed() -> None:
    settings = load_settings(secret_key="hush-hush", signing_key="42" * 32, telegram={"token": "1:a-token-to-hide"})
    shown = f"{settings!r} {settings}"
    assert not any(secret in shown for secret in ("hush-hush", "42" * 32, "a-token-to-hide"))


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    assert load_settings().key == load_settings().key
    assert len(load_settings().key) == 64
    assert stat.S_IMODE((tmp_path / "data/secret.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_key_is_no_key(empty: str) -> None:
    """Buttons signed with nothing could be made by anybody."""
    assert load_settings(secret_key=empty).key == load_settings().key != empty.encode()
    with pytest.raises(SettingsError):
        load_settings(secret_key=empty, database_url=POSTGRES)


def test_all_who_make_a_key_at_once_get_the_same(tmp_path: Path) -> None:
    ready, found = threading.Barrier(16, timeout=20), []

    def make() -> None:
        ready.wait()
        found.append(kept_secret(tmp_path / "new/secret.key"))

    threads = [threading.Thread(target=make) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 16
    assert set(found) == {(tmp_path / "new/secret.key").read_text()}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret.key"]
