"""What there is to go through: the routes of the running application, and what its pages listen to."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nicegui
from fastapi.routing import _IncludedRouter
from starlette.routing import Mount, Route

PAGES = Path(__file__).parents[2] / "pages"
PICKED = re.compile(r'data-pick="([^"]*)"')
LISTENING = ("on_click", "on_change", "on_submit", "on_value_change")


def routes(router: Any, prefix: str = "") -> Iterator[str]:
    """All routes of an application, mounted and included ones too, as "GET /path"."""
    for route in router.routes:
        if isinstance(route, _IncludedRouter):
            yield from routes(route.original_router, prefix + (route.include_context.prefix or ""))
            continue
        path = prefix + route.path
        if isinstance(route, Mount) and route.routes:
            yield from routes(route.app, path)
        elif isinstance(route, Mount):
            yield named("MOUNT", path)
        else:
            assert isinstance(route, Route), f"{path}: what is this?"
            yield from (named(method, path) for method in (route.methods or ()) if method != "HEAD")


def named(method: str, path: str) -> str:
    return f"{method} {path.replace(f'/{nicegui.__version__}/', '/{version}/')}"


def clicks() -> Iterator[str]:
    """Everything that a page of the house listens to, and every word that a click can bring, as the code has it."""
    for file in sorted(PAGES.rglob("*.py")):
        module = ".".join(file.relative_to(PAGES).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            yield from (f"{module} {what}" for what in _listens(node))


def _listens(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from (f"pick {picked}" for picked in PICKED.findall(node.value))
    if not isinstance(node, ast.Call):
        return
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in ("on", "on_pick", "on_sent", "on_left") and node.args:
        yield f"{name} {ast.unparse(node.args[0])}".replace("'", "")
    yield from (keyword.arg for keyword in node.keywords if keyword.arg in LISTENING and name != "notice")
