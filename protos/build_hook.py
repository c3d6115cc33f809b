"""Writes the contract's Python beside its protos, for every wheel and editable install."""

from pathlib import Path
from typing import Any

from grpc_tools import protoc
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class GenerateStubs(BuildHookInterface[Any]):
    """Runs protoc in the build environment, whose versions pyproject.toml pins."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Generate messages from every proto, and stubs from the services."""
        root = Path(self.root, "protos")
        well_known = Path(protoc.__file__).parent / "_proto"
        protos = sorted(str(proto) for proto in root.glob("messagestatus/**/*.proto"))
        services = [proto for proto in protos if proto.endswith("_service.proto")]
        run = ["protoc", f"-I{root}", f"-I{well_known}"]
        messages = [f"--python_out={root}", f"--mypy_out=quiet:{root}"]
        stubs = [f"--grpc_python_out={root}", f"--mypy_grpc_out=quiet:{root}"]
        if protoc.main(run + messages + protos) or protoc.main(run + stubs + services):
            raise SystemExit("protoc failed")
