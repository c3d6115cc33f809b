"""What tests send, and where."""

from messagestatus_server.domain.webhook import Attempt
from messagestatus_server.webhooks.addresses import allowance
from messagestatus_server.webhooks.sender import Sender
from tests.webhooks.receiver import Answer, receiving

HERE = allowance(["127.0.0.0/8"], ["127.0.0.0/8"])
NAME = "hooks.example.com"
BODY = b'{"type":"message.status.changed"}'
NOW = 1_700_000_000_000_000
HEADERS = {"webhook-id": "evt_1", "webhook-timestamp": "1700000000", "webhook-signature": "v1,x"}


async def sent_to(sender: Sender, answer: Answer, seconds: float = 15.0) -> Attempt:
    """Send once to a receiver that answers so."""
    async with receiving(answer) as receiver:
        return await sender.send(f"http://{NAME}:{receiver.port}/in", HEADERS, BODY, seconds)
