"""Files in S3: read below one address, with keys of the environment, where the extension is."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from clustering.config import StudyConfig
from clustering.errors import BadInputError
from clustering.tables import open_tables
from clustering.tables.mapping import read_mapping
from clustering.tables.reading.remote import open_remote
from clustering.tables.session import Session
from s3_server import serve_bucket

REMOTE = "s3://cs/exports/"
KEYS = {"AWS_ACCESS_KEY_ID": "reader", "AWS_SECRET_ACCESS_KEY": "very secret"}


def study(mapping: Path, **source: Any) -> StudyConfig:
    told = {"remote": "s3://cs/exports", "mapping": mapping, **source}
    return StudyConfig.model_validate({"name": "trial", "as_of": "2024-01-10", "source": told})


def test_an_address_needs_a_mapping_and_is_one_of_s3() -> None:
    with pytest.raises(ValueError, match="remote needs a mapping"):
        study(None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="pattern"):
        study(Path("mapping"), remote="https://example.com/exports/")


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (
            f"SELECT * FROM '{REMOTE}a.parquet'",
            r"write read_parquet\('s3://cs/exports/a.parquet'\)",
        ),
        ("SELECT * FROM read_parquet('s3://cs/other/a.parquet')", "below source.remote"),
        (f"SELECT * FROM read_parquet('{REMOTE}../a.parquet')", "below source.remote"),
        (f"SELECT * FROM read_parquet('{REMOTE}%2e%2e/a.parquet')", "below source.remote"),
        (f"SELECT * FROM read_parquet('{REMOTE}a.parquet?s3_endpoint=x')", "below source.remote"),
        ("SELECT * FROM read_csv('https://example.com/a.csv')", "below source.remote"),
        (f"SELECT * FROM read_parquet('{REMOTE}' || 'a.parquet')", "names of files"),
    ],
)
def test_nothing_else_is_read(sql: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "usage.sql").write_text(sql)
    session = Session()
    session.remote = REMOTE
    try:
        with pytest.raises(BadInputError, match=words):
            read_mapping(session, tmp_path / "usage.sql", None)
    finally:
        session.close()


def test_without_the_extension_or_keys_the_way_out_is_said(tmp_path: Path) -> None:
    session = Session()
    try:
        with pytest.raises(
            BadInputError, match=r"Install duckdb-extension-httpfs|AWS_ACCESS_KEY_ID"
        ):
            open_remote(session, REMOTE, {})
    finally:
        session.close()


def test_tables_are_read_from_a_bucket_and_keys_stay_out_of_sight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("duckdb_extension_httpfs", reason="DuckDB's httpfs is not installed")
    bucket, mapping = tmp_path / "buckets" / "cs", tmp_path / "mapping"
    (bucket / "exports" / "usage").mkdir(parents=True)
    mapping.mkdir()
    for day in ("2024-01-04", "2024-01-05"):
        pd.DataFrame(
            {"account_id": ["1"], "used_on": pd.to_datetime([day]), "feature": "x", "events": 3}
        ).to_parquet(bucket / "exports" / "usage" / f"{day}.parquet")
    (bucket / "exports" / "accounts.csv").write_text(
        "account_id,started_on\n1,2023-01-01\n2,2023-01-01\n"
    )
    (mapping / "accounts.sql").write_text(
        f"SELECT * FROM read_csv('{REMOTE}accounts.csv', all_varchar = true)"
    )
    (mapping / "usage.sql").write_text(f"SELECT * FROM read_parquet('{REMOTE}usage/*.parquet')")
    asked: list[str] = []
    with serve_bucket(tmp_path / "buckets", asked, "reader") as host:
        for name, value in (KEYS | {"AWS_ENDPOINT_URL_S3": f"http://{host}"}).items():
            monkeypatch.setenv(name, value)
        with open_tables(study(mapping)) as tables:
            assert tables.row_counts == {"accounts": 2, "usage": 2}
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "stranger")
        with pytest.raises(BadInputError) as error:
            open_tables(study(mapping))
    assert "very secret" not in str(error.value)
    assert all(path == "cs" or path.startswith("cs/exports/") for path in asked)
