"""Providers: how each carrier signs, words and answers."""
