"""What a fuzzer cannot guess: ids that exist and tokens that open something. schemathesis loads this module.

Generated requests are valid by their form, so nearly all of them would name nobody's expert and nobody's booking. Two
of three are therefore led to something real, the first two of each operation above all; what else is in them stays as
it was generated.
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
_with_whom = {booking: expert for name in _bookings for booking, _token, expert in KNOWN[name]}
_webhooks: deque[str] = deque(maxlen=20)
_asked: Counter[tuple[str, bool]] = Counter()
_numbers = count()
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
            return _fresh_sign_in(case) if label in ENDS_A_SIGN_IN else _session
        pool = _bookings["completed" if label.startswith("DELETE") else "pending"]
        if not pool or _is_negative(case, ParameterLocation.PATH):
            return str(KNOWN["admin"])
        booking, token, _expert = pool[0]
        pool.rotate(1)
        case.path_parameters = {**(case.path_parameters or {}), "booking_id": booking}
        return str(KNOWN["admin"] if label.startswith("PATCH") else token)

    def set(self, case: schemathesis.Case, token: str, _context: Any) -> None:
        """Send it."""
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}


def _fresh_sign_in(case: schemathesis.Case) -> str:
    """One that may end, for a request that is sound; a few for each operation."""
    label = case.operation.label
    if not _is_sound(case) or _signed_in[label] == MOST_SIGN_INS:
        return str(KNOWN["admin"])
    _signed_in[label] += 1
    return _mailbox.sign_in(KNOWN["url"], f"{label.rpartition('/')[2]}{_signed_in[label]}@example.com")


@schemathesis.hook
def before_call(context: Any, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Lead the request to an expert, a slot, a hold or a customer that exist."""
    label = case.operation.label
    kind = (label, _is_sound(case))
    _asked[kind] += 1
    if _asked[kind] % ONE_STAYS_AS_IT_IS_OF == 0:
        return
    named = set(case.path_parameters or {})
    if "expert_id" in named and not _is_negative(case, ParameterLocation.PATH):
        _lead_to_slot(case)
    if "/admin/" in label:
        _lead_to_house(case, label)
    is_sound = isinstance(case.body, dict) and not _is_negative(case, ParameterLocation.BODY)
    if label.endswith("/reschedule") and is_sound:
        _lead_to_time_with_the_same(case)
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
        who = {"name": "Ann", "category": "Law", "email": f"expert{next(_numbers)}@example.com", "timeZone": "UTC"}
        case.body = {**who, "language": "en"}
    if label == "POST /api/admin/webhooks" and is_sound:
        case.body = {**case.body, "name": "CRM", "url": "https://crm.example.com", "events": ["booking.made"]}
    if label.startswith("DELETE") and _webhooks and not _is_negative(case, ParameterLocation.PATH):
        case.path_parameters = {"webhook_id": _webhooks.popleft()}


def _lead_to_code(case: schemathesis.Case, label: str) -> None:
    if _is_sound(case) and _signed_in[label] < MOST_SIGN_INS:
        _signed_in[label] += 1
        address = f"verify{_signed_in[label]}@example.com"
        httpx.post(f"{KNOWN['url']}/api/sign-in", json={"email": address}).raise_for_status()
        case.body = {"email": address, "code": _mailbox.code_for(address)}


def _lead_to_time_with_the_same(case: schemathesis.Case) -> None:
    """A booking moves to a time of the expert with whom it is; any other is not found."""
    expert = _with_whom.get(case.path_parameters["booking_id"])
    for index, (whose, slot) in enumerate(_slots):
        if whose == expert:
            case.body = {**case.body, "slotId": slot}
            del _slots[index]
            _slots.append((whose, slot))  # it may be left again, and there has to be one always
            return


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
            expert = case.path_parameters["expert_id"]
            _bookings["pending"].append([made["_id"], made["manageToken"], expert])
            _with_whom[made["_id"]] = expert
        elif "secret" in made:
            _webhooks.append(made["_id"])
        elif "holdToken" in made:
            _held.append((case.path_parameters["expert_id"], made["slotId"], made["holdToken"]))


def _is_sound(case: schemathesis.Case) -> bool:
    return case.meta is None or case.meta.generation.mode.is_positive


def _is_negative(case: schemathesis.Case, location: ParameterLocation) -> bool:
    return case.meta is not None and case.meta.is_negative_at(location)


@atexit.register
def _tell() -> None:
    COUNTS.write_text(json.dumps(_answers))
