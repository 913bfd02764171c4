"""Texts for people, looked up in the catalogues by key.

Catalogues are gettext files, one domain per area (``errors``, ``rules``, ``cli``, ``web`` …) in
``traceability/locale/<language>/LC_MESSAGES``. Message ids are keys such as
``error.lot.foreign``, not sentences: Vietnamese is the first language here, and neither language
is a translation of the other. The compiled ``.mo`` files lie beside the ``.po`` files so that
reading a text needs the standard library only; ``make catalogues`` compiles them, and a check
fails when they are stale.
"""

import gettext
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

LANGUAGES: Final = ("vi", "en")
LOCALE: Final = Path(__file__).parent / "locale"


@lru_cache(maxsize=64)
def _catalogue(language: str) -> dict[str, str]:
    merged: dict[str, str] = {}
    for mo in sorted((LOCALE / language / "LC_MESSAGES").glob("*.mo")):
        with mo.open("rb") as file:
            translations = gettext.GNUTranslations(file)
        entries: dict[str, str] = vars(translations)["_catalog"]
        merged.update({key: value for key, value in entries.items() if key})
    return merged


def has_text(language: str, key: str) -> bool:
    """Whether the catalogues of ``language`` know ``key``."""
    return key in _catalogue(language)


def text(language: str, key: str, /, **params: object) -> str:
    """The sentence for ``key`` in ``language`` ("vi" or "en"), with ``{name}`` filled in.

    An unknown language falls back to Vietnamese, an unknown key to the key itself, and a missing
    parameter leaves its braces: a page with a gap is better than none.
    """
    sentence = _catalogue(language if language in LANGUAGES else "vi").get(key, key)
    return sentence.format_map(_Lenient(params)) if params else sentence


def texts(language: str, prefix: str) -> dict[str, str]:
    """All texts of ``language`` whose keys begin with ``prefix``, by their keys, unfilled."""
    found = _catalogue(language).items()
    return {key: sentence for key, sentence in sorted(found) if key.startswith(prefix)}


def sentence_of(language: str, code: str, params: Mapping[str, object]) -> str:
    """The sentence for an error. The reason why a field is wrong (``core.fields``) is in the same
    language."""
    said = dict(params)
    reason = f"field.{said.get('reason', '')}"
    if "what" in said and has_text(language, reason):
        said["what"] = text(language, reason, **said)
    return text(language, f"error.{code}", **said)


class _Lenient(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
