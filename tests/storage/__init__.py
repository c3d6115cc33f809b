"""The store: one suite for the interface, and what only SQLite can be asked."""
