"""Where scores are kept from date to date: files, a partitioned folder, DuckDB, PostgreSQL."""
