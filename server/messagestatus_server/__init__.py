"""The status server: knows where every message stands, and answers over gRPC."""
