"""The AlphaSMS dialect."""
