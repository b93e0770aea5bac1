"""Whether a change of the code changed a result: what the commands say, before and after.

    python tests/same_results.py store BEFORE        with the code before
    python tests/same_results.py store AFTER         with the code after
    python tests/same_results.py compare BEFORE AFTER
    python tests/same_results.py digest STUDY        what the test of a small study knows of it

`store` runs the shipped studies (those whose input exists) and `evidence`, `agree` and `forward`
on the accounts of the first. `compare` lists every value that differs, and exits 1 if any does.
"""

import hashlib
import html
import json
import math
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from clustering import build_horizon, load_config, open_tables

ROOT = Path(__file__).parents[1]
STUDIES = ("simulated", "online_retail", "ravenstack")
#: Features that every account of the first study has.
EVIDENCE_COLUMNS = (
    *("features_used", "active_weeks_share", "events_per_active_date", "active_users_peak"),
    *("engagement_hours", "engagements_held", "tickets_opened", "tenure_days"),
)
#: Different in each run: the time and the places, and what the results were made with.
UNCOMPARED = (
    *("/created_at", "/provenance/versions", "/provenance/config_hash"),
    *("/configuration/source", "/configuration/output"),
)
TIME = re.compile(r"Study '|\d{4}-\d\d-\d\dT")
#: Relative; a sum in another order moves the last digits, a change of the method moves more.
TOLERANCE = 1e-9


def clustering(*words: object) -> None:
    command = [sys.executable, "-m", "clustering.cli", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"clustering {words[0]} failed:\n{done.stdout}{done.stderr}")


def store(out: Path) -> None:
    out.mkdir(parents=True)
    book = ROOT / "data/simulated/needs"
    if not book.is_dir():
        clustering(
            "simulate", "--scenario", "needs", "--accounts", 1000, "--seed", 7, "--out", book
        )
    for name in STUDIES:
        if name == STUDIES[0] or (ROOT.parent / "shared" / "data" / name).is_dir():
            clustering("study", f"experiments/{name}.toml", "--out", out / name)
    store_ready(out)


def store_ready(out: Path) -> None:
    """What the commands on ready tables say of the accounts of the first study."""
    accounts = out / "accounts.csv"
    frame = pd.read_parquet(out / STUDIES[0] / "accounts.parquet")
    config = load_config(ROOT / "experiments" / f"{STUDIES[0]}.toml")
    horizon = build_horizon(open_tables(config), config.as_of, config.horizon_days)
    happened = horizon.frame.add_suffix("_afterwards").reset_index()
    frame.merge(happened, on="account_id", how="left").to_csv(accounts, index=False)
    clustering(
        *("evidence", accounts, "--columns", ",".join(EVIDENCE_COLUMNS)),
        *("--json", out / "evidence.json"),
    )
    clustering("agree", accounts, "arr_tiers", "segment_name", "--json", out / "agree.json")
    clustering(
        *("forward", accounts, "--tier", "arr_tiers", "--segment", "segment_name"),
        *("--outcome", "churned_afterwards", "--json", out / "forward.json"),
    )


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a nested document with its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}/{key}")
    elif isinstance(value, list):
        yield path, f"a list of {len(value)}"
        for place, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{place}]")
    else:
        yield path, value


def facts(file: Path) -> dict[str, Any]:
    """What a file says, as one flat dictionary."""
    if file.suffix == ".json":
        return dict(leaves(json.loads(file.read_text())))
    if file.suffix in (".parquet", ".csv"):
        read = pd.read_csv if file.suffix == ".csv" else pd.read_parquet
        frame = read(file).reset_index()
        cells = json.loads(frame.to_json(orient="split", date_format="iso", double_precision=15))
        return dict(leaves({str(c): [r[i] for r in cells["data"]] for i, c in enumerate(frame)}))
    if file.suffix == ".html":
        body = re.sub(r"(?s)<(script|style|svg|head)\b.*?</\1>", " ", file.read_text())
        words = html.unescape(re.sub(r"<[^>]+>", "\n", body))
        lines = [" ".join(line.split()) for line in words.splitlines()]
        return dict(leaves([line for line in lines if line and not TIME.match(line)]))
    return {}


def same(before: Any, after: Any) -> bool:
    numbers = [isinstance(x, int | float) and not isinstance(x, bool) for x in (before, after)]
    if all(numbers):
        return math.isclose(before, after, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return type(before) is type(after) and before == after


def differences(before: Path, after: Path) -> Iterator[str]:
    suffixes = (".json", ".parquet", ".csv", ".html")
    files = {
        str(file.relative_to(folder))
        for folder in (before, after)
        for file in folder.rglob("*")
        if file.suffix in suffixes and file.name != "tracking.json"
        if "mlartifacts" not in file.parts
    }
    for name in sorted(files):
        if not ((before / name).exists() and (after / name).exists()):
            yield f"{name}: only {'before' if (before / name).exists() else 'after'}"
            continue
        old, new = facts(before / name), facts(after / name)
        for path in [*old, *(p for p in new if p not in old)]:
            if path.startswith(UNCOMPARED):
                continue
            pair = old.get(path, "(absent)"), new.get(path, "(absent)")
            if not same(*pair):
                yield f"{name} {path}: {pair[0]!r} -> {pair[1]!r}"


def digest(folder: Path) -> dict[str, list[Any]]:
    """A study folder in few words: of each part how many values, their sum, and their words."""
    found: dict[str, list[Any]] = {}
    for file in [*sorted(folder.glob("*.parquet")), folder / "study.json"]:
        for path, value in facts(file).items():
            if not path.startswith(UNCOMPARED):
                section = re.split(r"[/\[]", path)[1] if file.suffix == ".json" else ""
                found.setdefault(f"{file.stem} {section}".strip(), []).append(value)
    return {part: _digest(values) for part, values in found.items()}


def _digest(values: list[Any]) -> list[Any]:
    numbers = [abs(v) for v in values if isinstance(v, int | float) and math.isfinite(v)]
    words = "\n".join(v for v in values if isinstance(v, str))
    return [len(values), sum(numbers), hashlib.sha256(words.encode()).hexdigest()[:12]]


def main(action: str, *folders: str) -> int:
    if action == "store":
        store(Path(folders[0]).resolve())
        return 0
    if action == "digest":
        lines = (json.dumps({k: v})[1:-1] for k, v in digest(Path(folders[0])).items())
        print("{", ",\n".join(lines), "}", sep="\n")
        return 0
    found = list(differences(*map(Path, folders)))
    print(*found, f"{len(found)} differences", sep="\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
