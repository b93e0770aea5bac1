"""Commands on a model in service: who decides, does it still fit, and how a warehouse runs it."""
