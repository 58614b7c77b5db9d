"""What is in deploy/ against the application: names, settings, ports and paths; the proxy by its own check."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from fastapi import FastAPI

from expert_booking import api, metrics
from expert_booking.settings import Settings

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in DEPLOY.iterdir()}

SETTINGS = {name.upper() for name in Settings.model_fields}
OTHERS = {"NICEGUI_STORAGE_PATH", "PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
"""What is set for the web server, for NiceGUI and for Python, and not for the application."""

SECRETS = {name.upper() for name, field in Settings.model_fields.items() if not field.repr}
PORT = 8080
SOMETHING = {
    "STORAGE_SECRET": "x" * 32,
    "PUBLIC_URL": "https://booking.example.org",
    "SMTP_URL": "smtps://mail.example.org",
    "MAIL_FROM": "booking@example.org",
}


def settings_of_image() -> dict[str, str]:
    instruction = TEXTS["Dockerfile"].partition("\nENV ")[2].partition("\n\n")[0]
    return dict(re.findall(r"(\w+)=(\S+)", instruction))


def settings_of_unit() -> dict[str, str]:
    lines = re.findall(r"^Environment=(.+)$", TEXTS["expert-booking@.service"], re.MULTILINE)
    return dict(re.findall(r"(\w+)=(\S+)", " ".join(lines)))


def compose() -> Any:
    return yaml.safe_load(TEXTS["compose.yaml"])


def kubernetes(kind: str) -> Any:
    (found,) = [one for one in yaml.safe_load_all(TEXTS["kubernetes.yaml"]) if one["kind"] == kind]
    return found


def pod() -> Any:
    return kubernetes("Deployment")["spec"]["template"]["spec"]


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(settings_of_image(), id="image"),
        pytest.param(settings_of_unit(), id="systemd"),
        pytest.param(compose()["services"]["app-one"]["environment"], id="compose"),
        pytest.param(kubernetes("ConfigMap")["data"], id="kubernetes"),
        pytest.param(re.findall(r"--from-literal=(\w+)=", TEXTS["kubernetes.yaml"]), id="kubernetes secret"),
    ],
)
def test_every_setting_is_one_that_is_read(names: list[str] | dict[str, str]) -> None:
    assert len(names) >= 4
    assert set(names) <= SETTINGS | OTHERS


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(settings_of_image() | SOMETHING, id="image"),
        pytest.param({**settings_of_unit(), "PORT": "8081"} | SOMETHING, id="systemd"),
        pytest.param(settings_of_image() | compose()["services"]["app-one"]["environment"] | SOMETHING, id="compose"),
        pytest.param(kubernetes("ConfigMap")["data"] | SOMETHING, id="kubernetes"),
    ],
)
def test_settings_are_those_of_production(given: dict[str, str]) -> None:
    mongo_uri = given.get("MONGO_URI", "mongodb://database")
    rest = {name.lower(): value for name, value in given.items() if name != "MONGO_URI" and "${" not in value}

    settings = Settings(_env_file=None, **{**rest, "mongo_uri": mongo_uri})

    assert settings.is_production
    assert settings.follows_changes


async def test_health_is_asked_where_it_is_told(connected: None) -> None:
    asked = set(re.findall(r"(?:\buri |path: |check-http: |\})(/\w+z)\b", "\n".join(TEXTS.values())))
    app = FastAPI(openapi_url=None)
    api.install(app, Settings(_env_file=None))

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://booking.test") as client:
        statuses = {path: (await client.get(path)).status_code for path in [*asked, "/metrics"]}

    assert asked == {"/healthz", "/readyz"}
    assert statuses == {"/healthz": 200, "/readyz": 200, "/metrics": 200}


def test_probes_tell_a_dead_process_from_one_that_is_not_ready() -> None:
    (container,) = pod()["containers"]

    paths = {name: probe["httpGet"]["path"] for name, probe in container.items() if name.endswith("Probe")}
    assert paths == {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}


def test_everybody_means_the_same_port() -> None:
    (container,) = pod()["containers"]
    proxy = compose()["services"]["proxy"]

    assert settings_of_image()["PORT"] == kubernetes("ConfigMap")["data"]["PORT"] == str(PORT)
    assert re.findall(r"^EXPOSE (\d+)$", TEXTS["Dockerfile"], re.MULTILINE) == [str(PORT)]
    assert container["ports"] == [{"name": "http", "containerPort": PORT}]
    assert [proxy["environment"][name] for name in ("APP_ONE", "APP_TWO")] == [f"app-one:{PORT}", f"app-two:{PORT}"]


def test_nothing_runs_as_root_or_writes_where_it_lives() -> None:
    (container,) = pod()["containers"]
    user = re.findall(r"^USER (\d+):\d+$", TEXTS["Dockerfile"], re.MULTILINE)

    assert user == [str(pod()["securityContext"]["runAsUser"])] != ["0"]
    assert pod()["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert all(compose()["services"][name]["read_only"] for name in ("app-one", "app-two", "proxy"))
    assert {"DynamicUser=yes", "ProtectSystem=strict"} <= set(TEXTS["expert-booking@.service"].splitlines())


def test_image_holds_what_is_locked_and_no_embedded_server() -> None:
    locked = (ROOT / "requirements/production.txt").read_text(encoding="utf-8")

    assert "--require-hashes -r /production.txt" in TEXTS["Dockerfile"]
    assert "prometheus-client==" in locked
    assert "secantus" not in locked.lower()


def test_image_gets_every_package_and_nothing_private() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", TEXTS["Dockerfile"], re.MULTILINE)

    wanted = {name for names in copied for name in names.split()}
    assert "*" in ignored
    assert {line[1:].rstrip("/") for line in ignored if line.startswith("!")} == wanted
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"} <= wanted


def test_every_secret_comes_from_outside() -> None:
    given = settings_of_image() | settings_of_unit() | kubernetes("ConfigMap")["data"]
    in_compose = compose()["services"]["app-one"]["environment"]

    assert {"STORAGE_SECRET", "ADMIN_TOKEN", "METRICS_TOKEN", "MONGO_URI", "SMTP_URL"} <= SECRETS
    assert not SECRETS & set(given)
    assert all(in_compose[name].startswith("${") for name in SECRETS - {"MONGO_URI"} if name in in_compose)
    assert all(in_compose[name].startswith(f"${{{name}:?") for name in ("STORAGE_SECRET", "SMTP_URL", "MAIL_FROM"))
    assert "@" not in in_compose["MONGO_URI"]


def test_only_the_proxy_is_believed_who_a_visitor_is() -> None:
    (shared,) = compose()["networks"]["visitors"]["ipam"]["config"]

    assert compose()["services"]["proxy"]["networks"] == ["visitors"]
    assert compose()["services"]["app-one"]["environment"]["TRUSTED_PROXIES"] == shared["subnet"]
    assert settings_of_unit()["TRUSTED_PROXIES"] == settings_of_unit()["HOST"] == "127.0.0.1"
    assert not any("FORWARDED_ALLOW_IPS" in text for text in TEXTS.values())
    assert "http-request set-header X-Forwarded-For %[src]" in TEXTS["haproxy.cfg"]


def test_compose_makes_one_replica_set_of_three() -> None:
    servers = {name for name in compose()["services"] if name.startswith("mongo-")}
    uri = compose()["services"]["app-one"]["environment"]["MONGO_URI"]
    members = re.findall(r'"(mongo-\w+)"', TEXTS["replica-set.js"])

    assert servers == set(members) == set(uri.removeprefix("mongodb://").partition("/")[0].split(","))
    assert len(servers) == 3
    name = re.findall(r'_id: "(\w+)", members', TEXTS["replica-set.js"])
    assert [uri.rpartition("replicaSet=")[2]] == name
    assert all(name[0] in compose()["services"][server]["command"] for server in servers)
    assert compose()["networks"]["database"]["internal"]


def test_kubernetes_keeps_a_process_and_its_visitors() -> None:
    deployment, budget = kubernetes("Deployment")["spec"], kubernetes("PodDisruptionBudget")["spec"]
    labels = deployment["template"]["metadata"]["labels"]

    assert deployment["replicas"] > budget["minAvailable"] >= 1
    assert kubernetes("Service")["spec"]["selector"] == deployment["selector"]["matchLabels"] == labels
    assert budget["selector"]["matchLabels"] == labels
    assert kubernetes("Service")["metadata"]["annotations"]["haproxy.org/cookie-persistence"]
    (backend,) = kubernetes("Ingress")["spec"]["rules"][0]["http"]["paths"]
    assert backend["backend"]["service"]["name"] == kubernetes("Service")["metadata"]["name"]


def exported() -> set[str]:
    """The names of all figures, of each of a histogram's series too."""
    counted = metrics.Metrics()
    counted.viewers.counts["pages"] = lambda: {"/": 1}
    counted.event_lag.ask = lambda: 0.0
    names: set[str] = set()
    for family in counted.registry.collect():
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(family.type, ("",))
        names |= {family.name + suffix for suffix in suffixes}
    return names


def test_dashboard_asks_for_figures_that_there_are_and_for_all_of_them() -> None:
    dashboard = json.loads(TEXTS["grafana-dashboard.json"])
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    queries += [
        variable["query"]["query"] for variable in dashboard["templating"]["list"] if variable["name"] == "instance"
    ]

    asked = {name for query in queries for name in re.findall(r"\b(?:expert_booking|process)_\w+", query)}

    assert asked - exported() == set()
    assert {family(name) for name in exported() if name.startswith("expert_booking")} <= {
        family(name) for name in asked
    }


def family(name: str) -> str:
    return re.sub(r"_(bucket|count|sum|total)$", "", name)


def test_dashboard_panels_have_names_and_places_of_their_own() -> None:
    panels = json.loads(TEXTS["grafana-dashboard.json"])["panels"]
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]

    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(set(places))
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")
@pytest.mark.parametrize("more", [{}, {"TLS_CERTIFICATE": "certificate.pem"}], ids=["plain", "TLS"])
def test_proxy_understands_its_file(tmp_path: Path, more: dict[str, str]) -> None:
    if more:
        make_certificate(tmp_path / "certificate.pem")
    command = ["haproxy", "-c", "-dW", "-f", str(DEPLOY / "haproxy.cfg")]

    checked = subprocess.run(command, cwd=tmp_path, env={**os.environ, **more}, capture_output=True, text=True)

    assert checked.returncode == 0, checked.stdout + checked.stderr


def make_certificate(path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", "/CN=booking.example.org", "-days", "1", "-keyout", f"{path}.key", "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.key").read_text())


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "expert-booking@8081.service"
    # Whether the program is there is the business of the machine that it is installed on.
    unit.write_text(TEXTS["expert-booking@.service"].replace("/opt/expert-booking/.venv/bin/python", "/bin/sh"))

    checked = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)

    assert (checked.returncode, [line for line in checked.stderr.splitlines() if unit.name in line]) == (0, [])
