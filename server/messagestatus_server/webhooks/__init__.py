"""Webhooks, but for the store: who is told what, how it is signed, and how it is sent."""
