"""Values that exist nowhere else: planted in every field, and looked for where they do not belong."""

import re

from tests.live.application import ADMIN_TOKEN

NAME, NOTES, SEARCH, QUERY = "Canaryname", "canarynotes", "canarysearch", "canaryquery"
LOCAL_PART = "canarymail"
PHONE = "+44 20 7946 0817"
NUMBER = "2079460817"
KEY = "canary-idempotency-key"
METRICS_TOKEN = "the-metrics-token-of-these-tests-canarymetrics"
STORAGE_SECRET = "the-storage-secret-of-these-tests-canarystorage"


class Planted:
    """What must not be seen anywhere, and who was given it."""

    def __init__(self) -> None:
        self.words = {NAME, NOTES, SEARCH, QUERY, LOCAL_PART, KEY, "canarymetrics", "canarystorage", ADMIN_TOKEN}
        self.codes: set[str] = set()

    def found_in(self, text: str) -> set[str]:
        """Those that are in a text, however numbers are grouped and letters cased there."""
        folded = text.casefold()
        found = {word for word in self.words if word.casefold() in folded}
        found |= {code for code in self.codes if re.search(rf"(?<![\d.]){code}(?![\d])", text)}
        return found | ({NUMBER} if NUMBER in re.sub(r"[\s()-]", "", text) else set())
