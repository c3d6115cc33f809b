"""The gateway, held by what its clients see."""
