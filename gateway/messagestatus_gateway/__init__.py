"""The gateway: existing REST clients keep the JSON they know; every answer comes from the server."""
