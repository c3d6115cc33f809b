"""gRPC and nothing else: what arrives is translated, passed on, and the answer translated back."""
