"""The API against requests that a machine makes up from its description; `make fuzz` goes on for longer."""

from pathlib import Path

from tests.security.fuzzing import fuzz


def test_no_made_up_request_breaks_the_api_or_its_description(tmp_path: Path) -> None:
    fuzzed = fuzz(tmp_path, examples=2, seed=1)

    assert fuzzed.failures == [], fuzzed.output
    assert fuzzed.server_errors == 0
    assert fuzzed.never_succeeded == set()
    assert fuzzed.cases > 400
