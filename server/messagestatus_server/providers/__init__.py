"""Providers: how each carrier signs, words and answers the callbacks by which it tells of its messages."""
