"""The lines that `demo` ends with: ready to paste, one way to ask in each dialect and over gRPC."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from messagestatus_server.cli.demo.keys import INSTANCE, DemoKeys
from messagestatus_server.cli.settings import Settings

MESSAGE = "011d9d6e-b5b9-4cb9-be13-2bc336a923ce"

SERVED = ("namirial", "ryze", "alphasms", "symphony")
"""The dialects that the gateway serves; lines are printed for these."""

_RYZE = "3EB08FCF27E532F1B0F5"
_ALPHASMS_BODY = r'"{{\"auth\": \"$KEY\", \"data\": [{{\"type\": \"status\", \"id\": 100500}}]}}"'
_SYMPHONY_PATH = "pod/v1/message/XlU3OH9eVMzq-yss7M_xyn___oxwgbtGbQ/status"
_DIALECTS = {
    "namirial": (
        f'curl -H "X-Api-Key: $KEY" http://{{http}}/api/messagestatus/{MESSAGE}',
        'curl -H "X-Api-Key: $KEY" "http://{http}/api/messagestatus/phonenumber/+1234567890?count=3"',
        'curl -H "X-Api-Key: $KEY" http://{http}/api/messagestatus/reference/user-12345-verification',
    ),
    "ryze": (
        f'curl -H "token: {{instance}}" "http://{{http}}/api/chat/status/{INSTANCE}?messageId={_RYZE}"',
    ),
    "alphasms": (
        f'curl -H "Content-Type: application/json" -d {_ALPHASMS_BODY} http://{{http}}/api/json.php',
    ),
    "symphony": (f'curl -H "sessionToken: {{user}}" http://{{http}}/{_SYMPHONY_PATH}',),
}
_GET_STATUS = "messagestatus.v1.MessageStatusService/GetStatus"
_REQUEST = f'\'{{"message_id": "{MESSAGE}"}}\''


def lines(settings: Settings, http: str, keys: DemoKeys) -> Iterator[str]:
    """Yield the lines, with the addresses of this server and the keys of this demo."""
    yield f"KEY=$(cat {quote(str(settings.data / 'demo.key'))})"
    for dialect in SERVED:
        yield f"\n# {dialect}"
        for line in _DIALECTS[dialect]:
            yield line.format(http=http, user=keys.user.secret, instance=keys.instance.secret)
    yield "\n# gRPC"
    yield (
        f'{_program("buf")} curl --protocol grpc --http2-prior-knowledge -H "x-api-key: $KEY" -d {_REQUEST}'
        f" http://{settings.server}/{_GET_STATUS}"
    )
    yield "\n# gRPC, with grpcurl where you have it"
    yield f'grpcurl -plaintext -H "x-api-key: $KEY" -d {_REQUEST} {settings.server} {_GET_STATUS}'
    yield "\n# messagestatus"
    client = f'{_program("messagestatus")} --server {settings.server} --key "$KEY"'
    yield f"{client} get {MESSAGE}"
    yield f"{client} list --phone +1234567890"
    yield f"{client} history {MESSAGE}"


def _program(name: str) -> str:
    """Return how to call a program from here: by its name, or where it was installed with this one."""
    beside = Path(sys.executable).with_name(name)
    if shutil.which(name) or not beside.exists():
        return name
    here = Path.cwd()
    return quote(str(beside.relative_to(here) if beside.is_relative_to(here) else beside))
