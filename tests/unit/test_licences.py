"""Whoever installs the product gets nothing that an Apache-2.0 product may not require."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]

#: Words by which permissive licences are declared.
PERMISSIVE = re.compile(
    r"\b(MIT(-0|-CMU)?|(0?BSD)|(The )?(3|2)-Clause|Apache( Software)?|PSFL?|Python Software|ISC"
    r"|Zlib|CC0-1\.0|Unlicense|HPND)\b",
    re.IGNORECASE,
)
COPYLEFT = re.compile(r"GPL|GNU|MPL|Mozilla|EPL|CDDL|EUPL|SSPL|OSL|CC-BY", re.IGNORECASE)

#: What is required although its metadata name no permissive licence alone, and why it may be.
EXCEPTIONS = {
    "certifi": "MPL-2.0, a list of root certificates: the copyleft ends with the file, which is "
    "passed on unchanged",
    "fqdn": "MPL-2.0, through jsonschema: the copyleft ends with its files, passed on unchanged",
    "huey": "MIT by the text of its licence; its metadata name none",
    "skops": "MIT by the text of its licence; its metadata say OSI Approved alone",
}


def required(names: list[str]) -> set[str]:
    """What is installed along with the given requirements, here."""
    found: set[str] = set()
    waiting = [(Requirement(name), "") for name in names]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        key = name + "".join(sorted(requirement.extras))
        if key in found:
            continue
        found.add(key)
        try:
            needs = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # of another system
        for extra_asked in ("", *requirement.extras):
            waiting += [(Requirement(need), extra_asked) for need in needs]
        found.add(name)
    return {name for name in found if is_installed(name)}


def is_installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def licence(name: str) -> str:
    """What the metadata say; the text of a licence by its first line alone."""
    metadata = importlib.metadata.metadata(name)
    said = [metadata.get("License-Expression") or ""]
    said += [entry for entry in metadata.get_all("Classifier") or [] if "License ::" in entry]
    if not any(said):
        said.append((metadata.get("License") or "").strip().partition("\n")[0])
    return "; ".join(filter(None, said))


def of_the_product() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return sorted(required(list(project["dependencies"])))


def test_what_is_required_is_in_the_lock() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {canonicalize_name(name) for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)}
    found = of_the_product()
    assert {"mlflow", "numpy", "tornado"} <= set(found)  # what is required by others, too
    assert set(found) <= locked


@pytest.mark.parametrize("name", of_the_product())
def test_every_required_package_is_permissive(name: str) -> None:
    said = licence(name)
    if name in EXCEPTIONS:
        assert not re.search(r"GPL|GNU", said, re.IGNORECASE)
        return
    assert PERMISSIVE.search(said), f"{name}: {said or 'no licence in its metadata'}"
    assert not COPYLEFT.search(said), f"{name}: {said}"


def test_the_exceptions_are_needed_and_told() -> None:
    assert set(EXCEPTIONS) <= set(of_the_product())
    page = (ROOT / "docs/licences.md").read_text(encoding="utf-8")
    for name, reason in EXCEPTIONS.items():
        assert f"| `{name}` | {reason} |" in page
