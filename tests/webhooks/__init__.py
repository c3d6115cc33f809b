"""Webhooks apart from the store: signatures, addresses, sending, the ladder and the payloads."""
