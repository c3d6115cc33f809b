"""Lets `python -m messagestatus_server.cli` stand in for the console script."""

from messagestatus_server.cli import main

main()
