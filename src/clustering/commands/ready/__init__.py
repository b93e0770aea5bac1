"""Commands on a ready table: evidence, agree, forward."""
