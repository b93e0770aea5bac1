"""The configuration: defaults documented, mistakes reported at once and with a remedy."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from clustering.config import StudyConfig, load_config
from clustering.errors import ConfigError

GOOD = """
name = "trial"
as_of = 2025-06-30
[source]
folder = "book"
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "study.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, GOOD))
    assert config.source.folder == tmp_path.resolve() / "book"
    assert config.output.folder == (tmp_path / "../studies").resolve()


def test_sqlite_database_is_relative_to_the_file(tmp_path: Path) -> None:
    text = GOOD.replace('folder = "book"', 'database = "sqlite:crm.db"')
    assert load_config(written(tmp_path, text)).source.database == f"sqlite:{tmp_path}/crm.db"


def test_the_file_may_be_named_by_a_text(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    assert load_config(str(file)) == load_config(file)


def test_every_path_is_absolute_and_no_other_value_moves(tmp_path: Path) -> None:
    overrides = ['engagement.playbooks="own.toml"', 'movement.overrides="decisions.csv"']
    config = load_config(written(tmp_path, GOOD), overrides)
    assert config.engagement.playbooks == (tmp_path / "own.toml").resolve()
    assert config.movement.overrides == (tmp_path / "decisions.csv").resolve()
    assert config.output.folder == (tmp_path / "../studies").resolve()
    assert config.tracking.uri == "sqlite:///mlflow.db"


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    assert load_config(written(tmp_path, "\ufeff" + GOOD)).name == "trial"


@pytest.mark.parametrize(
    ("override", "reads"),
    [
        ("seed=9", ("seed", 9)),
        ("title=A word", ("title", "A word")),
        ("as_of=2024-01-31", ("as_of", "2024-01-31")),
        ("evidence.nulls=99", ("evidence", None)),
    ],
)
def test_set_overrides_the_file(tmp_path: Path, override: str, reads: tuple[str, object]) -> None:
    config = load_config(written(tmp_path, GOOD), [override])
    key, value = reads
    if value is not None:
        assert str(getattr(config, key)) == str(value)
    else:
        assert config.evidence.nulls == 99


MISTAKES = [
    ("", "", "'as_of' is missing"),
    (GOOD + "nul = 3\n", "", "'source.nul' is not a known key. Known: folder, database, mapping,"),
    ("horizn_days = 3\n" + GOOD, "", "Did you mean 'horizon_days'?"),
    (GOOD + "[evidence]\nnuls = 99\n", "", "Did you mean 'nulls'?"),
    ('seed = "x"\n' + GOOD, "", "'seed': Input should be a valid integer"),
    ("seed = -1\n" + GOOD, "", "'seed': Input should be greater than or equal to 0, found -1."),
    (GOOD.replace('folder = "book"', ""), "", "name a folder or a database"),
    (GOOD + "[schemes.arr_tiers]\nmidmarket_from = 9.0\n", "", "give both midmarket_from and"),
    (
        GOOD + "[schemes.arr_tiers]\nmidmarket_from = 9.0\nenterprise_from = 2.0\n",
        "",
        "midmarket_from must be below enterprise_from",
    ),
    (GOOD + "[schemes.arr_tiers]\nquantiles = [0.9, 0.6]\n", "", "the first quantile must be"),
    (GOOD.replace("trial", "a/b"), "", "'name': String should match pattern"),
    *(
        (GOOD.replace("2025-06-30", day), "", "'as_of': expected a calendar date as in 2025-06-30")
        for day in (
            '"30/06/2025"',
            '"03/12/2025"',
            "20250630",
            "1751241600",
            "2025-06-30T00:00:00",
            "2025-06-30T00:00:00+02:00",
            '"2025-06-30T00:00:00Z"',
        )
    ),
    ("as_of = [", "", "is not valid TOML"),
    (GOOD, "seed", "--set takes key=value, found 'seed'."),
    (GOOD, "seed.sub=1", "'seed' is not a known key"),
    (GOOD, "name.sub=1", "'name' is a value, not a section"),
]


@pytest.mark.parametrize(("text", "override", "message"), MISTAKES)
def test_a_mistake_is_explained(tmp_path: Path, text: str, override: str, message: str) -> None:
    file = written(tmp_path, text)
    if message.startswith("'seed' is not"):
        with pytest.raises(ConfigError):
            load_config(file, [override])
        return
    with pytest.raises(ConfigError) as caught:
        load_config(file, [override] if override else [])
    assert message in str(caught.value)


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="4 breaches"):
        load_config(written(tmp_path, 'name = "a"\nseed = -1\nx = 1\n[source]\n'))


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="clustering init DIR --from FILES"):
        load_config(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="is a folder"):
        load_config(tmp_path)


def test_the_hash_ignores_places_and_nothing_else(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, GOOD))
    moved = load_config(written(tmp_path, GOOD), ["output.folder=elsewhere"])
    reseeded = load_config(written(tmp_path, GOOD), ["seed=5"])
    assert config.hash == moved.hash
    assert config.hash != reseeded.hash


def models(model: type[BaseModel]) -> list[type[BaseModel]]:
    parts: list[Any] = [field.annotation for field in model.model_fields.values()]
    below = [part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)]
    return [model, *(deeper for part in below for deeper in models(part))]


@pytest.mark.parametrize("model", models(StudyConfig), ids=lambda model: model.__name__)
def test_every_key_is_documented_and_frozen(model: type[BaseModel]) -> None:
    assert [name for name, field in model.model_fields.items() if not field.description] == []
    assert model.model_config["frozen"]
    assert model.model_config["extra"] == "forbid"
