"""The SQLite engine: one file, one process, one connection that writes."""
