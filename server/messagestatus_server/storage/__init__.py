"""Where messages, receipts, people and keys are kept: one interface, and an engine for SQLite behind it."""
