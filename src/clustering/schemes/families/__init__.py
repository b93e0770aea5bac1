"""The rules that practitioners proposed, one file a family."""
