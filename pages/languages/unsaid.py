"""Finds words that a person would see and that go past their reader: English, whatever language they read."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

SAYING = {"say", "say_many", "Sentence"}
"""What is called with words that the catalogues have."""
SHOWING = {"html", "ui"}
"""Modules whose functions put their first argument before a person."""
UNSEEN = {"log", "getLogger", "RuntimeError", "ValueError", "LookupError", "TypeError", "TypeVar"} | {
    "page",
    "on",
    "run_javascript",
    "add_head_html",
    "add_body_html",
}
"""What is called with words that no visitor sees."""
NAMES = {"Expert Booking", "Google", "Outlook"}
"""The same in every language."""
FOR_DEVELOPERS = {"languages", "outbox", "styleguide"}
"""Folders whose words no visitor sees."""
SHOWN_ATTRIBUTES = {
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "title",
    "alt",
    "placeholder",
    "label",
    "hint",
}
EXCEPTION = "# not said:"
"""A line with this comment is let through; what follows is the reason."""

_SENTENCE = re.compile(r"[A-Z][a-z]+[ ,.!?]|[A-Z][a-z]{2,}$")
_WORD = re.compile(r"[^\W\d_]{2,}")
_NAME = re.compile(r"\{[^{}]*\}")
_PROPS = re.compile(rf'({"|".join(sorted(SHOWN_ATTRIBUTES))})="?([^"\s]+)')


def unsaid(path: Path) -> Iterator[tuple[int, str]]:
    """Line numbers of a Python file, and the words there that should go through `Reader.say`."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    finder = _Finder()
    finder.visit(ast.parse(source))
    for line, words in sorted(finder.found):
        if EXCEPTION not in lines[line - 1]:
            yield line, words


class _Finder(ast.NodeVisitor):
    """Walks over everything that is not a docstring, not said and not for programs."""

    def __init__(self) -> None:
        self.found: set[tuple[int, str]] = set()

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for part in [*node.decorator_list, *node.args.defaults, *node.args.kw_defaults, *node.body]:
            if part is not None:  # what is left out is annotations
                self.visit(part)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring, or one below an attribute
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name, module = _called(node.func)
        if name in SAYING:
            words = 2 if name == "say_many" else 1
            for value in [*node.args[words:], *(keyword.value for keyword in node.keywords)]:
                self.visit(value)
            return
        if name in UNSEEN or module in UNSEEN:
            return
        if module in SHOWING and node.args and isinstance(node.args[0], ast.Constant | ast.JoinedStr):
            self._flag_words(node.args[0])
        if name == "props":
            self._flag_props(node)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
            return
        for target in node.targets:
            if isinstance(target, ast.Subscript) and _text(target.slice) in SHOWN_ATTRIBUTES:
                self._flag_words(node.value)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        self._look_at(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._look_at(node)
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                self.visit(value.value)

    def _look_at(self, node: ast.expr) -> None:
        text = _text(node)
        if "<" in text and ">" in text:
            self.found.update((node.lineno, words) for words in _words_of_template(text))
        elif _SENTENCE.match(text):
            self.found.add((node.lineno, text))

    def _flag_words(self, node: ast.expr) -> None:
        text = _text(node)
        if text and "<" not in text and _WORD.search(text):
            self.found.add((node.lineno, text))

    def _flag_props(self, node: ast.Call) -> None:
        for argument in node.args:
            for _name, words in _PROPS.findall(_text(argument)):
                self.found.add((argument.lineno, words))


def _called(function: ast.expr) -> tuple[str, str]:
    """A function's name, and that of the module or object before it."""
    if isinstance(function, ast.Attribute):
        before = function.value
        return function.attr, before.id if isinstance(before, ast.Name) else ""
    return (function.id if isinstance(function, ast.Name) else ""), ""


def _text(node: ast.expr) -> str:
    """The fixed part of a text."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(value) for value in node.values if isinstance(value, ast.Constant))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _words_of_template(text: str) -> list[str]:
    template = _Template()
    template.feed(_NAME.sub("", text))
    template.close()
    return template.words


class _Template(HTMLParser):
    """What a person would see or hear of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._is_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_code = tag in ("style", "script")
        self._add(*(value or "" for name, value in attrs if name in SHOWN_ATTRIBUTES))

    def handle_endtag(self, tag: str) -> None:
        self._is_code = False

    def handle_data(self, data: str) -> None:
        if not self._is_code:
            self._add(data)

    def _add(self, *texts: str) -> None:
        seen = (text.strip() for text in texts if _WORD.search(text) and '="' not in text)
        self.words += [words for words in seen if words not in NAMES]
