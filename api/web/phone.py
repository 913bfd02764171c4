"""The verifier that runs on the reader's own phone: one script, put together from small modules.

The modules lie in ``static/phone``; each can be read, tested and used alone. A phone on a slow line
shall not wait for one after the other, and an old one may know no modules in workers: so they go
out as one plain script, in the order in which they need each other, without their imports, exports
and comments. Before them stand what the models say of hidden fields, so that no second list of
these can drift, and the texts of one language.

A script is named by the hash of its bytes, and never changes under its name.
"""

import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson

from traceability.core.claims import Shape, shape_of
from traceability.core.registry_records import MODELS
from traceability.text import texts

FOLDER: Final = Path(__file__).parent / "static" / "phone"
#: Each after those that it imports.
MODULES: Final = (
    "bytes", "hashes", "ed25519", "merkle", "json", "note", "record", "bundle", "links", "public",
    "verify", "memory", "site", "visit", "said", "worker",
)  # fmt: skip
#: What others than the worker need: all that judges, and nothing that fetches or remembers.
JUDGING: Final = MODULES[: MODULES.index("verify") + 1]
PREFIX: Final = "/phone/"

_IMPORT: Final = re.compile(r"^import [^;]+;\n", re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:const|class|function) )", re.MULTILINE)
_COMMENT: Final = re.compile(
    r"^\s*(?://.*|/\*\*?.*\*/|/\*\*\n(?:\s*\*.*\n)+?\s*\*/)\n", re.MULTILINE
)
_INDENT: Final = re.compile(r"^\s+", re.MULTILINE)


def shapes() -> dict[str, Any]:
    """What each type of record may hide, must hide, and where objects within it do so."""
    return {name: _shape(shape_of(model)) for name, model in MODELS.items()}


def _shape(shape: Shape) -> dict[str, Any]:
    inner = {name: [_shape(each), many] for name, (each, many) in shape.children.items()}
    return {"hide": sorted(shape.hideable), "must": sorted(shape.must), "in": inner}


def script_of(modules: tuple[str, ...]) -> str:
    """Modules as one script."""
    source = "".join((FOLDER / f"{name}.js").read_text("utf-8") for name in modules)
    for pattern in (_IMPORT, _COMMENT, _EXPORT, _INDENT):
        source = pattern.sub("", source)
    return source


@lru_cache(maxsize=4)
def script(language: str) -> bytes:
    """The whole script for the worker, speaking ``language``."""
    given = {"SHAPES": shapes(), "TEXTS": texts(language, "phone."), "LANGUAGE": language}
    head = "".join(f"const {name}={orjson.dumps(each).decode()};\n" for name, each in given.items())
    return f'"use strict";\n{head}{script_of(MODULES)}'.encode()


@lru_cache(maxsize=4)
def path_of(language: str) -> str:
    """Where the script lies: its name says what is in it."""
    return f"{PREFIX}{sha256(script(language)).hexdigest()[:24]}.{language}.js"
