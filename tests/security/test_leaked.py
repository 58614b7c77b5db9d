"""The scan finds secrets that people leave in files, and lets through what says of itself that it is none."""

import hashlib
from pathlib import Path

import pytest

from tests.security.leaked import ROOT, is_looked_at, leaked

# In two pieces each, or the scan would find them here.
AWS_KEY = "AKIA" + "QX7ZP2LM9RTB4WNC"
PRIVATE_KEY = "-----BEGIN RSA " + "PRIVATE KEY-----"
RANDOM = "9fX2kQ7vLm" + "R4tY8wZ1cB6nHs"
DIGEST = hashlib.sha256(b"a token").hexdigest()


@pytest.mark.parametrize(
    "line",
    [
        f'key = "{AWS_KEY}"',
        f'key = """{PRIVATE_KEY}"""',
        f'STORAGE_SECRET = "{RANDOM}"',
        f'token = "{DIGEST}"',
        f"MONGO_URI=mongodb://house:{RANDOM}@db.example.org/",
        f"SMTP_URL=smtps://house:{RANDOM}@mail.example.org:465",
    ],
)
def test_a_secret_is_found_and_not_repeated(tmp_path: Path, line: str) -> None:
    file = tmp_path / "settings.py"
    file.write_text(f"first = 1\n{line}\n")

    found = leaked(file)

    assert found
    assert {said.split(": ")[0] for said in found} == {f"{file}:2"}
    assert not any(piece in said for said in found for piece in (AWS_KEY, RANDOM, DIGEST))


@pytest.mark.parametrize(
    "line",
    [
        'token = "the-admin-token-of-these-tests-and-no-other"',
        'id = "6998151da2703c790995027e"',
        "MONGO_URI=mongodb://user:password@db1,db2/",
    ],
)
def test_what_is_said_to_be_no_secret_is_let_through(tmp_path: Path, line: str) -> None:
    file = tmp_path / "settings.py"
    file.write_text(line)

    assert leaked(file) == []


def test_code_configuration_and_documents_are_looked_at() -> None:
    for name in ("main.py", ".env.example", "README.md", "deploy/compose.yaml", "pages/static/js/line.js"):
        assert is_looked_at(ROOT / name)
