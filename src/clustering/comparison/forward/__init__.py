"""What labellings knew about an outcome that came later."""
