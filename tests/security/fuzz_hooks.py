"""What a fuzzer cannot guess: ids that exist and tokens that open something. schemathesis loads this module.

Generated requests are valid by their form, so nearly all of them would name nobody's expert and nobody's booking. Two
of three are therefore led to something real; what else is in them stays as it was generated.
"""

import atexit
import json
import os
from collections import Counter, deque
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from schemathesis.core.parameters import ParameterLocation

from tests.security.mailbox import Mailbox

KNOWN: dict[str, Any] = json.loads(Path(os.environ["FUZZ_KNOWN"]).read_text())
COUNTS = Path(os.environ["FUZZ_COUNTS"])
ONE_STAYS_AS_IT_IS_OF = 3
ENDS_A_SIGN_IN = {"POST /api/sign-out", "POST /api/me/erase"}
MOST_SIGN_INS = 6
"""For each operation that needs fresh ones: a mail takes a moment."""

_slots = deque((expert, slot) for expert, slots in KNOWN["experts"].items() for slot in slots)
_held: deque[tuple[str, str, str]] = deque(maxlen=50)
_bookings = {name: deque(KNOWN[name], maxlen=200) for name in ("pending", "completed")}
_webhooks: deque[str] = deque(maxlen=20)
_turns = count()
_answers: Counter[str] = Counter()
_signed_in: Counter[str] = Counter()
_mailbox = Mailbox(KNOWN["mail_port"]).__enter__()
_session = _mailbox.sign_in(KNOWN["url"], KNOWN["email"])


@schemathesis.auth(refresh_interval=None)
class Proof:
    """The token that an operation needs, with the booking that it opens."""

    def get(self, case: schemathesis.Case, _context: Any) -> str:
        """A token of the kind that the operation takes, and the booking put into its address."""
        label = case.operation.label
        if "/admin/" in label and "{booking_id}" not in label:
            return str(KNOWN["admin"])
        if "/bookings/{booking_id}" not in label:
            return _fresh_sign_in(label) if label in ENDS_A_SIGN_IN else _session
        pool = _bookings["completed" if label.startswith("DELETE") else "pending"]
        if not pool or _is_negative(case, ParameterLocation.PATH):
            return str(KNOWN["admin"])
        booking, token = pool[0]
        pool.rotate(1)
        case.path_parameters = {**(case.path_parameters or {}), "booking_id": booking}
        return str(KNOWN["admin"] if label.startswith("PATCH") else token)

    def set(self, case: schemathesis.Case, token: str, _context: Any) -> None:
        """Send it."""
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}


def _fresh_sign_in(label: str) -> str:
    """One that may end; a few for each operation."""
    _signed_in[label] += 1
    if _signed_in[label] > MOST_SIGN_INS:
        return str(KNOWN["admin"])
    return _mailbox.sign_in(KNOWN["url"], f"{label.rpartition('/')[2]}{_signed_in[label]}@example.com")


@schemathesis.hook
def before_call(context: Any, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Lead the request to an expert, a slot, a hold or a customer that exist."""
    if next(_turns) % ONE_STAYS_AS_IT_IS_OF == 0:
        return
    named = set(case.path_parameters or {})
    if "expert_id" in named and not _is_negative(case, ParameterLocation.PATH):
        _lead_to_slot(case)
    label = case.operation.label
    if "/admin/" in label:
        _lead_to_house(case, label)
    is_sound = isinstance(case.body, dict) and not _is_negative(case, ParameterLocation.BODY)
    if label.endswith("/reschedule") and is_sound:
        case.body = {**case.body, "slotId": _slots[0][1]}
        _slots.rotate(-1)
    if label == "GET /api/bookings" and (case.query or {}).get("email"):
        case.query = {**case.query, "email": KNOWN["email"]}
    if label == "POST /api/sign-in/verify" and not _is_negative(case, ParameterLocation.BODY):
        _lead_to_code(case, label)


def _lead_to_house(case: schemathesis.Case, label: str) -> None:
    """To a webhook that exists; and whoever is hidden by one request could not be booked by the next."""
    is_sound = isinstance(case.body, dict) and not _is_negative(case, ParameterLocation.BODY)
    if label.startswith("PATCH") and is_sound:
        case.body = {"isHidden": False}
    if label == "POST /api/admin/experts" and is_sound:
        who = {"name": "Ann", "category": "Law", "email": f"expert{next(_turns)}@example.com", "timeZone": "UTC"}
        case.body = {**who, "language": "en"}
    if label == "POST /api/admin/webhooks" and is_sound:
        case.body = {**case.body, "name": "CRM", "url": "https://crm.example.com", "events": ["booking.made"]}
    if label.startswith("DELETE") and _webhooks and not _is_negative(case, ParameterLocation.PATH):
        case.path_parameters = {"webhook_id": _webhooks.popleft()}


def _lead_to_code(case: schemathesis.Case, label: str) -> None:
    _signed_in[label] += 1
    if _signed_in[label] <= MOST_SIGN_INS:
        address = f"verify{_signed_in[label]}@example.com"
        httpx.post(f"{KNOWN['url']}/api/sign-in", json={"email": address}).raise_for_status()
        case.body = {"email": address, "code": _mailbox.code_for(address)}


def _lead_to_slot(case: schemathesis.Case) -> None:
    expert, slot = _slots[0]
    if case.operation.label.startswith("DELETE") and _held:
        expert, slot, token = _held.popleft()
        if not _is_negative(case, ParameterLocation.HEADER):
            case.headers = {**(case.headers or {}), "Hold-Token": token}
    else:
        _slots.rotate(-1)
    path = {"expert_id": expert, **({"slot_id": slot} if "slot_id" in case.path_parameters else {})}
    case.path_parameters = {**case.path_parameters, **path}
    if isinstance(case.body, dict) and "slotId" in case.body and not _is_negative(case, ParameterLocation.BODY):
        who = {"userName": "Alice", "userEmail": KNOWN["email"], "userPhone": "+44 20 7946 0958"}
        case.body = {**{key: value for key, value in case.body.items() if key != "holdToken"}, **who, "slotId": slot}


@schemathesis.hook
def after_call(context: Any, case: schemathesis.Case, response: schemathesis.Response) -> None:
    """Count the answer, and keep what it opens."""
    _answers[f"{case.operation.label} {response.status_code}"] += 1
    if response.status_code == 201:
        made = response.json()
        if "manageToken" in made:
            _bookings["pending"].append([made["_id"], made["manageToken"]])
        elif "secret" in made:
            _webhooks.append(made["_id"])
        elif "holdToken" in made:
            _held.append((case.path_parameters["expert_id"], made["slotId"], made["holdToken"]))


def _is_negative(case: schemathesis.Case, location: ParameterLocation) -> bool:
    return case.meta is not None and case.meta.is_negative_at(location)


@atexit.register
def _tell() -> None:
    COUNTS.write_text(json.dumps(_answers))
