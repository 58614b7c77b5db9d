"""What each answer looks like is held against the description in every test, see `conftest.as_described`."""

import httpx

from expert_booking.api.description import describe

ROUTES = {
    "GET /api/experts",
    "GET /api/experts/{expert_id}",
    "GET /api/experts/{expert_id}/events",
    "GET /api/categories",
    "POST /api/experts/{expert_id}/book",
    "POST /api/experts/{expert_id}/slots/{slot_id}/hold",
    "DELETE /api/experts/{expert_id}/slots/{slot_id}/hold",
    "GET /api/bookings",
    "DELETE /api/bookings/{booking_id}",
    "POST /api/bookings/{booking_id}/cancel",
    "POST /api/bookings/{booking_id}/reschedule",
    "PATCH /api/bookings/{booking_id}/status",
    "POST /api/sign-in",
    "POST /api/sign-in/verify",
    "POST /api/sign-out",
    "GET /api/me/export",
    "POST /api/me/erase",
    "GET /api/admin/bookings",
    "GET /api/admin/bookings/{booking_id}",
    "GET /api/admin/experts",
    "POST /api/admin/experts",
    "PATCH /api/admin/experts/{expert_id}",
    "GET /api/admin/journal",
    "GET /api/admin/figures/{table}",
    "GET /api/admin/webhooks",
    "POST /api/admin/webhooks",
    "DELETE /api/admin/webhooks/{webhook_id}",
    "GET /healthz",
    "GET /readyz",
}


async def test_description_names_every_route_and_no_other(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]

    assert {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations} == ROUTES


def test_every_reference_leads_somewhere() -> None:
    description = describe()
    names = set(description["components"]["schemas"])

    def references(part: object) -> set[str]:
        if isinstance(part, dict):
            own = {part["$ref"].rpartition("/")[2]} if isinstance(part.get("$ref"), str) else set()
            return own.union(*(references(value) for value in part.values()))
        return set().union(*(references(value) for value in part)) if isinstance(part, list) else set()

    assert references(description) <= names


def test_lengths_and_headers_are_described() -> None:
    description = describe()
    request = description["components"]["schemas"]["BookingRequest"]
    booking = description["paths"]["/api/experts/{expert_id}/book"]["post"]
    headers = {parameter["name"] for parameter in booking["parameters"] if parameter["in"] == "header"}

    lengths = {field: schema["maxLength"] for field, schema in request["properties"].items() if "maxLength" in schema}
    assert lengths == {"userName": 120, "userEmail": 254, "userPhone": 32, "notes": 2000}
    assert request["additionalProperties"] is False
    assert headers == {"Accept-Language", "Idempotency-Key"}


def test_protected_routes_say_what_they_need() -> None:
    paths = describe()["paths"]

    protected = {
        path for path, operations in paths.items() for operation in operations.values() if "security" in operation
    }
    assert protected == {
        "/api/bookings",
        "/api/sign-out",
        "/api/me/export",
        "/api/me/erase",
        "/api/bookings/{booking_id}",
        "/api/bookings/{booking_id}/cancel",
        "/api/bookings/{booking_id}/reschedule",
        "/api/bookings/{booking_id}/status",
        "/api/admin/bookings",
        "/api/admin/bookings/{booking_id}",
        "/api/admin/experts",
        "/api/admin/experts/{expert_id}",
        "/api/admin/journal",
        "/api/admin/figures/{table}",
        "/api/admin/webhooks",
        "/api/admin/webhooks/{webhook_id}",
    }
