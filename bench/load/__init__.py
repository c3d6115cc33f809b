"""Load generators: a process of their own that asks over plain sockets and checks every answer."""
