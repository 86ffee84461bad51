"""The only reader of the environment and of gongdan.toml."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, get_origin
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as NotJson

from core.errors import SettingsError


class Platform(BaseModel):
    """An account of a chat platform. Off where none of its own values is given; half-set is refused at the start.

    A value without a default is needed, unless `needs` says otherwise. One that is given but blank is missing: a
    check against an empty secret would let everybody in.
    """

    PREFIX: ClassVar[str] = ""

    model_config = ConfigDict(coerce_numbers_to_str=True)  # an id of digits need not be quoted in gongdan.toml

    @property
    def is_on(self) -> bool:
        return any(self.plain(name) for name in self._own())

    def plain(self, name: str) -> str:
        """A value as text, also of a secret; empty where it is not given."""
        value = getattr(self, name)
        told = value.get_secret_value() if isinstance(value, SecretStr) else value or ""
        return str(told).strip()

    def needs(self) -> Sequence[str]:
        return self._own()

    @model_validator(mode="after")
    def _addressed(self) -> Self:
        parts = urlsplit(getattr(self, "base_url", "") or "")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{self._full('base_url')} must begin with https:// or http://")
        return self

    @model_validator(mode="after")
    def _complete(self) -> Self:
        given = [name for name in self._own() if getattr(self, name) is not None]
        missing = [name for name in self.needs() if not self.plain(name)] if given else []
        missing += [name for name in given if name not in missing and not self.plain(name)]
        if missing:
            beside = [name for name in given if name not in missing]
            names = ", ".join(self._full(name) for name in missing)
            raise ValueError(f"{names} missing" + (f" beside {self._full(beside[0])}" if beside else ""))
        return self

    @classmethod
    def _own(cls) -> list[str]:
        """The values that nothing stands in for."""
        return [name for name, field in cls.model_fields.items() if field.default is None]

    @classmethod
    def _full(cls, name: str) -> str:
        return f"GONGDAN_{cls.PREFIX}__{name.upper()}"


class TelegramSettings(Platform):
    """A Telegram bot; webhook mode refuses to run without a secret.

    `per_second`: messages of the whole bot; Telegram allows about 30, more to those who pay for it or run their own
    Bot API server. `per_chat_second`: messages of one chat; Telegram allows about one, and short bursts.
    """

    PREFIX = "TELEGRAM"

    token: SecretStr | None = None
    secret: SecretStr | None = None
    base_url: str = "https://api.telegram.org"
    mode: Literal["polling", "webhook"] = "polling"
    per_second: float = Field(default=24, gt=0, le=1000)
    per_chat_second: float = Field(default=0.8, gt=0, le=100)

    def needs(self) -> Sequence[str]:
        return ("token", "secret") if self.mode == "webhook" else ("token",)


class WeChatSettings(Platform):
    """An Official Account. `mode`: plain takes messages that are neither encrypted nor covered by their signature.

    `templates`: by purpose of a message, the template that may go out when its window is closed.
    """

    PREFIX = "WECHAT"

    app_id: str | None = None
    app_secret: SecretStr | None = None
    token: SecretStr | None = None
    aes_key: SecretStr | None = None
    base_url: str = "https://api.weixin.qq.com"
    mode: Literal["safe", "plain"] = "safe"
    templates: dict[str, str] = {}

    def needs(self) -> Sequence[str]:
        return [name for name in self._own() if name != "aes_key" or self.mode == "safe"]


class WeComSettings(Platform):
    """An app of WeCom. `robots`: by name, the key of a group robot that takes digests."""

    PREFIX = "WECOM"

    corp_id: str | None = None
    agent_id: str | None = None
    secret: SecretStr | None = None
    token: SecretStr | None = None
    aes_key: SecretStr | None = None
    base_url: str = "https://qyapi.weixin.qq.com"
    robots: dict[str, SecretStr] = {}


class DingTalkSettings(Platform):
    """An app of DingTalk. `card_template`: the interactive card with buttons; links go out without one.

    `robots`: by name, the access token of a group robot, and behind a space its signing secret.
    """

    PREFIX = "DINGTALK"

    client_id: str | None = None
    client_secret: SecretStr | None = None
    robot_code: str | None = None
    base_url: str = "https://api.dingtalk.com"
    mode: Literal["stream", "webhook"] = "stream"
    card_template: str = ""
    robots: dict[str, SecretStr] = {}


class FeishuSettings(Platform):
    """An app of Feishu, or of Lark with another address."""

    PREFIX = "FEISHU"

    app_id: str | None = None
    app_secret: SecretStr | None = None
    encrypt_key: SecretStr | None = None
    verification_token: SecretStr | None = None
    base_url: str = "https://open.feishu.cn"


class MiniProgramSettings(Platform):
    """A WeChat mini program; with token and key it also gets callbacks.

    `templates`: by purpose, the template of a one-time message. `page`: the page of a ticket in the mini program.
    """

    PREFIX = "WXA"

    app_id: str | None = None
    app_secret: SecretStr | None = None
    token: SecretStr | None = None
    aes_key: SecretStr | None = None
    base_url: str = "https://api.weixin.qq.com"
    templates: dict[str, str] = {}
    page: str = "pages/ticket/index?number={number}"

    def needs(self) -> Sequence[str]:
        has_callbacks = self.token is not None or self.aes_key is not None
        return self._own() if has_callbacks else ("app_id", "app_secret")


class WebSettings(BaseModel):
    """The web chat: the pages of other origins that may embed it."""

    origins: list[str] = []


class Settings(BaseSettings):
    """Every choice of the deployer. Nested names use `__`: GONGDAN_TELEGRAM__TOKEN."""

    model_config = SettingsConfigDict(
        env_prefix="GONGDAN_", env_nested_delimiter="__", toml_file="gongdan.toml", extra="ignore"
    )

    data_dir: Path = Path("data")
    database_url: str = ""
    storage_url: str = ""
    public_url: str = "http://127.0.0.1:8000"
    secret_key: SecretStr | None = None
    signing_key: SecretStr | None = None
    trusted_proxies: str = "127.0.0.1"
    demo: bool = False
    telegram: TelegramSettings = TelegramSettings()
    wechat: WeChatSettings = WeChatSettings()
    wecom: WeComSettings = WeComSettings()
    dingtalk: DingTalkSettings = DingTalkSettings()
    feishu: FeishuSettings = FeishuSettings()
    wxa: MiniProgramSettings = MiniProgramSettings()
    web: WebSettings = WebSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @model_validator(mode="after")
    def _defaults(self) -> Settings:
        self.public_url = self.public_url.rstrip("/")
        self.database_url = self.database_url or f"sqlite:///{self.data_dir.resolve()}/gongdan.db"
        self.storage_url = self.storage_url or f"file://{self.data_dir.resolve()}/media"
        if not self.is_sqlite and not _filled(self.secret_key):
            raise ValueError("GONGDAN_SECRET_KEY is required with PostgreSQL")
        return self

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @cached_property
    def key(self) -> bytes:
        """The secret that signs button tokens; made and kept in DATA_DIR where none is set."""
        if self.secret_key is not None and _filled(self.secret_key):
            return self.secret_key.get_secret_value().encode()
        return kept_secret(self.data_dir / "secret.key").encode()


def load_settings(**given: Any) -> Settings:
    """Read the settings.

    Errors: SettingsError names what is missing or wrong, never a value, because values may be secrets.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        problems = [_problem(item["loc"], item["msg"]) for item in error.errors(include_input=False)]
        raise SettingsError(problem="; ".join(problems)) from None
    except NotJson:  # it names a group of settings only
        raise SettingsError(problem="; ".join(_no_json())) from None


def _no_json() -> list[str]:
    """Which variables should be JSON and are not, each with an example. Their values may be secrets."""
    found = [(name, _example(name)) for name, value in sorted(os.environ.items()) if not _is_json(value)]
    return [f"{name} must be JSON, for example {example}" for name, example in found if example]


def _example(name: str) -> str:
    """What a variable of JSON looks like; empty for one of ours that is plain text, and for those of others."""
    prefix, _, rest = name.upper().partition("_")
    kind: Any = Settings if prefix == "GONGDAN" else None
    for part in rest.lower().split("__"):
        fields = kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}
        kind = fields[part].annotation if part in fields else None
    if get_origin(kind) is list:
        return '["https://www.example.com"]'
    is_group = isinstance(kind, type) and issubclass(kind, BaseModel)
    return '{"name": "value"}' if is_group or get_origin(kind) is dict else ""


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def language_of_terminal() -> str:
    """What the person at the command line has chosen, such as zh_CN.UTF-8; the first that is set counts."""
    told = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next(filter(None, told), "")


def close_to_others(folder: Path) -> None:
    """Let nobody but its owner enter a folder, where there is one: people, keys and links lie in it.

    A folder of somebody else's is left as it is: then they have decided who enters.
    """
    with suppress(OSError):
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)


def kept_secret(path: Path) -> str:
    """The secret kept in a file that only its owner reads; made on first use.

    It is written aside and linked into its place, so of all who make one at once one wins, and none reads half.
    """
    if path.exists():
        return path.read_text()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(aside, path)
    aside.unlink()
    return path.read_text()


def _filled(secret: SecretStr | None) -> bool:
    return bool(secret and secret.get_secret_value().strip())


def _problem(where: tuple[int | str, ...], message: str) -> str:
    name = "GONGDAN_" + "__".join(str(part).upper() for part in where) if where else ""
    return f"{name}: {message}".removeprefix(": ").replace("Value error, ", "")
