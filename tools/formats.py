"""Write the tables of ``docs/formats.md`` from the models: record types, objects, hidden fields.

``python -m tools.formats`` puts them between their marks in the page, whose other text is written
by hand; ``page()`` is what a test compares with it. They say what ``traceability/core`` checks, for
whoever writes another reader.
"""

import argparse
import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from traceability.core import ids, moment, quantity
from traceability.core.claims import Closed, Hide, shape_of
from traceability.core.records import GoodsRecord, Record
from traceability.core.registry_records import MODELS, hidden_fields, leaf_class

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "formats.md"

#: The forms of texts that tables call by a name: name -> pattern, longest.
FORMS: Final[dict[str, tuple[str, int | None]]] = {
    "party id": (ids.PARTY_PATTERN, None),
    "place id": (ids.PLACE_PATTERN, None),
    "certificate id": (ids.CERTIFICATE_PATTERN, None),
    "GTIN-14": (ids.GTIN_PATTERN, None),
    "GLN": (ids.GLN_PATTERN, None),
    "SSCC": (ids.SSCC_PATTERN, None),
    "lot code": (ids.LOT_PATTERN, None),
    "digest": (ids.DIGEST_PATTERN, None),
    "holding": (ids.HOLDING_PATTERN, None),
    "origin": (ids.ORIGIN_PATTERN, None),
    "nonce": (ids.NONCE_PATTERN, None),
    "time": (moment.TIME_PATTERN, None),
    "date": (moment.DATE_PATTERN, None),
    "quantity": (quantity.QUANTITY_PATTERN, None),
    "ratio": (r"^(0|[1-9][0-9]{0,5})(\.[0-9]{1,6})?$", None),
    "degrees": (r"^-?(0|[1-9][0-9]{0,2})\.[0-9]{4,12}$", None),
    "°C": (r"^-?(0|[1-9][0-9]{0,2})(\.[0-9]{1,2})?$", None),
    "SHA-256, hexadecimal": (r"^[0-9a-f]{64}$", None),
    "country": (r"^[A-Z]{2}$", None),
    "slug": (r"^[a-z0-9]+(-[a-z0-9]+)*$", 40),
    "code": (r"^[^\x00-\x1f\x7f]+$", 80),
    "line": (r"^[^\x00-\x1f\x7f]+$", 300),
    "prose": (r"^[^\x00-\x09\x0b-\x1f\x7f]+$", 2000),
    "signature": (r"^[A-Za-z0-9_-]{86}$", None),
}
_NAMES: Final = {form: name for name, form in FORMS.items()}
_AUDIENCES: Final = {0: "public", 1: "chain", 2: "party", 3: "auditor"}


def page() -> str:
    """The whole page, its tables made anew."""
    text = PAGE.read_text("utf-8")
    for mark, made in (("forms", forms()), ("hidden", hidden()), ("types", types())):
        begin, end = re.search(rf"<!-- {mark}: .*?-->\n", text), f"<!-- end of {mark} -->"
        if begin is None or end not in text:
            raise SystemExit(f"the page has no marks for {mark}")
        text = text[: begin.end()] + made + text[text.index(end) :]
    return text


def forms() -> str:
    """The forms of texts."""
    rows = [
        f"| {name} | {_code(pattern)}{f', at most {limit} characters' if limit else ''} |\n"
        for name, (pattern, limit) in FORMS.items()
    ]
    return "\n| form | pattern |\n|---|---|\n" + "".join(rows) + "\n"


def types() -> str:
    """What all records bear, each type with its ``data``, and the objects that several share."""
    shared: dict[str, type[BaseModel]] = {}
    parts = [
        f"\n### Every record\n\n{_table(Record, shared)}\n",
        f"### Records about goods\n\n{_table(GoodsRecord, shared, Record)}\n",
    ]
    for name, model in MODELS.items():
        base = GoodsRecord if issubclass(model, GoodsRecord) else Record
        data: Any = model.model_fields["data"].annotation
        also = ", and as records about goods" if base is GoodsRecord else ""
        parts.append(f"### `{name}`\n\nClass {leaf_class(name)}{also}. {_says(model)}\n\n")
        own = _table(model, shared, base, skip={"type", "data"})
        parts.append(f"{own}\n" if own else "")
        parts.append(f"`data`: {_says(data)}\n\n{_table(data, shared)}\n")
    parts.append("### Objects within records\n\n")
    done: set[str] = set()
    while shared.keys() - done:
        for name in sorted(shared.keys() - done):
            done.add(name)
            head = f'<a id="{name.lower()}"></a>**{name}.** {_says(shared[name])}'
            parts.append(f"{head}\n\n{_table(shared[name], shared)}\n")
    return "".join(parts)


def hidden() -> str:
    """The table of hidden fields (DESIGN §3): by type and path."""
    rows = [
        f"| `{kind}` | `{path.replace('.*.', '[].')}` | {_AUDIENCES[hide.audience]} "
        f"| {hide.privacy} | {'always' if hide.must else 'on request'} |\n"
        for (kind, path), hide in sorted(hidden_fields().items())
    ]
    head = "\n| type | field | audience | class | hidden |\n|---|---|---|---|---|\n"
    return head + "".join(rows) + "\n"


def _says(model: type[BaseModel]) -> str:
    text = inspect.getdoc(model) or ""
    return re.sub(r"``(.*?)``", r"`\1`", " ".join(text.split("\n\n")[0].split()))


Row = tuple[str, str, bool]  #: form, hiding, required


def _rows(model: type[BaseModel]) -> dict[str, Row]:
    schema = model.model_json_schema(by_alias=True)
    required = set(schema.get("required", ()))
    hideable = shape_of(model).hideable
    return {
        name: (_form(member), _hiding(hideable.get(name)), name in required)
        for name, member in schema.get("properties", {}).items()
        if name not in ("_sd", "hidden")
    }


def _table(
    model: type[BaseModel],
    shared: dict[str, type[BaseModel]],
    base: type[BaseModel] | None = None,
    skip: Iterable[str] = (),
) -> str:
    """The members of a model, but those that ``base`` has alike; its objects go to ``shared``."""
    known = {} if base is None else _rows(base)
    rows = [
        f"| `{name}` | {form} | {'yes' if required else ''} | {hiding} |\n"
        for name, (form, hiding, required) in _rows(model).items()
        if name not in skip and known.get(name) != (form, hiding, required)
    ]
    for name, field in model.model_fields.items():
        if (field.alias or name) not in skip:
            shared.update({inner.__name__: inner for inner in _models(field.annotation)})
    head = "| member | form | required | hidden |\n|---|---|---|---|\n"
    return head + "".join(rows) if rows else ""


def _hiding(hide: Hide | None) -> str:
    if hide is None:
        return ""
    return f"{'always' if hide.must else 'on request'}, {_AUDIENCES[hide.audience]}"


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, Closed):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)


def _form(member: dict[str, Any]) -> str:
    if "anyOf" in member:
        (member,) = (each for each in member["anyOf"] if each.get("type") != "null")
    if "$ref" in member:
        name = member["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "allOf" in member:
        return _form(member["allOf"][0])
    if "const" in member:
        return f"`{member['const']}`"
    if "enum" in member:
        return ", ".join(f"`{each}`" for each in member["enum"])
    match member.get("type"):
        case "array":
            least, most = member.get("minItems", 0), member.get("maxItems")
            return f"array of {least} to {most}: {_form(member['items'])}"
        case "integer" if member["minimum"] == member["maximum"]:
            return f"`{member['minimum']}`"
        case "integer":
            return f"whole number, {member['minimum']} to {member['maximum']}"
        case "boolean":
            return "`true`, `false`"
    if "pattern" not in member:
        return "text"
    return _NAMES[member["pattern"], member.get("maxLength")]


def _code(pattern: str) -> str:
    return "`" + pattern.replace("|", "\\|") + "`" if "`" not in pattern else pattern


def main(argv: list[str] | None = None) -> int:
    """0 when the page was written."""
    argparse.ArgumentParser(
        prog="python -m tools.formats", description="Make the tables of docs/formats.md anew."
    ).parse_args(argv)
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
