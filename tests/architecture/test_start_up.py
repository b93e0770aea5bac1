"""What each quick command may load: everything else is time that a user waits for nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from clustering.simulation import simulate, write_book
from snapshots import book, scorer_of

#: Slow to import; a command that needs one of them says so below.
SLOW = {
    *("duckdb", "matplotlib", "mlflow", "narwhals", "nbclient", "nbconvert", "numba", "numpy"),
    *("pandas", "pandera", "pyarrow", "rich", "scipy", "sklearn"),
}
TABLES = {"duckdb", "narwhals", "numpy", "pandas", "pyarrow", "rich"}
#: Rooms that fit or compare; nothing that only reads, checks or scores needs them.
FITTING = {"comparison", "plan", "profiles", "report", "resampling", "structure", "study"}

RUN = """
import sys
from clustering.cli import main
try:
    main()
except SystemExit as stopped:
    assert not stopped.code, stopped.code
print(*sys.modules, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A scorer, a feature file of one account, labels of thirty, and a study of few accounts."""
    root = tmp_path_factory.mktemp("place")
    snapshot = book(n=60)
    scorer_of(snapshot, k=2).save(root / "scorer")
    snapshot.frame.head(1).to_csv(root / "features.csv")
    lines = [
        f"x{row},{'pq'[row % 2]},{'rst'[row // 7 % 3]},{int(row % 5 < 2)}" for row in range(60)
    ]
    (root / "labels.csv").write_text("\n".join(["account_id,one,two,churned", *lines]))
    made = simulate("needs", n_accounts=20, seed=1)
    write_book(made, root / "book")
    (root / "study.toml").write_text(
        'name = "few"\nas_of = 2025-06-30\n[source]\nfolder = "book"\n', encoding="utf-8"
    )
    return root


def loaded_by(words: list[str], folder: Path) -> tuple[set[str], set[str]]:
    """Slow libraries and rooms of this package that a command has loaded when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    modules = [name.split(".") for name in done.stderr.splitlines()[-1].split()]
    rooms = {name[1] for name in modules if name[0] == "clustering" and len(name) > 1}
    return {name[0] for name in modules} & SLOW, rooms


SCORE = "score features.csv --model scorer --as-of 2025-06-30 --out scores.csv"
EXPORT = "export scorer --dialect postgres --out model.sql"


@pytest.mark.parametrize(
    ("command", "libraries", "not_the_rooms"),
    [
        ("--help", set(), {*FITTING, "config", "scorer", "tables"}),
        ("--version", set(), {*FITTING, "config", "scorer", "tables"}),
        ("monitor --help", set(), {*FITTING, "config", "monitor", "scorer", "tables"}),
        (SCORE, TABLES, {*FITTING, "inference", "results", "schemes", "tracking"}),
        (EXPORT, TABLES, {*FITTING, "inference", "results", "schemes", "tracking"}),
        ("check study.toml", TABLES, {*FITTING, "movement", "models", "scorer", "tracking"}),
        ("agree labels.csv one two", TABLES | {"numba", "scipy"}, {"plan", "structure", "study"}),
        (
            "forward labels.csv --tier one --segment two --outcome churned",
            TABLES | {"numba", "scipy"},
            {"plan", "structure", "study"},
        ),
    ],
)
def test_a_command_loads_what_it_needs_and_no_more(
    command: str, libraries: set[str], not_the_rooms: set[str], place: Path
) -> None:
    slow, rooms = loaded_by(command.split(), place)
    assert slow <= libraries
    assert rooms & not_the_rooms == set()


def test_scoring_a_file_loads_no_movement_but_overrides_and_hysteresis(place: Path) -> None:
    code = RUN + "print(*(m for m in sys.modules if 'movement.' in m), file=sys.stderr)\n"
    done = subprocess.run(
        [sys.executable, "-c", code, *SCORE.split()],
        cwd=place,
        capture_output=True,
        text=True,
        check=True,
    )
    found = {name for name in done.stderr.splitlines()[-1].split() if "config" not in name}
    assert found
    modules = {name.partition("movement.")[2] for name in found}
    assert {name for name in modules if not name.startswith("overrides")} == {
        "track",
        "track.hysteresis",
    }
