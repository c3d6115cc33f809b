"""The services over a real store, without the wire."""
