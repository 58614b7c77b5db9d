"""Looks for secrets in what is kept under version control: keys, tokens, passwords in addresses.

Run it as `python -m tests.security.leaked`; it prints where it found something, never what, and asks nobody whether a
secret works.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from multiprocessing import Pool
from pathlib import Path

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).parents[2]
PLUGINS = (
    "ArtifactoryDetector", "AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector", "CloudantDetector",
    "DiscordBotTokenDetector", "GitHubTokenDetector", "GitLabTokenDetector", "IbmCloudIamDetector",
    "IbmCosHmacDetector", "IPPublicDetector", "JwtTokenDetector", "KeywordDetector", "MailchimpDetector",
    "NpmDetector", "OpenAIDetector", "PrivateKeyDetector", "PypiTokenDetector", "SendGridDetector",
    "SlackDetector", "SoftlayerDetector", "SquareOAuthDetector", "StripeDetector", "TelegramBotTokenDetector",
    "TwilioKeyDetector",
)  # fmt: skip
LIMITS = [{"name": "Base64HighEntropyString", "limit": 4.5}, {"name": "HexHighEntropyString", "limit": 3.0}]
NOT_TEXT = {".woff2", ".webp", ".png", ".po"}
HASHES = {"requirements", "data"}
"""Folders of digests and of ids: locks, and the original's export."""
INVENTED = re.compile(
    r"[0-9a-fA-F]{23,26}"  # an ObjectId, or nearly one
    r"|(?:the|a|an|another)-[a-z-]+|measured|password|secret|hush|wrong|p%3A%2Fw"  # what tests and examples call theirs
    r"|expert-booking-[a-z]+"  # names of things in deploy
    r"|PORT=\d+.*"
)
"""What looks like a secret and says itself that it is none."""


def main() -> None:
    """Name every place under version control; fail if there is one."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    with Pool(2) as pool:
        found = list(chain(*pool.map(leaked, filter(is_looked_at, paths), chunksize=20)))
    sys.exit("\n".join(found) or None)


def is_looked_at(path: Path) -> bool:
    """Whether a file is text that somebody wrote."""
    return path.is_file() and path.suffix not in NOT_TEXT and path.parent.name not in HASHES


def leaked(path: Path) -> list[str]:
    """Where a file has a secret, and of which kind."""
    with transient_settings({"plugins_used": [*({"name": name} for name in PLUGINS), *LIMITS]}):
        return list(_said(path))


def _said(path: Path) -> Iterator[str]:
    found: Iterable = scan_file(str(path))
    for secret in sorted(found, key=lambda secret: secret.line_number):
        if not INVENTED.fullmatch(secret.secret_value or ""):
            yield f"{path}:{secret.line_number}: {secret.type}"


if __name__ == "__main__":
    main()
