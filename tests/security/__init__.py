"""What nobody may do, tried against a running server."""
