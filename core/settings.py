"""The only reader of the environment and of gongdan.toml."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from core.errors import SettingsError


class TelegramSettings(BaseModel):
    """A Telegram bot. Off without a token; webhook mode refuses to run without a secret.

    `per_second`: messages of the whole bot; Telegram allows about 30, more to those who pay for it or run their own
    Bot API server. `per_chat_second`: messages of one chat; Telegram allows about one, and short bursts.
    """

    token: SecretStr | None = None
    secret: SecretStr | None = None
    base_url: str = "https://api.telegram.org"
    mode: Literal["polling", "webhook"] = "polling"
    per_second: float = Field(default=24, gt=0, le=1000)
    per_chat_second: float = Field(default=0.8, gt=0, le=100)

    @model_validator(mode="after")
    def _complete(self) -> TelegramSettings:
        if self.secret and not self.token:
            raise ValueError("GONGDAN_TELEGRAM__TOKEN is missing beside the secret")
        if self.token and self.mode == "webhook" and not _filled(self.secret):
            raise ValueError("GONGDAN_TELEGRAM__SECRET is missing: webhook mode needs it")
        if self.token is not None and not _filled(self.token):
            raise ValueError("GONGDAN_TELEGRAM__TOKEN is empty")
        return self


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
