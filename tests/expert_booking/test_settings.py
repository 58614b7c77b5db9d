import re
import stat
from pathlib import Path

import pytest

from expert_booking.settings import Environment, Settings, SettingsError, load_settings

ROOT = Path(__file__).parents[2]
LONG = "x" * 40
FIELDS = {name.upper() for name in Settings.model_fields}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in FIELDS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_defaults_suit_a_developer() -> None:
    settings = load_settings()

    assert settings.environment is Environment.DEVELOPMENT
    assert (settings.host, settings.port, settings.mongo_uri) == ("127.0.0.1", 8080, None)


def test_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=8081\nhold_minutes=7\nUNKNOWN=1\n")
    monkeypatch.setenv("PORT", "8082")

    settings = load_settings()

    assert (settings.port, settings.hold_minutes) == (8082, 7)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 1  # type: ignore[misc]


def test_cors_origins_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example, http://b.example:81,")

    assert load_settings().cors_origins == ("https://a.example", "http://b.example:81")


def test_every_wrong_value_gets_one_readable_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "abc")
    monkeypatch.setenv("HOLD_MINUTES", "0")
    monkeypatch.setenv("LOG_LEVEL", "loud")
    monkeypatch.setenv("CORS_ORIGINS", "*")
    monkeypatch.setenv("PUBLIC_URL", "booking.example")

    with pytest.raises(SettingsError) as raised:
        load_settings()

    assert str(raised.value).splitlines() == [
        "The settings are not right:",
        "  PORT is not a whole number (it is 'abc'); left out, it is 8080.",
        "  PUBLIC_URL must begin with http:// or https:// and name a host (it is 'booking.example').",
        "  CORS_ORIGINS must be origins such as https://example.org, without a path, separated by commas (it is '*').",
        "  LOG_LEVEL must be 'DEBUG', 'INFO', 'WARNING' or 'ERROR' (it is 'LOUD'); left out, it is INFO.",
        "  HOLD_MINUTES must be at least 1 (it is '0'); left out, it is 5.",
    ]


def test_production_names_everything_it_lacks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "Production")
    monkeypatch.setenv("ADMIN_TOKEN", "short-token")
    monkeypatch.setenv("PORT", "0")

    with pytest.raises(SettingsError) as raised:
        load_settings()

    lines = str(raised.value).splitlines()
    wrong = ["PORT", "MONGO_URI", "STORAGE_SECRET", "ADMIN_TOKEN", "SMTP_URL", "MAIL_FROM"]
    assert [line.split()[0] for line in lines[1:]] == wrong


def test_production_starts_with_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("MONGO_URI", "mongodb://database")
    monkeypatch.setenv("STORAGE_SECRET", LONG)
    monkeypatch.setenv("SMTP_URL", "smtps://mail.example.org")
    monkeypatch.setenv("MAIL_FROM", "booking@example.org")

    assert load_settings().is_production


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("SMTP_URL", "mail.example.org:587", "must begin with smtp:// or smtps:// and name a host."),
        ("MAIL_FROM", "booking", "must be an e-mail address, such as booking@example.org (it is 'booking')."),
        ("MAIL_FROM", "a@example.org\nBcc: b@example.org", "must be an e-mail address, such as booking@example.org"),
        ("REMINDER_HOURS", "24,0", "must be hours before the session, up to 672, separated by commas (it is '24,0')"),
        ("REMINDER_HOURS", "673", "must be hours before the session, up to 672, separated by commas (it is '673')"),
        ("REMINDER_HOURS", "soon", "is not a number (it is 'soon'); left out, it is 24,1."),
        ("EMAIL_VERIFICATION", "maybe", "must be 'on' or 'off' (it is 'maybe'); left out, it is on."),
        ("RATE_LIMITS", "100", "must be 'on' or 'off' (it is '100'); left out, it is on."),
        ("ADMIN_EMAILS", "carol@example.org,dave", "must be an e-mail address, such as booking@example.org"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,*", "must be addresses or networks such as 10.0.0.0/8, separated by commas"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "must be addresses or networks such as 10.0.0.0/8, separated by commas"),
        ("TRUSTED_PROXIES", "proxy.example", "must be addresses or networks such as 10.0.0.0/8, separated by commas"),
    ],
)
def test_what_is_wrong_with_a_setting_is_said(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as raised:
        load_settings()

    assert str(raised.value).splitlines()[1].startswith(f"  {name} {problem}")


def test_lists_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMINDER_HOURS", "0.5, 48,24")
    monkeypatch.setenv("ADMIN_EMAILS", "carol@example.org, dave@EXAMPLE.org")
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1,2001:db8::/32")

    settings = load_settings()

    assert settings.reminder_hours == (48, 24, 0.5)
    assert settings.admin_emails == ("carol@example.org", "dave@example.org")
    assert settings.trusted_proxies == ("10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32")


@pytest.mark.parametrize("name", ["EMAIL_VERIFICATION", "RATE_LIMITS"])
@pytest.mark.parametrize("environment", ["development", "production"])
def test_what_keeps_visitors_safe_is_off_in_development_only(
    monkeypatch: pytest.MonkeyPatch, name: str, environment: str
) -> None:
    given = {"ENVIRONMENT": environment, "MONGO_URI": "mongodb://database", "STORAGE_SECRET": LONG}
    given |= {"SMTP_URL": "smtp://mail.example.org", "MAIL_FROM": "booking@example.org", name: "off"}
    for each, value in given.items():
        monkeypatch.setenv(each, value)

    if environment == "development":
        assert getattr(load_settings(), name.lower()) == "off"
    else:
        with pytest.raises(SettingsError, match=f"{name} may be off in development only"):
            load_settings()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "booking.example.org"])
def test_bookings_are_not_shown_to_all_the_world(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("EMAIL_VERIFICATION", "off")
    monkeypatch.setenv("HOST", host)

    with pytest.raises(SettingsError, match="EMAIL_VERIFICATION may be off only while HOST is this machine itself"):
        load_settings()


@pytest.mark.parametrize("name", ["STORAGE_SECRET", "ADMIN_TOKEN", "METRICS_TOKEN", "MONGO_URI", "SMTP_URL"])
def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv(name, "hush")

    with pytest.raises(SettingsError) as raised:
        load_settings()

    assert name in str(raised.value)
    assert "hush" not in str(raised.value)


def test_secrets_are_left_out_of_a_printed_settings() -> None:
    settings = Settings(
        storage_secret=LONG, admin_token=LONG, mongo_uri="mongodb://me:hush@database", smtp_url="smtp://me:hush@mail"
    )

    assert not re.search(f"{LONG}|hush", f"{settings!r} {settings}")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PORT=\xff\xfe")

    with pytest.raises(SettingsError, match=r"\.env is not a text file"):
        load_settings()


def test_development_makes_one_secret_and_keeps_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")

    secret = settings.resolve_storage_secret()

    assert len(secret) >= 32
    assert settings.resolve_storage_secret() == secret
    assert stat.S_IMODE((tmp_path / "data" / "storage_secret").stat().st_mode) == 0o600


def test_a_given_secret_is_used_and_nothing_is_kept(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, storage_secret=LONG)

    assert settings.resolve_storage_secret() == LONG
    assert not (tmp_path / "storage_secret").exists()


def test_an_emptied_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "storage_secret").touch()

    with pytest.raises(SettingsError, match="remove it and start again"):
        Settings(data_dir=tmp_path).resolve_storage_secret()


def test_a_data_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").touch()

    with pytest.raises(SettingsError, match="DATA_DIR"):
        Settings(data_dir=tmp_path / "data").resolve_storage_secret()


def test_example_file_lists_every_setting_with_its_default() -> None:
    example = ROOT / ".env.example"

    listed = re.findall(r"^([A-Z_]+)=", example.read_text(), re.MULTILINE)

    assert sorted(listed) == sorted(FIELDS)
    assert load_settings(example) == load_settings(None)


def test_readme_lists_every_setting_with_its_default() -> None:
    section = (ROOT / "README.md").read_text().partition("\n## Settings\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([A-Z_]+)` \| (?:`(.*?)`|-) \| .+ \|$", section, re.MULTILINE)

    assert dict(rows) == {name.upper(): shown_default(field.default) for name, field in Settings.model_fields.items()}


def shown_default(value: object) -> str:
    if value is None:
        return ""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


@pytest.mark.parametrize(
    ("change_streams", "uri", "follows"),
    [
        ("auto", None, False),
        ("auto", "mongodb://database", True),
        ("On", None, True),
        ("off", "mongodb://database", False),
    ],
)
def test_changes_of_others_are_followed_where_there_can_be_others(
    change_streams: str, uri: str | None, follows: bool
) -> None:
    assert Settings(change_streams=change_streams, mongo_uri=uri).follows_changes is follows
