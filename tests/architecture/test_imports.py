"""What may import what, and what a quick command may load."""

import subprocess
import sys

import pytest

HEAVY = {"pandas", "numpy", "sklearn", "scipy", "mlflow", "duckdb", "numba", "matplotlib"}


def modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    "code",
    [
        "import clustering",
        "import clustering.cli",
        "import clustering.commands",
        "import clustering.config",
    ],
)
def test_nothing_heavy_is_loaded_at_once(code: str) -> None:
    assert modules_after(code) & (HEAVY | {"pyspark"}) == set()


def test_a_study_loads_neither_mlflow_nor_pyspark() -> None:
    loaded = modules_after("import clustering.study, clustering.scorer")
    assert loaded & {"mlflow", "pyspark"} == set()


def test_the_public_names_exist() -> None:
    import clustering

    assert [name for name in clustering.__all__ if not hasattr(clustering, name)] == []


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
