"""Simulated carriers: how each of the providers writes and signs the callbacks that it sends."""
