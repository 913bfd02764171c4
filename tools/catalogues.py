"""Compile the text catalogues, and check that they are fit to be compiled.

``python -m tools.catalogues`` writes one ``.mo`` beside every ``.po`` in
``traceability/locale/<language>/LC_MESSAGES``. The bytes depend on the texts alone: no date, no
tool version, no order of entries gets in, so the compiled files can be checked in and compared.
``--check`` writes nothing and fails, with one line for each thing found, when a ``.mo`` is stale or
missing, or when the catalogues are at fault:

- every key exists in every language, in the same domain, and in no second domain;
- the texts of a key name the same ``{placeholders}`` in every language;
- no text is empty, marked fuzzy, or given twice.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from traceability.text import LANGUAGES, LOCALE

MSGID = re.compile(r'^msgid "(.+)"$', re.MULTILINE)


class _BareCatalogue(Catalog):
    """A catalogue whose header says its charset and nothing that changes from day to day."""

    # Babel builds the header of a .mo from this property; gettext needs the charset in it.
    mime_headers = property(lambda self: [("Content-Type", f"text/plain; charset={self.charset}")])


def read(po: Path) -> Catalog:
    """The catalogue in ``po``; ``PoFileError`` where it is malformed."""
    with po.open("rb") as file:
        return read_po(file, charset="utf-8", abort_invalid=True)


def compiled(po: Path) -> bytes:
    """The bytes of the ``.mo`` file for ``po``."""
    bare = _BareCatalogue(charset="utf-8")
    for message in read(po):
        if message.id:
            bare.add(message.id, message.string, flags=message.flags)
    out = BytesIO()
    write_mo(out, bare)
    return out.getvalue()


def placeholders(sentence: str) -> set[str]:
    """The names in braces; ``ValueError`` where the braces do not close."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def faults(locale: Path = LOCALE, languages: tuple[str, ...] = LANGUAGES) -> Iterator[str]:
    """One line for each thing wrong with the catalogues, compiled files not considered."""
    texts: dict[str, dict[str, dict[str, str]]] = {language: {} for language in languages}
    for po in _sources(locale):
        language, domain = po.parent.parent.name, po.stem
        if language not in texts:
            yield f"{po}: there is no language {language!r}"
            continue
        try:
            catalogue = read(po)
        except PoFileError as error:
            yield f"{po}: {error}"
            continue
        twice = [key for key, n in Counter(MSGID.findall(po.read_text("utf-8"))).items() if n > 1]
        yield from (f"{po}: {key} is given twice" for key in twice)
        entries = texts[language].setdefault(domain, {})
        for message in catalogue:
            if not message.id:
                continue
            entries[str(message.id)] = str(message.string)
            if not message.string or message.fuzzy:
                yield f"{po}: {message.id} has no text, or a fuzzy one"
    yield from _differences(texts)


def _differences(texts: dict[str, dict[str, dict[str, str]]]) -> Iterator[str]:
    """What differs between the languages; ``texts`` is language → domain → key → sentence."""
    first, *others = texts
    home: dict[str, str] = {}
    for domain in sorted({domain for domains in texts.values() for domain in domains}):
        keys = {language: texts[language].get(domain, {}) for language in texts}
        for key in sorted({key for entries in keys.values() for key in entries}):
            if home.setdefault(key, domain) != domain:
                yield f"{key} stands in two domains, {home[key]} and {domain}"
            missing = [language for language in texts if key not in keys[language]]
            yield from (f"{domain}: {key} is missing in {language}" for language in missing)
            if missing:
                continue
            try:
                named = {language: placeholders(keys[language][key]) for language in texts}
            except ValueError as error:
                yield f"{domain}: {key}: {error}"
                continue
            for other in others:
                if named[other] != named[first]:
                    yield (
                        f"{domain}: {key} names {sorted(named[first])} in {first} "
                        f"but {sorted(named[other])} in {other}"
                    )


def stale(locale: Path = LOCALE) -> Iterator[str]:
    """One line for each ``.mo`` that is missing, left over or differs from its ``.po``."""
    for po in _sources(locale):
        mo = po.with_suffix(".mo")
        with suppress(PoFileError):  # a malformed .po is among the faults already
            if not mo.is_file() or mo.read_bytes() != compiled(po):
                yield f"{mo}: stale, run `make catalogues`"
    for mo in sorted(locale.glob("*/LC_MESSAGES/*.mo")):
        if not mo.with_suffix(".po").is_file():
            yield f"{mo}: has no .po beside it"


def compile_all(locale: Path = LOCALE) -> None:
    """Write every ``.mo`` anew; a malformed ``.po`` keeps its old one."""
    for po in _sources(locale):
        with suppress(PoFileError):
            po.with_suffix(".mo").write_bytes(compiled(po))


def _sources(locale: Path) -> list[Path]:
    return sorted(locale.glob("*/LC_MESSAGES/*.po"))


def main(argv: list[str] | None = None) -> int:
    """0 when all is well, 1 when something was found (each on a line of its own)."""
    arguments = argparse.ArgumentParser(
        prog="python -m tools.catalogues",
        description="Compile the text catalogues, and report what is wrong with them.",
    )
    arguments.add_argument("--check", action="store_true", help="write nothing, only report")
    found = list(faults())
    if arguments.parse_args(argv).check:
        found += stale()
    else:
        compile_all()
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
