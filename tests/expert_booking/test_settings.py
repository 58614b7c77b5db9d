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
    assert [line.split()[0] for line in lines[1:]] == ["PORT", "MONGO_URI", "STORAGE_SECRET", "ADMIN_TOKEN"]


def test_production_starts_with_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("MONGO_URI", "mongodb://database")
    monkeypatch.setenv("STORAGE_SECRET", LONG)

    assert load_settings().is_production


@pytest.mark.parametrize("name", ["STORAGE_SECRET", "ADMIN_TOKEN", "METRICS_TOKEN", "MONGO_URI"])
def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv(name, "hush")

    with pytest.raises(SettingsError) as raised:
        load_settings()

    assert name in str(raised.value)
    assert "hush" not in str(raised.value)


def test_secrets_are_left_out_of_a_printed_settings() -> None:
    settings = Settings(storage_secret=LONG, admin_token=LONG, mongo_uri="mongodb://me:hush@database")

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

    defaults = {name.upper(): field.default for name, field in Settings.model_fields.items()}
    assert dict(rows) == {name: str(value) if value not in (None, ()) else "" for name, value in defaults.items()}


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
