"""A mapping of somebody else's can neither write, nor run, nor read outside of the source."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import postgres_server
from clustering.config import StudyConfig
from clustering.errors import BadInputError, ClusteringError, TableContractError
from clustering.expressions import evaluate, parse
from clustering.sql import FUNCTIONS, MAPPING, READERS, RULE_FUNCTIONS
from clustering.tables import open_tables
from clustering.tables.session import Session

SECRET = "the-canary-sings"
ACCOUNT = "'007' AS account_id, DATE '2023-01-01' AS started_on"
HONEST = "SELECT no AS account_id, since AS started_on FROM 'crm.csv'"

# {out}: a folder beside the source; {secret}: a file in it; {base}: the folder that holds both.
READS = {
    "absolute": "SELECT secret AS account_id FROM '{secret}'",
    "absolute name": 'SELECT secret AS account_id FROM "{secret}"',
    "dots": "SELECT secret AS account_id FROM '../out/secret.csv'",
    "dots inside": "SELECT secret AS account_id FROM 'sub/../../out/secret.csv'",
    "dots in a reader": "SELECT secret AS account_id FROM read_csv('../out/secret.csv')",
    "absolute in a reader": "SELECT secret AS account_id FROM read_csv('{secret}')",
    "auto": "SELECT secret AS account_id FROM read_csv_auto('{secret}')",
    "with its schema": "SELECT secret AS account_id FROM main.read_csv('{secret}')",
    "with its catalog": "SELECT secret AS account_id FROM system.main.read_csv('{secret}')",
    "quoted function": "SELECT secret AS account_id FROM \"READ_CSV\"('{secret}')",
    "list": "SELECT secret AS account_id FROM read_csv(['crm.csv', '{secret}'])",
    "list of dots": "SELECT secret AS account_id FROM read_csv(['../out/secret.csv'])",
    "pattern": "SELECT secret AS account_id FROM '../out/*.csv'",
    "pattern upwards": "SELECT secret AS account_id FROM '*/../../out/*.csv'",
    "absolute pattern": "SELECT secret AS account_id FROM read_csv('{out}/*.csv')",
    "pattern of everything": "SELECT secret AS account_id FROM read_csv('{base}/**/*.csv')",
    "link": "SELECT secret AS account_id FROM 'link.csv'",
    "linked folder": "SELECT secret AS account_id FROM 'linked/secret.csv'",
    "pattern over a link": "SELECT secret AS account_id FROM read_csv('lin*.csv')",
    "pattern over a linked folder": "SELECT secret AS account_id FROM 'linked/*.csv'",
    "home": "SELECT secret AS account_id FROM '~/secret.csv'",
    "home in a reader": "SELECT secret AS account_id FROM read_csv('~/secret.csv')",
    "file address": "SELECT secret AS account_id FROM 'file://{secret}'",
    "file prefix": "SELECT secret AS account_id FROM read_csv('file:{secret}')",
    "web": "SELECT * FROM 'https://127.0.0.1:1/secret.csv'",
    "bucket": "SELECT * FROM read_parquet('s3://bucket/secret.parquet')",
    "built name": "SELECT secret AS account_id FROM read_csv('{out}/sec' || 'ret.csv')",
    "built list": "SELECT secret AS account_id FROM read_csv(['{out}/sec' || 'ret.csv'])",
    "name by a function": "SELECT secret AS account_id FROM read_csv(format('{{}}', '{secret}'))",
    "name by a query": "SELECT secret AS account_id FROM read_csv((SELECT '{secret}'))",
    "name by a cast": "SELECT secret AS account_id FROM read_csv(CAST('{secret}' AS VARCHAR))",
    "dollar quotes": "SELECT secret AS account_id FROM read_csv($${secret}$$)",
    "escaped text": r"SELECT secret AS account_id FROM read_csv(E'\x2e\x2e/out/secret.csv')",
    "text of the file": "SELECT content AS account_id FROM read_text('{secret}')",
    "text of a file inside": "SELECT content AS account_id FROM read_text('crm.csv')",
    "bytes": "SELECT content::VARCHAR AS account_id FROM read_blob('{secret}')",
    "sniffer": "SELECT prompt AS account_id FROM sniff_csv('{secret}')",
    "listing": "SELECT file AS account_id FROM glob('{out}/*')",
    "JSON objects": "SELECT json AS account_id FROM read_json_objects('{secret}')",
    "another database": "SELECT no AS account_id FROM read_duckdb('{out}/x.duckdb')",
    "sqlite_scan": "SELECT no AS account_id FROM sqlite_scan('{out}/other.sqlite', 'crm')",
    "metadata": "SELECT file_name AS account_id FROM parquet_metadata('{out}/x.parquet')",
    "query": "SELECT secret AS account_id FROM query('FROM ''{secret}''')",
    "query_table": "SELECT secret AS account_id FROM query_table('{secret}')",
    "query_table list": "SELECT secret AS account_id FROM query_table(['{secret}'])",
    "in a WITH": "WITH x AS (FROM '{secret}') SELECT secret AS account_id FROM x",
    "WITH as a cloak": (
        'SELECT b.secret AS account_id FROM (WITH "{secret}" AS (SELECT 1 AS secret) SELECT 1), '
        '"{secret}" AS b'
    ),
    "in a subquery": "SELECT (SELECT secret FROM '{secret}') AS account_id FROM 'crm.csv'",
    "in EXISTS": "SELECT " + ACCOUNT + " WHERE EXISTS (FROM read_text('{secret}'))",
    "in a lambda": (
        "SELECT list_transform([1], lambda y: y + (SELECT count(*) FROM read_text('{secret}'))) "
        "AS account_id"
    ),
    "in a window": (
        "SELECT lag((SELECT secret FROM '{secret}')) OVER () AS account_id FROM 'crm.csv'"
    ),
    "in a set operation": HONEST + " UNION ALL SELECT secret, NULL FROM '{secret}'",
    "in ORDER BY": HONEST + " ORDER BY (SELECT max(secret) FROM '{secret}')",
    "in LIMIT": HONEST + " LIMIT (SELECT count(*) FROM '{secret}')",
    "in a lateral join": (
        "SELECT b.secret AS account_id FROM 'crm.csv' a, LATERAL (FROM '{secret}') b"
    ),
    "in FILTER": (
        "SELECT count(*) FILTER (WHERE EXISTS (FROM '{secret}')) AS account_id FROM 'crm.csv'"
    ),
    "DESCRIBE": "SELECT column_name AS account_id FROM (DESCRIBE FROM '{secret}')",
    "SUMMARIZE": "SELECT max AS account_id FROM (SUMMARIZE FROM '{secret}')",
    "through a comment": "SELECT secret AS account_id FROM /* 'crm.csv' */ '{secret}' --",
    "through a nested comment": (
        "SELECT secret AS account_id FROM /* a /* b */ 'crm.csv' */ '{secret}'"
    ),
    "zero byte": "SELECT secret AS account_id FROM '{secret}\0.csv'",
    "no table": "SELECT secret AS account_id FROM '/etc/passwd'",
    "environment": "SELECT getenv('HOME') AS account_id",
    "settings": "SELECT current_setting('temp_directory') AS account_id",
    "settings as a table": "SELECT value AS account_id FROM duckdb_settings()",
    "settings as a view": "SELECT value AS account_id FROM duckdb_settings",
    "secrets": "SELECT secret_string AS account_id FROM duckdb_secrets()",
    "databases": "SELECT path AS account_id FROM duckdb_databases()",
    "pragma": "SELECT name AS account_id FROM pragma_database_list",
    "tables of the session": "SELECT account_id FROM scratch.main.usage",
    "information schema": "SELECT table_name AS account_id FROM information_schema.tables",
    "catalog of DuckDB": "SELECT relname AS account_id FROM pg_catalog.pg_class",
    "variable of Python": "SELECT * FROM session",
    "parsed and run": "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "running statement": "SELECT current_query() AS account_id",
    "variable": "SELECT getvariable('x') AS account_id",
}
WRITES = {
    "COPY": "COPY (SELECT 1) TO '{out}/stolen.csv'",
    "COPY into the source": "COPY (SELECT 1) TO '{base}/export/stolen.csv'",
    "COPY after a SELECT": HONEST + "; COPY (SELECT 1) TO '{out}/stolen.csv'",
    "COPY in a CTE": "WITH x AS (COPY (SELECT 1) TO '{out}/stolen.csv') SELECT 1",
    "EXPORT": "EXPORT DATABASE '{out}/stolen'",
    "ATTACH": "ATTACH '{out}/stolen.duckdb' AS stolen",
    "CREATE": "CREATE TABLE stolen AS SELECT 1",
    "SET": "SET log_query_path = '{out}/stolen.log'",
    "PRAGMA": "PRAGMA enable_profiling",
    "INSTALL": "INSTALL httpfs",
    "LOAD": "LOAD '{out}/x.duckdb_extension'",
    "CALL": "CALL enable_logging(storage = 'file', storage_config = {{'path': '{out}/stolen'}})",
    "macro": "CREATE MACRO lower(x) AS TABLE FROM read_text(x)",
    "enable_logging": (
        "FROM enable_logging(storage = 'file', storage_config = {{'path': '{out}/stolen'}})"
    ),
    "enable_logging beside an honest table": (
        HONEST + ", enable_logging('QueryLog', storage_path = '{out}/stolen')"
    ),
    "enable_profiling": (
        "FROM enable_profiling(format = 'json', save_location = '{out}/stolen.json')"
    ),
    "enable_profiling in a subquery": (
        "SELECT (SELECT count(*) FROM enable_profiling(save_location = '{secret}')) AS account_id"
    ),
    "checkpoint": "SELECT * FROM checkpoint()",
    "force_checkpoint": "SELECT * FROM force_checkpoint('scratch')",
    "truncate_duckdb_logs": "SELECT * FROM truncate_duckdb_logs()",
    "write_log": "SELECT write_log('x') AS account_id",
    "rejects": (
        "SELECT no AS account_id, since AS started_on "
        "FROM read_csv('crm.csv', store_rejects = true, rejects_table = 'stolen')"
    ),
    "keys": ("FROM read_parquet('use.parquet', encryption_config = {{'footer_key': 'x'}})"),
    "sequence": "SELECT nextval('stolen') AS account_id",
    "waiting": "SELECT sleep_ms(100000) AS account_id",
    "waiting, in PostgreSQL's words": "SELECT pg_sleep(100000) AS account_id",
    "seed": "SELECT setseed(0.5) AS account_id",
    "postgres_execute": "FROM postgres_execute('source', 'DROP TABLE crm')",
    "sqlite_attach": "FROM sqlite_attach('{out}/other.sqlite')",
    "sqlite_query": "FROM sqlite_query('source', 'DELETE FROM crm')",
    "mysql_execute": "FROM mysql_execute('source', 'DROP TABLE crm')",
}
HOSTILE = READS | WRITES


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source with links that lead out of it, an empty mapping, and secrets beside them."""
    source, out = tmp_path / "export", tmp_path / "out"
    for folder in (source, source / "sub", out, tmp_path / "mapping"):
        folder.mkdir()
    (source / "crm.csv").write_text("no,since\n007,2023-01-01\n008,2023-02-01\n")
    usage = {"account_id": "007", "used_on": "2024-01-01", "feature": "x", "events": [1, 2]}
    pd.DataFrame(usage).to_parquet(source / "use.parquet")
    (out / "secret.csv").write_text(f"secret\n{SECRET}\n")
    pd.DataFrame({"secret": [SECRET]}).to_parquet(out / "x.parquet")
    for file in ("x.duckdb", "x.duckdb_extension"):
        (out / file).write_text(SECRET)
    with sqlite3.connect(out / "other.sqlite") as connection:
        connection.execute(f"CREATE TABLE crm AS SELECT '{SECRET}' AS no, '2023-01-01' AS since")
    connection.close()
    (source / "link.csv").symlink_to(out / "secret.csv")
    (source / "linked").symlink_to(out)
    (tmp_path / "mapping/usage.sql").write_text("FROM 'use.parquet'")
    monkeypatch.setenv("HOME", str(out))
    monkeypatch.chdir(out)  # where a relative name would be looked up by DuckDB
    return tmp_path


def study(base: Path, **source: str) -> StudyConfig:
    places = {"folder": base / "export", "mapping": base / "mapping", **source}
    return StudyConfig.model_validate({"name": "trial", "as_of": "2024-01-10", "source": places})


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def filled(sql: str, base: Path) -> str:
    return sql.format(base=base, out=base / "out", secret=base / "out/secret.csv")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mapping_is_refused_before_it_runs(folders: Path, name: str) -> None:
    (folders / "mapping/accounts.sql").write_text(filled(HOSTILE[name], folders))
    before = tree(folders)
    with pytest.raises(TableContractError) as caught:
        open_tables(study(folders))
    message = str(caught.value)
    assert "table 'accounts' (mapping accounts.sql) does not meet its contract" in message
    words = ("not allowed", "outside", "nothing else", "statements", "address", "not in", "plainly")
    assert any(word in message for word in (*words, "cannot be read: ")), message
    assert SECRET not in message
    assert tree(folders) == before


#: Every place of a SELECT in which a function can stand.
PLACES = {
    "select list": "SELECT {f} AS account_id FROM 'crm.csv'",
    "WHERE": HONEST + " WHERE {f} IS NULL",
    "GROUP BY": "SELECT max(no) AS account_id FROM 'crm.csv' GROUP BY {f}",
    "GROUPING SETS": "SELECT max(no) FROM 'crm.csv' GROUP BY GROUPING SETS (({f}), ())",
    "HAVING": "SELECT no AS account_id FROM 'crm.csv' GROUP BY no HAVING {f} IS NULL",
    "QUALIFY": HONEST + " QUALIFY row_number() OVER (ORDER BY {f}) = 1",
    "PARTITION BY": "SELECT row_number() OVER (PARTITION BY {f}) FROM 'crm.csv'",
    "named window": "SELECT row_number() OVER w FROM 'crm.csv' WINDOW w AS (ORDER BY {f})",
    "frame of a window": (
        "SELECT sum(1) OVER (ORDER BY no ROWS BETWEEN length({f}) PRECEDING AND CURRENT ROW) "
        "FROM 'crm.csv'"
    ),
    "window of its own": "SELECT {f} OVER () FROM 'crm.csv'",
    "FILTER": "SELECT count(*) FILTER ({f} IS NULL) FROM 'crm.csv'",
    "order inside an aggregate": "SELECT list(no ORDER BY {f}) FROM 'crm.csv'",
    "ORDER BY": HONEST + " ORDER BY {f}",
    "LIMIT": HONEST + " LIMIT length({f})",
    "OFFSET": HONEST + " LIMIT 5 OFFSET length({f})",
    "DISTINCT ON": "SELECT DISTINCT ON ({f}) no AS account_id FROM 'crm.csv'",
    "ON": "SELECT a.no AS account_id FROM 'crm.csv' a JOIN 'crm.csv' b ON {f} IS NULL",
    "ASOF": "SELECT a.no FROM 'crm.csv' a ASOF JOIN 'crm.csv' b ON a.no >= {f}",
    "VALUES": "SELECT * FROM (VALUES ({f})) AS v(account_id)",
    "VALUES alone": "VALUES ({f})",
    "WITH": "WITH x AS (SELECT {f} AS account_id) FROM x",
    "WITH MATERIALIZED": "WITH x AS MATERIALIZED (SELECT {f} AS account_id) FROM x",
    "WITH RECURSIVE": (
        "WITH RECURSIVE x AS (SELECT 1 AS a UNION ALL SELECT 1 FROM x WHERE {f} IS NULL) FROM x"
    ),
    "UNION": HONEST + " UNION ALL SELECT {f}, NULL",
    "EXCEPT": HONEST + " EXCEPT SELECT {f}, NULL",
    "CASE": "SELECT CASE WHEN {f} IS NULL THEN no END AS account_id FROM 'crm.csv'",
    "CAST": "SELECT TRY_CAST({f} AS INT) AS account_id FROM 'crm.csv'",
    "TRY": "SELECT TRY({f}) AS account_id FROM 'crm.csv'",
    "COALESCE": "SELECT coalesce(no, {f}) AS account_id FROM 'crm.csv'",
    "BETWEEN": HONEST + " WHERE no BETWEEN {f} AND 'x'",
    "IN": HONEST + " WHERE no IN ('x', {f})",
    "IN a query": HONEST + " WHERE no IN (SELECT {f})",
    "ANY": HONEST + " WHERE no = ANY (SELECT {f})",
    "LIKE": HONEST + " WHERE no LIKE {f}",
    "COLLATE": HONEST + " ORDER BY {f} COLLATE NOCASE",
    "list": "SELECT [{f}][1] AS account_id FROM 'crm.csv'",
    "slice": "SELECT no[length({f}):] AS account_id FROM 'crm.csv'",
    "struct": "SELECT {{'a': {f}}}.a AS account_id FROM 'crm.csv'",
    "map": "SELECT MAP {{'a': {f}}} AS account_id FROM 'crm.csv'",
    "comprehension": "SELECT [{f} FOR x IN [1]] AS account_id FROM 'crm.csv'",
    "comprehension's IF": "SELECT [x FOR x IN [1] IF {f} IS NULL] AS account_id FROM 'crm.csv'",
    "lambda": "SELECT list_transform([1], lambda x: {f}) AS account_id FROM 'crm.csv'",
    "arrow lambda": "SELECT list_filter([1], x -> {f} IS NULL) AS account_id FROM 'crm.csv'",
    "COLUMNS": "SELECT COLUMNS(c -> {f} IS NULL) FROM 'crm.csv'",
    "REPLACE": "SELECT * REPLACE ({f} AS no) FROM 'crm.csv'",
    "PIVOT": "FROM 'crm.csv' PIVOT (max({f}) FOR no IN ('007'))",
    "IN of a PIVOT": "FROM 'crm.csv' PIVOT (count(*) FOR {f} IN ('007'))",
    "source of a PIVOT": "FROM (SELECT {f} AS no) PIVOT (count(*) FOR no IN ('007'))",
    "UNPIVOT": "FROM 'crm.csv' UNPIVOT (v FOR n IN ({f}))",
    "argument of a reader": "FROM read_csv('crm.csv', header = {f} IS NULL)",
    "argument of rows": "SELECT unnest AS account_id FROM unnest([{f}])",
    "argument of a range": "SELECT range AS account_id FROM range(length({f}))",
    "lateral": "SELECT x AS account_id FROM 'crm.csv', LATERAL (SELECT {f} AS x)",
    "method": "SELECT no.concat({f}) AS account_id FROM 'crm.csv'",
    "interval": "SELECT DATE '2024-01-01' + to_days(length({f})) AS started_on",
    "EXTRACT": "SELECT extract(year FROM {f}::DATE) AS account_id",
    "sample": "SELECT no AS account_id FROM (SELECT {f} AS no) USING SAMPLE 1",
    "FROM first": "FROM 'crm.csv' SELECT {f} AS account_id",
}
CALLS = (
    "getenv('HOME')",
    "GETENV('HOME')",
    "\"getenv\"('HOME')",
    "'HOME'.getenv()",
    "main.getenv('HOME')",
)


@pytest.mark.parametrize("place", PLACES)
def test_no_place_of_a_select_hides_a_function(folders: Path, place: str) -> None:
    for call in CALLS:
        sql = PLACES[place].format(f=call)
        (folders / "mapping/accounts.sql").write_text(sql)
        with pytest.raises(TableContractError, match=r"getenv\(\)|SQL cannot be read|nothing else"):
            open_tables(study(folders))


#: What the wall behind the list need not stop, since it neither reads outside nor writes a file;
#: and logging, after which DuckDB ends the whole process when it finds that it may not write.
NOT_FOR_THE_WALL = (
    "text of a file inside", "no table", "environment", "settings", "settings as a table",
    "settings as a view", "secrets", "databases", "pragma", "tables of the session",
    "information schema", "catalog of DuckDB", "variable of Python", "parsed and run",
    "running statement", "variable", "sequence", "seed", "waiting",
    "waiting, in PostgreSQL's words", "CREATE", "COPY into the source", "macro", "rejects",
    "CALL", "enable_logging", "enable_logging beside an honest table",
)  # fmt: skip


@pytest.mark.parametrize("name", [name for name in HOSTILE if name not in NOT_FOR_THE_WALL])
def test_the_session_is_a_wall_behind_the_list(folders: Path, name: str) -> None:
    """Were the list to let a statement pass, the locked session would still not obey."""
    before = tree(folders / "out")
    session = Session()
    try:
        session.lock([folders / "export"])
        found: list[object] = []
        try:
            found = session.execute(filled(HOSTILE[name], folders)).fetchall()
            session.execute("SELECT 1").fetchall()  # logging and profiles begin after a statement
        except (duckdb.Error, ClusteringError):
            pass
        assert SECRET not in str(found)
        assert tree(folders / "out") == before
    finally:
        session.close()


@pytest.fixture(scope="module")
def postgres() -> Iterator[tuple[Path, str]]:
    programs = postgres_server.binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server binary is installed (apt-get install postgresql)")
    with postgres_server.serve(programs) as address:
        yield programs, address


ON_A_SERVER = {
    "drop": "FROM postgres_execute('source', 'COMMIT; DROP TABLE crm')",
    "drop, hidden in a subquery": (
        "SELECT (SELECT 1 FROM postgres_execute('source', 'COMMIT; DROP TABLE crm')) AS account_id"
    ),
    "drop, by its full name": (
        "FROM system.main.postgres_execute('source', 'COMMIT; DROP TABLE crm')"
    ),
    "command": (
        "FROM postgres_query('source', 'COMMIT; COPY crm TO PROGRAM ''touch {out}/stolen''')"
    ),
    "file of the server": (
        "FROM postgres_query('source', 'SELECT pg_read_file(''/etc/hostname'') AS account_id')"
    ),
    "another address": "FROM postgres_scan('{address}', 'public', 'crm')",
    "another address, unnested": (
        "SELECT * FROM 'crm.csv', postgres_scan_pushdown('{address}', 'public', 'crm')"
    ),
    "attach": "ATTACH '{address}' AS mine (TYPE POSTGRES)",
    "attach as a function": "FROM postgres_attach('{address}')",
    "hidden by a CTE": (
        "WITH x AS MATERIALIZED (FROM postgres_execute('source', 'COMMIT; DROP TABLE crm')) FROM x"
    ),
    "passwords": "SELECT usename AS account_id FROM source.pg_catalog.pg_shadow",
    "passwords, by schema": "SELECT usename AS account_id FROM pg_catalog.pg_shadow",
    "information schema": "SELECT table_name AS account_id FROM source.information_schema.tables",
    "setting": "SELECT current_setting('pg_connection_cache') AS account_id",
    "cache": "FROM pg_clear_cache()",
    "delete": "DELETE FROM source.public.crm",
    "insert after": "FROM source.crm; INSERT INTO source.crm VALUES ('x')",
}


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.parametrize("name", ON_A_SERVER)
def test_a_hostile_mapping_leaves_a_server_alone(
    folders: Path, postgres: tuple[Path, str], name: str
) -> None:
    programs, address = postgres
    postgres_server.query(
        programs,
        address,
        "DROP TABLE IF EXISTS crm; CREATE TABLE crm AS SELECT '007' AS no, '2023-01-01' AS since",
    )
    folders.chmod(0o777)
    (folders / "out").chmod(0o777)
    sql = ON_A_SERVER[name].format(out=folders / "out", address=address)
    (folders / "mapping/accounts.sql").write_text(sql)
    before = tree(folders)
    with pytest.raises(TableContractError, match=r"not allowed|nothing else|statements"):
        open_tables(study(folders, database=address))
    assert tree(folders) == before
    assert postgres_server.query(programs, address, "SELECT * FROM crm").strip() == "007|2023-01-01"


@pytest.mark.postgres
@pytest.mark.slow
def test_an_attached_server_can_be_read_behind_the_wall_but_not_written(
    folders: Path, postgres: tuple[Path, str]
) -> None:
    programs, address = postgres
    create = "DROP TABLE IF EXISTS crm; CREATE SCHEMA IF NOT EXISTS sales; "
    tables = "CREATE TABLE IF NOT EXISTS sales.deals AS SELECT '008' AS no, '2023-02-01' AS since; "
    postgres_server.query(
        programs, address, f"{create}{tables}CREATE TABLE crm AS SELECT * FROM sales.deals"
    )
    (folders / "mapping/accounts.sql").write_text(
        "SELECT no AS account_id, since AS started_on FROM crm "
        "UNION SELECT no, since FROM public.crm UNION SELECT no, since FROM source.crm "
        "UNION SELECT no, since FROM sales.deals UNION SELECT no, since FROM source.sales.deals "
        "UNION SELECT no, since FROM 'crm.csv'"
    )
    with open_tables(study(folders, database=address)) as tables_found:
        assert tables_found.row_counts["accounts"] == 2
        assert tables_found.session is not None
        with pytest.raises(duckdb.Error):
            tables_found.session.execute("DROP TABLE source.crm")
    assert postgres_server.query(programs, address, "SELECT no FROM crm").strip() == "008"


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT lowre(no) AS account_id FROM 'crm.csv'", "Did you mean 'lower'?"),
        (
            "SELECT getenv('HOME'), read_text('x') FROM glob('*')",
            "the function getenv(), which is not one that a mapping may call "
            "(docs/bring_your_data.md)",
        ),
        ("SELECT no AS account_id FROM crn", "'crn' after FROM, which is no WITH clause"),
        ("WITH crm AS (FROM 'crm.csv') FROM crn", "did you mean 'crm'?"),
        (
            "FROM read_csv('crm.csv', heder = true)",
            "'heder' of read_csv() (did you mean 'header'?)",
        ),
        ("FROM '../out/secret.csv'", "outside of the source folder"),
        ("FROM '../out/nowhere.csv'", "outside of the source folder"),
        ("FROM 'https://127.0.0.1/x.csv'", "save a copy there"),
        ("FROM read_csv('a' || '.csv')", "anything but the names of files, written as texts"),
        ("FROM sales.crm", "the table sales.crm, since source.database is not given"),
    ],
)
def test_a_refusal_names_what_is_refused_and_what_is_allowed(
    folders: Path, sql: str, words: str
) -> None:
    (folders / "mapping/accounts.sql").write_text(sql)
    with pytest.raises(TableContractError) as caught:
        open_tables(study(folders))
    assert words in str(caught.value)


def test_all_that_is_refused_is_said_at_once(folders: Path) -> None:
    (folders / "mapping/accounts.sql").write_text(
        "SELECT getenv('HOME') AS account_id, random() AS x FROM glob('*'), duckdb_settings"
    )
    with pytest.raises(TableContractError) as caught:
        open_tables(study(folders))
    for name in ("getenv()", "random()", "glob()", "duckdb_settings"):
        assert name in str(caught.value)


#: Each gives the accounts 007 and 008.
HONEST_ONES = {
    "WITH": (
        "WITH a AS (FROM 'crm.csv'), b AS (FROM a) "
        "SELECT no AS account_id, since AS started_on FROM b"
    ),
    "WITH RECURSIVE": (
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) "
        "SELECT no AS account_id, min(since) AS started_on FROM 'crm.csv', n GROUP BY ALL"
    ),
    "alias of a table": "SELECT x.no AS account_id, x.since AS started_on FROM 'crm.csv' AS x",
    "alias called like a function": (
        "SELECT getenv.no AS account_id, getenv.since AS started_on FROM 'crm.csv' AS getenv"
    ),
    "text called like a function": (
        HONEST + " WHERE no <> 'getenv(''HOME'')' AND since <> 'FROM read_text(''x'')' -- glob('*')"
    ),
    "absolute, inside": "SELECT no AS account_id, since AS started_on FROM '{base}/export/crm.csv'",
    "dots that stay inside": "SELECT no AS account_id, since AS started_on FROM 'sub/../crm.csv'",
    "dollar quotes": (
        "SELECT no AS account_id, since AS started_on "
        "FROM read_csv($$crm.csv$$, all_varchar = true)"
    ),
    "pattern": "SELECT no AS account_id, since AS started_on FROM 'cr*.csv'",
    "pattern of two files": (
        "SELECT no AS account_id, min(since) AS started_on FROM 'sub/part*.csv' GROUP BY no"
    ),
    "list": (
        "SELECT DISTINCT no AS account_id, since AS started_on "
        "FROM read_csv(['crm.csv', 'sub/part*.csv'], all_varchar = true)"
    ),
    "options": (
        "SELECT no AS account_id, since AS started_on FROM read_csv('crm.csv', header := true, "
        "columns = {{'no': 'VARCHAR', 'since': 'DATE'}}, delim => ',', filename = true)"
    ),
    "name of the file": (
        "SELECT no AS account_id, since AS started_on FROM read_csv('sub/part*.csv', "
        "filename = true, all_varchar = true) WHERE parse_filename(filename) LIKE 'part%'"
    ),
    "window and QUALIFY": (
        HONEST + " QUALIFY row_number() OVER (PARTITION BY no ORDER BY since) = 1"
    ),
    "VALUES": (
        "SELECT * FROM (VALUES ('007', DATE '2023-01-01')) AS v(account_id, started_on) "
        "UNION ALL SELECT '008', DATE '2023-01-01'"
    ),
    "calendar": (
        "SELECT no AS account_id, min(day) AS started_on FROM 'crm.csv', "
        "generate_series(DATE '2023-01-01', DATE '2023-03-01', INTERVAL 1 MONTH) AS s(day) "
        "GROUP BY no"
    ),
    "PIVOT": (
        "SELECT account_id, \"2023-01-01_m\" AS started_on FROM (SELECT no AS account_id, "
        "'2023-01-01' AS s, DATE '2023-01-01' AS d FROM 'crm.csv') "
        "PIVOT (max(d) AS m FOR s IN ('2023-01-01'))"
    ),
    "UNPIVOT": (
        "SELECT no AS account_id, value AS started_on FROM 'crm.csv' "
        "UNPIVOT (value FOR name IN (since))"
    ),
    "lambda and list": (
        "SELECT list_transform([no], lambda n: trim(n))[1] AS account_id, since AS started_on "
        "FROM 'crm.csv'"
    ),
    "method": "SELECT no.trim().lower() AS account_id, since AS started_on FROM 'crm.csv'",
    "CASE, casts and dates": (
        "SELECT CASE WHEN no ILIKE '00%' THEN no END AS account_id, "
        "CAST(strptime(since, '%Y-%m-%d') AS DATE) + INTERVAL 1 DAY AS started_on FROM 'crm.csv' "
        "WHERE extract(year FROM since::DATE) = 2023 AND coalesce(try_cast(no AS INT), 0) % 10 > 0 "
        "AND since::DATE AT TIME ZONE 'Europe/London' < DATE '2030-01-01'"
    ),
    "USING and CROSS": (
        "SELECT a.no AS account_id, b.since AS started_on FROM 'crm.csv' a "
        "JOIN 'crm.csv' b USING (no)"
    ),
    "unnest": "SELECT unnest(['007', '008']) AS account_id, DATE '2023-01-01' AS started_on",
    "COLUMNS": (
        "SELECT no AS account_id, since AS started_on FROM (SELECT COLUMNS(c -> c <> 'x') "
        "FROM 'crm.csv')"
    ),
    "hive partitions": (
        "SELECT no AS account_id, since AS started_on FROM read_csv('hive/*/*.csv', "
        "hive_partitioning = true, all_varchar = true) WHERE year IN (2023, 2024)"
    ),
    "names of columns": "SELECT a AS account_id, b AS started_on FROM 'crm.csv' AS x(a, b)",
    "ASOF and EXCLUDE": (
        "SELECT a.* EXCLUDE (since), a.since AS started_on FROM (SELECT no AS account_id, since "
        "FROM 'crm.csv') AS a ASOF JOIN 'crm.csv' AS b ON account_id = b.no AND a.since >= b.since"
    ),
    "semicolon and comments": "/* a */ " + HONEST + "; -- the end's end",
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST_ONES)
def test_honest_mappings_still_work(folders: Path, name: str) -> None:
    (folders / "export/sub/part1.csv").write_text("no,since\n007,2023-01-01\n")
    (folders / "export/sub/part2.csv").write_text("since,no\n2023-02-01,008\n")
    for year, number in (("2023", "007"), ("2024", "008")):
        (folders / f"export/hive/year={year}").mkdir(parents=True)
        hive = folders / f"export/hive/year={year}/rows.csv"
        hive.write_text(f"no,since\n{number},2023-01-01\n")
    (folders / "mapping/accounts.sql").write_text(HONEST_ONES[name].format(base=folders))
    with open_tables(study(folders)) as tables:
        accounts = tables.frames["accounts"].collect("pandas").to_native()
    assert sorted(accounts["account_id"]) == ["007", "008"]


@pytest.mark.parametrize("form", ["{}", "CASE WHEN ({}) IS NULL THEN 'a' END"])
@pytest.mark.parametrize("name", HOSTILE)
def test_none_of_it_passes_as_a_rule_either(folders: Path, name: str, form: str) -> None:
    before = tree(folders)
    with pytest.raises(BadInputError):
        evaluate(parse(form.format(filled(HOSTILE[name], folders))), pd.DataFrame({"no": ["007"]}))
    assert tree(folders) == before


def test_a_mapping_that_never_ends_is_stopped(folders: Path) -> None:
    (folders / "mapping/accounts.sql").write_text(
        "WITH RECURSIVE x AS (SELECT 1 AS a UNION ALL SELECT 1 FROM x) "
        "SELECT a AS account_id, NULL AS started_on FROM x"
    )
    config = study(folders)
    short = config.source.model_copy(update={"time_limit_s": 1})
    with pytest.raises(TableContractError, match=r"more than 1 seconds .* source\.time_limit_s"):
        open_tables(config.model_copy(update={"source": short}))


def test_the_guide_lists_what_is_allowed() -> None:
    guide = (Path(__file__).parents[2] / "docs/bring_your_data.md").read_text(encoding="utf-8")
    listed = {**FUNCTIONS, **{f"`{name}`": options for name, options in READERS.items()}}
    for kind, names in listed.items():
        assert f"| {kind} | {', '.join(f'`{name}`' for name in names)} |\n" in guide


@pytest.mark.parametrize("clock", ["now", "today", "current_date", "current_timestamp", "age"])
def test_no_listed_function_looks_at_the_clock(clock: str) -> None:
    assert clock not in MAPPING.functions


def test_every_listed_function_is_known_to_duckdb() -> None:
    with duckdb.connect() as connection:
        found = connection.execute("SELECT function_name FROM duckdb_functions()").fetchall()
    known = {name for (name,) in found} | {"read_xlsx"}
    assert {*MAPPING.functions, *MAPPING.readers, *RULE_FUNCTIONS} <= known
    assert set(RULE_FUNCTIONS) <= set(MAPPING.functions)
