"""The rules of the lifecycle, held as values: no server, no store, no clock."""
