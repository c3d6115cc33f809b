"""Supervision: starts the processes of one machine, keeps them running, and stops them in order."""
