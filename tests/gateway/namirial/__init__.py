"""Namirial's document, and every ruling on what it leaves open, against a running gateway and server."""
