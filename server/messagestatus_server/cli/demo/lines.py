"""The lines that `demo` ends with: ready to paste, one way to ask in each dialect and over gRPC."""

from collections.abc import Iterator
from shlex import quote

from messagestatus_server.cli.demo.keys import INSTANCE, DemoKeys
from messagestatus_server.cli.settings import Settings

MESSAGE = "011d9d6e-b5b9-4cb9-be13-2bc336a923ce"

SERVED = ("namirial",)
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
        f'buf curl --protocol grpc --http2-prior-knowledge -H "x-api-key: $KEY" -d {_REQUEST}'
        f" http://{settings.server}/{_GET_STATUS}"
    )
    yield f'grpcurl -plaintext -H "x-api-key: $KEY" -d {_REQUEST} {settings.server} {_GET_STATUS}'
    yield "\n# messagestatus"
    client = f'messagestatus --server {settings.server} --key "$KEY"'
    yield f"{client} get {MESSAGE}"
    yield f"{client} list --phone +1234567890"
    yield f"{client} history {MESSAGE}"
