"""Where scores are kept from date to date: files, a partitioned folder, DuckDB, PostgreSQL."""

#: The name of the table in a database, where none is given.
TABLE = "account_scores"
#: Seconds to wait for another run in the same store, where nothing is said.
PATIENCE_S = 300.0
