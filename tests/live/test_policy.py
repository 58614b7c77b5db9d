"""What a page may do, in a real browser: everything that it needs, and nothing that somebody else put into it.

That no page tries what its policy forbids is held against every test here, by `visit`.
"""

import httpx
import pytest
from playwright.sync_api import Browser

from tests.live.application import Application
from tests.live.conftest import Visit
from tests.live.looking import Offer, book, is_live, shows

SETTINGS = {"EMAIL_VERIFICATION": "off", "RATE_LIMITS": "off"}

PAGES = [
    "/",
    "expert",
    "/my-bookings",
    "/sign-in",
    "/styleguide",
    "/no/such/page",
    "/bookings/nobodys",
    "/waiting/nobodys",
]


def directives(page: httpx.Response) -> dict[str, str]:
    """A page's policy, by what each part of it is about."""
    parts = (part.strip().partition(" ") for part in page.headers["content-security-policy"].split(";"))
    return {name: sources for name, _, sources in parts}


@pytest.mark.parametrize("path", PAGES)
def test_page_keeps_to_its_policy(visit: Visit, offer: Offer, path: str) -> None:
    page = visit(offer.path if path == "expert" else path)

    is_live(page)
    page.locator("[data-pick=zone], .zone").first.click()
    page.keyboard.press("Escape")
    page.reload()
    is_live(page)


@pytest.mark.parametrize("language", ["de-DE", "ar"])
def test_other_languages_keep_to_it_too(visit: Visit, offer: Offer, language: str) -> None:
    is_live(visit(offer.path, language=language))


def test_booking_keeps_to_it_from_the_list_to_the_ticket(visit: Visit, offer: Offer) -> None:
    page = visit("/")
    page.goto(offer.path)
    shows(page, offer, "open")

    book(page, offer, "policy@example.com")

    page.wait_for_url("**/bookings/*")
    is_live(page)


def test_strange_scripts_do_not_run(chromium: Browser, application: Application, offer: Offer) -> None:
    page = chromium.new_page(base_url=application.url)
    page.goto(offer.path)
    is_live(page)
    page.evaluate("window.ran = []")

    ran = page.evaluate(
        """async () => {
            const add = (html) => document.body.insertAdjacentHTML("beforeend", html);
            const script = document.createElement("script");
            script.textContent = "ran.push('inline script')";
            document.body.append(script);
            add("<img src=/nothing.png onerror=\\"ran.push('handler')\\">");
            add("<iframe srcdoc=\\"<script>parent.ran.push('frame')</script>\\"></iframe>");
            const link = Object.assign(document.createElement("a"), { href: "javascript:ran.push('address')" });
            document.body.append(link);
            link.click();
            const data = document.createElement("script");
            data.src = "data:text/javascript,ran.push('data')";
            document.body.append(data);
            setTimeout("ran.push('timer')");
            setTimeout(() => new Function("ran.push('function')")()); // later: what a test evaluates may do everything
            setTimeout(() => (0, eval)("ran.push('eval')"));
            await new Promise((resolve) => setTimeout(resolve, 300));
            return ran;
        }"""
    )

    page.context.close()
    assert ran == []


def test_server_names_functions_and_no_text_is_run(visit: Visit) -> None:
    page = visit("/")

    said = page.evaluate(
        """() => {
            const tried = (code) => { try { return [obey(code)] } catch (error) { return error.constructor.name } };
            window.ran = [];
            window.named = (...given) => given;
            const codes = ['named("a);", [1, {"b": null}])', "named(); named(2)", "ran.push(1)", "named(ran.push(1))",
                           "unnamed()", "alert", "(() => ran.push(1))()", "named(1); ran.push(1)"];
            return [codes.map(tried), ran];
        }"""
    )

    told = [[["a);", [1, {"b": None}]]], [[2]], "Error", "SyntaxError", "Error", "Error", "Error", "SyntaxError"]
    assert said == [told, []]


def test_policy_lets_scripts_run_by_a_nonce_alone(application: Application) -> None:
    first, second = (httpx.get(application.url) for _ in range(2))

    kinds, script = directives(first), directives(first)["script-src"].split()
    assert script[0] == "'self'"
    assert [source for source in script if source.startswith("'unsafe") or "*" in source or ":" in source] == []
    (nonce,) = (source[7:-1] for source in script if source.startswith("'nonce-"))
    assert len(nonce) >= 20
    assert nonce not in second.text
    assert {kinds["default-src"], kinds["frame-ancestors"], kinds["base-uri"]} == {"'none'"}
    assert kinds["form-action"] == kinds["font-src"] == "'self'"


def test_answers_that_are_no_pages_may_do_nothing(application: Application, offer: Offer) -> None:
    asked = [
        ("GET", "/api/experts", 200),
        ("GET", "/api/nothing", 404),
        ("DELETE", "/api/experts", 405),
        ("POST", f"/api/experts/{offer.expert_id}/book", 413),
        ("GET", "/healthz", 200),
        ("HEAD", "/house.js", 200),
        ("GET", "/static/fonts/inter-latin.woff2", 200),
        ("GET", "/static/nothing", 404),
        ("GET", "/robots.txt", 200),
        ("GET", f"/share/experts/{offer.expert_id}.png", 200),
        ("GET", "/_nicegui_ws/socket.io/?EIO=3", 400),
        ("POST", "/sign-in", 403),
    ]
    for method, path, status in asked:
        content = b"x" * 70_000 if status in (413, 403) else None
        answer = httpx.request(method, application.url + path, content=content)

        assert (path, answer.status_code) == (path, status)
        if status != 404 or "json" in answer.headers["content-type"]:
            assert directives(answer)["default-src"] == "'none'"
        is_hardened(answer)
        shared = "cross-origin" if path.startswith("/share/") else "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == shared


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/", 200), ("GET", "/nothing", 404), ("POST", "/", 405)]
)
def test_pages_are_hardened_whatever_their_status(
    application: Application, method: str, path: str, status: int
) -> None:
    answer = httpx.request(method, application.url + path)

    assert answer.status_code == status
    assert "'nonce-" in directives(answer)["script-src"]
    is_hardened(answer)


def is_hardened(answer: httpx.Response) -> None:
    """What every answer says."""
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert answer.headers["referrer-policy"] in ("strict-origin-when-cross-origin", "no-referrer")
    assert "server" not in answer.headers
    assert "strict-transport-security" not in answer.headers


def test_private_addresses_are_told_to_nobody(application: Application) -> None:
    for path in ("/my-bookings", "/sign-in", "/bookings/nobodys", "/waiting/nobodys"):
        assert httpx.get(application.url + path).headers["referrer-policy"] == "no-referrer"


def test_prefix_that_somebody_sends_gets_into_no_page(application: Application) -> None:
    page = httpx.get(application.url, headers={"X-Forwarded-Prefix": "//evil.example"})

    assert "evil.example" not in page.text
