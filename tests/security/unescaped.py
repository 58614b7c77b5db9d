"""Finds places where a person's text could become code: HTML, JavaScript, a Vue template or an element's properties.

Run it as `python -m tests.security.unescaped`; it prints what it finds and fails. Text of ours is fixed text: literals,
and what is put together of nothing but literals. All else goes through `fill`, which escapes it, through
`props[name] = value`, which is a value and never code, or through `json.dumps` into a script.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SEARCHED = ("main.py", "seed.py", "expert_booking", "pages", "models")
TEMPLATES = {".html", ".jinja", ".j2", ".txt", ".xml"}

LOOKS = {"props", "classes", "style", "default_props", "default_classes", "default_style"}
"""Methods of an element that read a text as a list of properties, and a property can be code."""
HEADS = {"add_head_html", "add_body_html", "add_css", "add_scss", "add_sass", "add_slot"}
"""What goes into a page, or into a Vue template, as it stands."""
RAW = {("ui", "html"), ("ui", "markdown"), ("ui", "mermaid"), ("ui", "restructured_text")}
"""Elements that show HTML."""
HTML_SWITCHES = {("notify", "html"), ("notification", "html"), ("chat_message", "text_html")}
"""What makes others show it."""
MARKUP_OWNERS = {"pages/live/markup.py", "pages/live/painting.py"} | {"pages/share/linked_data.py"}
"""The modules that make markup out of text, and escape it."""
HEAD_OWNERS = {"pages/share/head.py"}
"""The modules that put what was filled in into the head of a page."""
INNER_HTML_OWNERS = {"pages/live/fragment.py", "pages/static/js/pieces.js", "pages/static/js/first_paint.js"}
"""Where what the server has drawn is put on the page."""
EXCEPTION = re.compile(r"(?:#|//) ours: \S")
"""A line with this comment is let through; what follows is the reason why no person's text gets there."""

_SCRIPT = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\(|setHTMLUnsafe"
    r"|createContextualFragment|javascript:|set(?:Timeout|Interval)\(\s*[`'\"]"
)
_TEMPLATE = re.compile(r"\|\s*safe\b|autoescape\s+false|Markup\(")

Found = tuple[int, str]


def main() -> None:
    """Name every place in the sources; fail if there is one."""
    found = [f"{path.relative_to(ROOT)}:{line}: {why}" for path in sources() for line, why in unescaped(path)]
    sys.exit("\n".join(found) or None)


def sources() -> Iterator[Path]:
    """Every file of ours that runs in a browser or writes what does."""
    for name in SEARCHED:
        path = ROOT / name
        yield from sorted(path.rglob("*")) if path.is_dir() else [path]


def unescaped(path: Path) -> list[Found]:
    """Line numbers of a file, and what is wrong there."""
    name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
    if path.suffix == ".py":
        return in_python(path.read_text(encoding="utf-8"), name)
    if path.suffix == ".js":
        return in_script(path.read_text(encoding="utf-8"), name)
    if path.suffix in TEMPLATES and "static" not in path.parts:
        return in_template(path.read_text(encoding="utf-8"))
    return []


def in_python(source: str, name: str = "") -> list[Found]:
    """What is wrong in Python; `name` is the file's, from the root."""
    finder = _Finder(ast.parse(source), name)
    return _without_exceptions(finder.found, source)


def in_script(source: str, name: str = "") -> list[Found]:
    """What is wrong in JavaScript, which writes text as text."""
    allowed = {"innerHTML"} if name in INNER_HTML_OWNERS else set()
    hits = {(number, hit[0]) for number, line in _lines(source) for hit in _SCRIPT.finditer(line)}
    found = {(line, f"{hit} makes code out of text") for line, hit in hits if hit not in allowed}
    return _without_exceptions(found, source)


def in_template(source: str) -> list[Found]:
    """What is wrong in a Jinja template, which escapes by itself."""
    found = {(number, hit[0]) for number, line in _lines(source) for hit in _TEMPLATE.finditer(line)}
    return sorted((line, f"{hit} turns escaping off") for line, hit in found)


def _lines(source: str) -> Iterator[tuple[int, str]]:
    return enumerate(source.splitlines(), start=1)


def _without_exceptions(found: set[Found], source: str) -> list[Found]:
    lines = source.splitlines()
    return sorted(hit for hit in found if not EXCEPTION.search(lines[hit[0] - 1]))


class _Finder(ast.NodeVisitor):
    """Walks over every call and assignment of a module."""

    def __init__(self, module: ast.Module, name: str) -> None:
        self.found: set[Found] = set()
        self._name = name
        self._given = [_given(module)]
        self.visit(module)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        self._given.append(_given(node))
        self.generic_visit(node)
        self._given.pop()

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit_FunctionDef(node)

    def visit_Call(self, node: ast.Call) -> None:
        called, owner = _called(node.func)
        self._look_at_call(node, called, owner)
        for keyword in node.keywords:
            self._look_at_keyword(node, keyword)
        self.generic_visit(node)

    def _look_at_call(self, node: ast.Call, called: str, owner: str) -> None:
        if (owner, called) in RAW:
            self._flag(node, f"{owner}.{called} shows HTML: draw a Fragment with fill")
        elif called in LOOKS and not self._are_fixed(_texts(node)):
            self._flag(node, f"text in .{called}() is read as code: set .props[name] = value, or a fixed name")
        elif called == "run_javascript" and not all(map(self._is_safe_script, node.args)):
            self._flag(node, "what goes into a script goes through json.dumps")
        elif called == "Markup" and self._name not in MARKUP_OWNERS and not self._are_fixed(node.args):
            self._flag(node, "Markup of what is not fixed: use fill")
        elif called == "fill" and owner == "" and not self._are_fixed(node.args[:1]):
            self._flag(node, "fill takes a fixed template, and values by name")
        elif called in HEADS and self._name not in HEAD_OWNERS and not self._are_fixed(node.args):
            self._flag(node, f"{called} puts text into a page as it stands")
        elif called == "Environment" and not _turns_escaping_on(node):
            self._flag(node, "templates without autoescape")

    def _look_at_keyword(self, node: ast.Call, keyword: ast.keyword) -> None:
        if keyword.arg == "sanitize":
            self._flag(node, "sanitize= shows HTML: draw a Fragment with fill")
        elif keyword.arg in ("js_handler", "template") and not self._is_fixed(keyword.value):
            self._flag(node, f"{keyword.arg} is code: it has to be fixed")
        elif (_called(node.func)[0], keyword.arg) in HTML_SWITCHES and not _is_false(keyword.value):
            self._flag(node, f"{keyword.arg}= shows text as HTML")

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            if isinstance(target, ast.Subscript) and _names_inner_html(target.slice):
                self._look_at_inner_html(node)
        self.generic_visit(node)

    def _look_at_inner_html(self, node: ast.Assign) -> None:
        if self._name not in INNER_HTML_OWNERS:
            self._flag(node, "innerHTML is for Fragment alone")

    def _flag(self, node: ast.AST, why: str) -> None:
        self.found.add((getattr(node, "lineno", 1), why))

    def _are_fixed(self, nodes: list[ast.expr]) -> bool:
        return all(map(self._is_fixed, nodes))

    def _is_fixed(self, node: ast.expr) -> bool:
        """Whether all that it can become stands in the source."""
        match node:
            case ast.Constant():
                return True
            case ast.JoinedStr(values=values):
                return self._are_fixed(values)
            case ast.FormattedValue(value=value) | ast.Subscript(value=value):
                return self._is_fixed(value)
            case ast.IfExp(body=body, orelse=otherwise):
                return self._are_fixed([body, otherwise])
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._are_fixed([left, right])
            case ast.Dict(values=values) | ast.Tuple(elts=values) | ast.List(elts=values):
                return self._are_fixed(values)
            case ast.Name(id=name):
                given = next((values[name] for values in reversed(self._given) if name in values), [None])
                return all(value is not None and self._is_fixed(value) for value in given)
            case ast.Call(func=ast.Name(id="Markup"), args=arguments):
                return self._are_fixed(arguments)
        return False

    def _is_safe_script(self, node: ast.expr) -> bool:
        """Fixed, but for what was made JSON."""
        if isinstance(node, ast.JoinedStr):
            values = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
            return all(_is_json(value) or self._is_fixed(value) for value in values)
        return self._is_fixed(node)


def _given(scope: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> dict[str, list[ast.expr | None]]:
    """Every value that a name is given in a module or function; none where that cannot be told."""
    given: dict[str, list[ast.expr | None]] = defaultdict(list)
    plain: set[int] = set()
    for node in _own_nodes(scope):
        match node:
            case (
                ast.Assign(targets=[ast.Name() as target], value=value)
                | ast.AnnAssign(target=ast.Name() as target, value=value)
            ):
                given[target.id].append(value)
                plain.add(id(target))
            case ast.Name(id=name, ctx=ast.Store()) if id(node) not in plain:
                given[name].append(None)
            case ast.arg(arg=name):
                given[name].append(None)
    return given


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """Everything in a module or function, but for what is in the functions inside it."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            yield from _own_nodes(node)


def _called(function: ast.expr) -> tuple[str, str]:
    """A function's name, and that of the module or object before it."""
    if isinstance(function, ast.Attribute):
        before = function.value
        return function.attr, before.id if isinstance(before, ast.Name) else "?"
    return (function.id if isinstance(function, ast.Name) else "?"), ""


def _texts(node: ast.Call) -> list[ast.expr]:
    return [*node.args, *(keyword.value for keyword in node.keywords)]


def _is_json(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _called(node.func) == ("dumps", "json")


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _names_inner_html(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value in ("innerHTML", "outerHTML", "v-html")


def _turns_escaping_on(node: ast.Call) -> bool:
    chosen = next((keyword.value for keyword in node.keywords if keyword.arg == "autoescape"), None)
    return chosen is not None and not _is_false(chosen)


if __name__ == "__main__":
    main()
