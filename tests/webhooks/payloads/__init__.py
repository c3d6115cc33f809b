"""The bodies that endpoints are sent, one file a format."""
