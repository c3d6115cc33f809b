"""Everything here is asked of both engines."""

from tests.engines import _chosen, engine, operator, server

__all__ = ["_chosen", "engine", "operator", "server"]
