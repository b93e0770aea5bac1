"""The report by subject: the words, tables and figures of each."""
