"""The server over the wire."""
