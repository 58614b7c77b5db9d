"""The settings, read once at start from the environment and an optional `.env` file."""

import os
import secrets
from collections.abc import Iterator
from enum import StrEnum
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from pydantic import BeforeValidator, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from expert_booking.countries import country_code

SHORTEST_SECRET = 32
MAKE_A_SECRET = "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
ChangeStreams = Literal["auto", "on", "off"]
OnOff = Literal["on", "off"]


# What a person is told instead of pydantic's sentences; any other kind of error keeps pydantic's own.
PROBLEMS = {
    "int_parsing": "is not a whole number",
    "float_parsing": "is not a number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "string_pattern_mismatch": "may hold letters, digits, - and _ only, 63 at most",
    "value_error": "{error}",
}


class SettingsError(RuntimeError):
    """The text has one line for each setting that is wrong, and never a secret's value."""


class Environment(StrEnum):
    """Production refuses to start where development makes do."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


def _split_at_commas(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class Settings(BaseSettings):
    """Each field is the environment variable of the same name in capitals; `.env.example` lists them all."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        case_sensitive=False,
        extra="ignore",
        frozen=True,
        validate_default=True,
    )

    # First, because what the others must be depends on it.
    environment: Annotated[Environment, BeforeValidator(_lower)] = Environment.DEVELOPMENT
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    public_url: str | None = None
    cors_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_at_commas)] = ()
    log_level: Annotated[LogLevel, BeforeValidator(_upper)] = "INFO"

    mongo_uri: str | None = Field(default=None, repr=False)
    database_name: str = Field(default="expert_booking", pattern=r"^[A-Za-z0-9_-]{1,63}$")
    database_timeout_seconds: float = Field(default=2.0, ge=0.1, le=60)
    change_streams: Annotated[ChangeStreams, BeforeValidator(_lower)] = "auto"
    data_dir: Path = Path("data")

    storage_secret: str | None = Field(default=None, repr=False)
    admin_token: str | None = Field(default=None, repr=False)
    metrics_token: str | None = Field(default=None, repr=False)

    smtp_url: str | None = Field(default=None, repr=False)
    mail_from: str | None = None
    reminder_hours: Annotated[tuple[float, ...], NoDecode, BeforeValidator(_split_at_commas)] = (24, 1)

    email_verification: Annotated[OnOff, BeforeValidator(_lower)] = "on"
    admin_emails: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_at_commas)] = ()
    rate_limits: Annotated[OnOff, BeforeValidator(_lower)] = "on"
    sockets_per_address: int = Field(default=200, ge=1, le=100_000)
    trusted_proxies: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_at_commas)] = ()

    hold_minutes: int = Field(default=5, ge=1, le=60)
    minimum_notice_minutes: int = Field(default=0, ge=0, le=7 * 24 * 60)
    default_country: str = "US"
    request_lapses_hours: float = Field(default=48, ge=0.1, le=24 * 60)
    change_notice_minutes: int = Field(default=0, ge=0, le=28 * 24 * 60)
    offer_minutes: int = Field(default=30, ge=1, le=24 * 60)
    reconnect_seconds: int = Field(default=10, ge=1, le=300)
    recovery_interval_seconds: int = Field(default=60, ge=1, le=3600)

    demo_experts: int = Field(default=24, ge=0, le=10_000)
    demo_days: int = Field(default=14, ge=1, le=90)

    @property
    def is_production(self) -> bool:
        """Whether the strict rules hold: secrets given from outside, no demo experts, secure cookies."""
        return self.environment is Environment.PRODUCTION

    @property
    def follows_changes(self) -> bool:
        """Whether to be told what other processes write; nobody else writes to an embedded server, unless asked for."""
        return self.change_streams == "on" or (self.change_streams == "auto" and self.mongo_uri is not None)

    @field_validator("public_url")
    @classmethod
    def _is_a_web_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        address = urlsplit(value)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError("must begin with http:// or https:// and name a host")
        return value.rstrip("/")

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            address = urlsplit(origin)
            if origin != f"{address.scheme}://{address.netloc}" or address.scheme not in ("http", "https"):
                raise ValueError("must be origins such as https://example.org, without a path, separated by commas")
        return value

    @field_validator("mongo_uri")
    @classmethod
    def _is_a_database_address(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and _in_production(info):
            raise ValueError("is missing: give the address of a MongoDB server, mongodb://...")
        if value is not None and not value.startswith(("mongodb://", "mongodb+srv://")):
            raise ValueError("must begin with mongodb:// or mongodb+srv://")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _is_a_mail_server(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and _in_production(info):
            raise ValueError("is missing: give the address of a mail server, smtps://user:password@host:465")
        if value is not None:
            address = urlsplit(value)
            if address.scheme not in ("smtp", "smtps") or not address.hostname:
                raise ValueError("must begin with smtp:// or smtps:// and name a host")
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_a_sender(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and _in_production(info):
            raise ValueError("is missing: give the address that mail comes from, such as booking@example.org")
        return None if value is None else _address(value)

    @field_validator("reminder_hours")
    @classmethod
    def _are_hours(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0 < hours <= 24 * 28 for hours in value):
            raise ValueError("must be hours before the session, up to 672, separated by commas")
        return tuple(sorted(value, reverse=True))

    @field_validator("email_verification", "rate_limits")
    @classmethod
    def _is_off_at_home_only(cls, value: str, info: ValidationInfo) -> str:
        if value == "off" and _in_production(info):
            raise ValueError("may be off in development only")
        return value

    @field_validator("email_verification")
    @classmethod
    def _is_off_on_this_machine_only(cls, value: str, info: ValidationInfo) -> str:
        if value == "off" and not is_loopback(info.data.get("host", "")):
            raise ValueError("may be off only while HOST is this machine itself, such as 127.0.0.1")
        return value

    @field_validator("admin_emails")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_address(each) for each in value)

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(str(ip_network(each)) for each in value)
        except ValueError:
            raise ValueError("must be addresses or networks such as 10.0.0.0/8, separated by commas") from None

    @field_validator("default_country")
    @classmethod
    def _is_a_country(cls, value: str) -> str:
        code = country_code(value)
        if code is None:
            raise ValueError("must be an ISO 3166-1 code of two letters, such as GB")
        return code

    @field_validator("storage_secret")
    @classmethod
    def _is_given_in_production(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and _in_production(info):
            raise ValueError(f"is missing; {MAKE_A_SECRET}")
        return value

    @field_validator("storage_secret", "admin_token", "metrics_token")
    @classmethod
    def _is_long_enough(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and len(value) < SHORTEST_SECRET and _in_production(info):
            raise ValueError(f"is shorter than {SHORTEST_SECRET} characters; {MAKE_A_SECRET}")
        return value

    def resolve_storage_secret(self) -> str:
        """The key that signs the cookies: the one given, or else one made once and kept in `data_dir`.

        Raises:
            SettingsError: the kept one cannot be read or written.
        """
        if self.storage_secret is not None:
            return self.storage_secret
        path = self.data_dir / "storage_secret"
        try:
            return _kept_secret(path)
        except OSError as error:
            raise SettingsError(f"DATA_DIR: cannot keep a secret in {path} ({error.strerror}).") from error


def load_settings(env_file: Path | None = Path(".env")) -> Settings:
    """The settings of this process; the environment wins over `env_file`.

    Raises:
        SettingsError: naming everything that is wrong at once.
    """
    try:
        return Settings(_env_file=env_file)
    except ValidationError as error:
        raise SettingsError("\n".join(["The settings are not right:", *_problems(error)])) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{env_file} is not a text file in UTF-8: save it again as UTF-8.") from None


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _address(value: str) -> str:
    try:
        return validate_email(value, check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValueError("must be an e-mail address, such as booking@example.org") from None


def _in_production(info: ValidationInfo) -> bool:
    return info.data.get("environment") is Environment.PRODUCTION


def _problems(error: ValidationError) -> Iterator[str]:
    for details in error.errors(include_url=False):
        yield f"  {_problem(details)}"


def _problem(details: ErrorDetails) -> str:
    name = str(details["loc"][0])
    field = Settings.model_fields[name]
    template = PROBLEMS.get(details["type"])
    problem = template.format(**details.get("ctx", {})) if template else details["msg"]
    # A setting that is left out of a printed Settings may hold a password.
    given = f" (it is {details['input']!r})" if field.repr and details["input"] is not None else ""
    default = ",".join(map(str, field.default)) if isinstance(field.default, tuple) else field.default
    advice = f"; left out, it is {default}" if default not in (None, "") else ""
    return f"{name.upper()} {problem}{given}{advice}."


def _kept_secret(path: Path) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Exclusive, so that of two processes starting at once only one makes the secret.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        secret = path.read_text(encoding="utf-8").strip()
        if len(secret) < SHORTEST_SECRET:
            raise SettingsError(f"{path} holds no usable secret: remove it and start again.") from None
        return secret
    secret = secrets.token_urlsafe(SHORTEST_SECRET)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secret)
    return secret
