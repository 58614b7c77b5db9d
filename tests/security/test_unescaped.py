"""What would let a person's text run is found before it is merged, and what cannot is let through."""

import pytest

from tests.security.unescaped import in_python, in_script, in_template, sources, unescaped


@pytest.mark.parametrize(
    "source",
    [
        """element.props(f'aria-label="{name}"')""",
        "element.props(add=name)",
        "element.props(PREFIX + name)",
        "element.classes(name)",
        """element.style("color: {}".format(colour))""",
        "ui.button.default_props(name)",
        "ui.html(text)",
        "ui.html('<b>fixed</b>')",
        "ui.markdown(bio)",
        "ui.label(text, sanitize=False)",
        "ui.html(text, sanitize=lambda text: text)",
        "ui.notify(text, html=True)",
        "ui.chat_message(text, text_html=True)",
        "ui.run_javascript(code)",
        """ui.run_javascript(f"show('{name}')")""",
        "client.run_javascript('show(' + name + ')')",
        """ui.run_javascript(f"show({str(name)})")""",
        "Markup(text)",
        "Markup(f'<b>{name}</b>')",
        "markupsafe.Markup(text)",
        "fill(f'<b>{name}</b>')",
        "fill(template, name=name)",
        "ui.add_head_html(f'<title>{name}</title>')",
        "ui.add_body_html(text)",
        "ui.add_css(text)",
        "table.add_slot('body', f'<b>{name}</b>')",
        "element.on('click', act, js_handler=f'() => {name}')",
        "props['innerHTML'] = text",
        "jinja2.Environment(loader=loader)",
        "jinja2.Environment(loader=loader, autoescape=False)",
        "def show(label):\n    element.props(label)",
        "LABEL = 'a'\ndef show(LABEL):\n    element.props(LABEL)",
        "show = lambda label: element.props(label)",
        "for label in labels:\n    element.props(label)",
        "label = 'a'\nlabel = name\nelement.props(label)",
        "label = 'a'\nlabel += name\nelement.props(label)",
    ],
)
def test_python_that_makes_code_out_of_text_is_found(source: str) -> None:
    assert in_python(source), source


@pytest.mark.parametrize(
    "source",
    [
        "element.props('role=status')",
        "element.props['aria-label'] = name",
        "STYLE = 'row'\nelement.classes(STYLE)",
        "element.classes('on' if is_on else 'off')",
        "ui.run_javascript('arrive()')",
        """ui.run_javascript(f"focusOn({json.dumps(selector)})")""",
        "Markup('<hr>')",
        "Markup('').join(parts)",
        "DRAWINGS = {'a': '<path/>'}\nMarkup(DRAWINGS[name])",
        "fill('<b>{name}</b>', name=name)",
        "ui.add_head_html('<meta name=robots>')",
        "jinja2.Environment(loader=loader, autoescape=True)",
        "element.classes(style)  # ours: one of three",
        "def show():\n    label = 'role=status'\n    element.props(label)",
    ],
)
def test_python_that_keeps_text_text_is_let_through(source: str) -> None:
    assert in_python(source) == []


def test_an_exception_needs_a_reason() -> None:
    assert in_python("element.classes(style)  # ours:")


@pytest.mark.parametrize(
    "source",
    [
        "box.innerHTML = name;",
        "box.outerHTML = name;",
        "box.insertAdjacentHTML('beforeend', name);",
        "document.write(name);",
        "eval(name);",
        "new Function(name)();",
        "setTimeout('act()', 10);",
        "link.href = `javascript:${name}`;",
    ],
)
def test_script_that_makes_code_out_of_text_is_found(source: str) -> None:
    assert in_script(source), source


def test_script_that_writes_text_is_let_through() -> None:
    assert in_script("box.textContent = name; setTimeout(() => act(name), 10);") == []


def test_only_the_owners_may_put_drawn_markup_on_a_page() -> None:
    assert in_script("template.innerHTML = markup;", "pages/static/js/pieces.js") == []
    assert in_script("eval(markup);", "pages/static/js/pieces.js")
    assert in_python("Markup(text)", "pages/live/markup.py") == []
    assert in_python("ui.html(text)", "pages/live/markup.py")


@pytest.mark.parametrize(
    "template", ["{{ name|safe }}", "{{ name | safe }}", "{% autoescape false %}{{ name }}{% endautoescape %}"]
)
def test_a_template_that_does_not_escape_is_found(template: str) -> None:
    assert in_template(template)


def test_a_template_that_escapes_is_let_through() -> None:
    assert in_template("<p>{{ name }}, {{ safe }}</p>") == []


def test_nothing_of_ours_makes_code_out_of_text() -> None:
    looked_at = [path for path in sources() if path.suffix in (".py", ".js")]

    assert len(looked_at) > 150
    assert [(path, found) for path in looked_at for found in unescaped(path)] == []
