"""Starts the gateway: `python -m messagestatus_gateway`."""

from messagestatus_gateway.cli import main

if __name__ == "__main__":
    main()
