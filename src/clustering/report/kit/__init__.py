"""What figures, tables and sentences are made of."""
