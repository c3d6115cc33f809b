"""The Symphony dialect."""
