"""Starts `messagestatus-server`, once what must be settled before grpcio loads is settled."""

from messagestatus_server import grpc_switches


def main() -> None:
    """Run the command."""
    grpc_switches.choose()
    # It loads grpcio.
    from messagestatus_server.command import main as command  # noqa: PLC0415

    command()


if __name__ == "__main__":
    main()
