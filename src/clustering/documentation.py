"""The pages of `docs/` that are generated from the code, so that they cannot drift from it.

`python -m clustering.documentation` writes them; a test compares them with what stands there.
"""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin

from pydantic import BaseModel

import clustering

#: Page in `docs/` -> the function that gives its text.
PAGES: dict[str, str] = {
    "configuration.md": "clustering.documentation:configuration_page",
    "python.md": "clustering.documentation:python_page",
    "features.md": "clustering.features.dictionary:features_page",
    "schemes.md": "clustering.schemes.page:schemes_page",
    "study_folder.md": "clustering.documentation:study_folder_page",
    "tables.md": "clustering.documentation:tables_page",
    "templates.md": "clustering.tables.init.vendors.page:templates_page",
}


def render(page: str) -> str:
    """The text of one generated page."""
    module, function = PAGES[page].split(":")
    text: str = getattr(importlib.import_module(module), function)()
    return text


def configuration_page() -> str:
    """`docs/configuration.md`: every key of a study's TOML, its default and meaning."""
    from clustering.config import StudyConfig

    lines = [
        "# Configuration of a study",
        "",
        "One TOML file is one study. Relative paths are relative to the file. Generated from",
        "`clustering.config`; `clustering study FILE --set key=value` overrides a key for one run.",
        "",
        "| key | default | meaning |",
        "| --- | --- | --- |",
        *_keys(StudyConfig),
    ]
    return "\n".join(lines) + "\n"


def _keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        part: Any = field.annotation
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield from _keys(part, f"{prefix}{name}.")
            continue
        held = [entry for entry in get_args(part) if entry is not Ellipsis]
        if held and isinstance(held[-1], type) and issubclass(held[-1], BaseModel):
            place = ".NAME." if get_origin(part) is dict else "[]."
            yield from _keys(held[-1], f"{prefix}{name}{place}")
            continue
        default = "required" if field.is_required() else f"`{_as_toml(field.default)}`"
        yield f"| `{prefix}{name}` | {default} | {field.description} |"


def _as_toml(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(_as_toml(part) for part in value) + "]"
    return f'"{value}"' if isinstance(value, str | Path) else str(value)


def python_page() -> str:
    """`docs/python.md`: the public names with their docstrings, which the site shows."""
    lines = [
        "# In Python",
        "",
        "The public names of the package; each is imported when it is first used. The line that",
        "they form is [`run_study`](#clustering.run_study); every step can be run alone.",
    ]
    for name in sorted(clustering.__all__, key=str.lower):
        kind = "class" if isinstance(getattr(clustering, name), type) else "function"
        lines += ["", f"## {name}", "", f"```{{eval-rst}}\n.. auto{kind}:: clustering.{name}\n```"]
    return "\n".join(lines) + "\n"


def tables_page() -> str:
    """`docs/tables.md`: the contract of the tables, and the outcomes that are told from them."""
    from clustering.features.horizon import OUTCOMES
    from clustering.tables.contract_page import contract_page

    lines = [
        "",
        "## Outcomes",
        "",
        "What happened after `as_of`, for comparison alone. *The end* is the last day of the",
        "horizon: `horizon_days` after `as_of`, where 365 days and their multiples are whole",
        "years. ARR on a day is the sum of the contract lines active on it, at least 0. All",
        "accounts that are active at `as_of` are counted. An outcome is missing for all of them",
        "where the table that it needs is absent or ends before the end (by more than six days, so",
        "that weekly rows will do); `clustering check` and the report then say so. Missing is",
        'never "no".',
        "",
        "| outcome | definition | needs, up to the end | missing for an account |",
        "| --- | --- | --- | --- |",
        *(
            f"| `{one.name}` | {one.definition} | `{one.needs}` | {one.missing} |"
            for one in OUTCOMES
        ),
    ]
    return contract_page() + "\n".join(lines) + "\n"


def study_folder_page() -> str:
    """`docs/study_folder.md`: every file of a study folder, its keys and columns."""
    from clustering.results import TABLES, StudyDocument

    lines = [
        "# The study folder",
        "",
        "What `clustering study` leaves: everything a report, a notebook or a colleague needs,",
        "in open formats. It is written whole or not at all. Generated from `clustering.results`.",
        "",
        "| file | what it holds |",
        "| --- | --- |",
        "| `study.json` | configuration, provenance, verdict and findings, one document |",
        *(f"| `{table.name}.parquet` | {table.meaning} |" for table in TABLES),
        "| `scorer/` | the chosen model as arrays and JSON with a checksum |",
        "| `report/` | the notebooks, run on this study, as HTML that works offline |",
        "",
        "## study.json",
        "",
        "| key | meaning |",
        "| --- | --- |",
        *_document_keys(StudyDocument),
    ]
    for table in TABLES:
        lines += [
            "",
            f"## {table.name}.parquet",
            "",
            table.meaning + (" Optional." * table.optional),
        ]
        lines += ["", "| column | kind | meaning |", "| --- | --- | --- |"]
        for column in table.columns:
            kind = column.kind + (", may be missing" if column.nullable else "")
            lines.append(f"| `{column.name}` | {kind} | {column.meaning} |")
        if table.more:
            lines += ["", f"And: {table.more}"]
    return "\n".join(lines) + "\n"


def _document_keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        yield f"| `{prefix}{name}` | {field.description} |"
        part = _not_null(field.annotation)
        many = get_origin(part) in (list, tuple)
        inner = part.__args__[0] if many else part
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _document_keys(inner, f"{prefix}{name}[]." if many else f"{prefix}{name}.")


def _not_null(annotation: Any) -> Any:
    """The type of a value that may be null, without the null."""
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
    return kinds[0] if NoneType in get_args(annotation) and len(kinds) == 1 else annotation


def main(folder: Path = Path("docs")) -> None:
    """Write every generated page into `folder`."""
    for page in PAGES:
        (folder / page).write_text(render(page), encoding="utf-8")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:]))
