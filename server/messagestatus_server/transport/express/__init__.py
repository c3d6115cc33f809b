"""The express engine: grpcio's own core, served by one thread, without what its public API adds to a call."""
