"""Collects what the house says into the catalogues (of the languages named, or all); `--check` says what is missing."""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from pages import languages
from pages.languages.unsaid import FOR_DEVELOPERS, unsaid

ROOT = Path(__file__).parents[2]
SPOKEN_IN = ("expert_booking", "pages")
KEYWORDS = {"say": None, "Sentence": None, "say_many": (1, 2)}
_NAME = re.compile(r"\{(\w+)\}")


def main() -> None:
    """Check or collect, as the command line says."""
    spoken = _spoken()
    if sys.argv[1:] == ["--check"]:
        problems = [*_unsaid(), *(problem for language in _others() for problem in _problems(language, spoken))]
        sys.exit("\n".join(problems) or None)
    for language in sys.argv[1:] or _others():
        catalogue = _read(language)
        catalogue.update(spoken, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        _head(catalogue, language)
        with _path(language).open("wb") as file:
            write_po(file, catalogue, width=120, omit_header=False, no_location=True)


def _unsaid() -> Iterator[str]:
    for path in sorted((ROOT / "pages").rglob("*.py")):
        if path.parent.name not in FOR_DEVELOPERS:
            for line, words in unsaid(path):
                yield f"{path.relative_to(ROOT)}:{line}: {words!r} does not go through Reader.say"


def _head(catalogue: Catalog, language: str) -> None:
    """Nothing in the head of a file that changes by itself, and nobody's name."""
    catalogue.header_comment = f"# What the house says, in {catalogue.locale.english_name}."
    catalogue.version = "1"
    catalogue.msgid_bugs_address = catalogue.last_translator = ""
    catalogue.language_team = language
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 11, 22, tzinfo=UTC)


def _others() -> list[str]:
    return [language for language in languages.NAMES if language != languages.FALLBACK]


def _path(language: str) -> Path:
    return languages.CATALOGUES / f"{language}.po"


def _read(language: str) -> Catalog:
    if not _path(language).exists():
        return Catalog(locale=language, project="Expert Booking", fuzzy=False)
    with _path(language).open("rb") as file:
        return read_po(file, locale=language)


def _spoken() -> Catalog:
    """Everything that is said, in the order of the files."""
    catalogue = Catalog(project="Expert Booking")
    for package in SPOKEN_IN:
        found = extract_from_dir(ROOT / package, method_map=[("**.py", "python")], keywords=KEYWORDS)
        for filename, line, words, _comments, _context in sorted(found, key=lambda each: each[:2]):
            if _forms(words)[0].strip():
                catalogue.add(words, locations=[(f"{package}/{filename}", line)])
    return catalogue


def _problems(language: str, spoken: Catalog) -> Iterator[str]:
    """What a reader of this language would see in English, or wrongly."""
    translated = _read(language)
    for message in spoken:
        if not message.id:
            continue
        known = translated.get(message.id)
        where = f"{language}: {_forms(message.id)[0]!r}"
        if known is None or not all(_forms(known.string)):
            yield f"{where} is said in {message.locations[0][0]} and is not in the catalogue: make words"
        elif len(_forms(known.string)) != (translated.num_plurals if message.pluralizable else 1):
            yield f"{where} needs {translated.num_plurals} forms"
        elif stray := _stray_names(known):
            yield f"{where} has other names in braces than the English: {stray}"


def _stray_names(message: Message) -> list[str]:
    """Names in a translation that are not in the English, or that every form of it leaves out."""
    wanted = {name for text in _forms(message.id) for name in _NAME.findall(text)}
    given = {name for text in _forms(message.string) for name in _NAME.findall(text)}
    return sorted(wanted ^ given)


def _forms(words: Any) -> list[str]:
    return [words or ""] if isinstance(words, str | None) else list(words)


if __name__ == "__main__":
    main()
