"""`demo`: data that makes the examples of all four dialects come back as documented."""
