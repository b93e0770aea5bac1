"""One reader for every kind of file: CSV, Excel, JSON and Parquet, in every locale."""
