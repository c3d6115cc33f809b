"""Secrets of webhook endpoints at rest and in logs: nobody reads them without the key of the installation."""

from pathlib import Path

import pytest

from messagestatus.v1 import webhook_endpoint_pb2 as endpoint_pb
from messagestatus.v1 import webhook_endpoint_service_pb2 as pb
from tests.builders import message, register
from tests.hooks import HERE, create, receiving
from tests.running import Operator, RunningServer

AUTHORIZATION = "Bearer of-the-receivers-own-choice"


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_neither_database_nor_log_holds_a_secret(tmp_path: Path, stopped: bool) -> None:
    """While the server runs, what was written stands in the write-ahead log beside the database."""
    server = RunningServer(tmp_path, *HERE, "--log-level", "debug")
    operator = Operator(server)
    tenant = operator.tenant("acme")
    with receiving() as hooks:
        hooks.answer = lambda _: (500, {})
        shared = create(operator.client, "acme", hooks.url, authorization=AUTHORIZATION)
        create(operator.client, "acme", hooks.url, signing=endpoint_pb.WEBHOOK_SIGNING_KEY_PAIR)
        endpoint_id = shared.endpoint.endpoint_id
        rotated = operator.client.webhooks.RotateWebhookSecret(
            pb.RotateWebhookSecretRequest(tenant="acme", endpoint_id=endpoint_id)
        )
        register(tenant.client, message("m", phone="+436601234567"))
        operator.client.webhooks.SendTestEvent(
            pb.SendTestEventRequest(tenant="acme", endpoint_id=endpoint_id)
        )
        hooks.wait(3)
    operator.close()
    if stopped:
        server.terminate()
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name.startswith("messagestatus")]
    dump = b"".join(path.read_bytes() for path in files)
    logged = "".join(server.text)
    if not stopped:
        assert tmp_path.joinpath("messagestatus.db-wal") in files
        server.terminate()
    for secret in (shared.secret, rotated.secret, AUTHORIZATION):
        for form in (secret, secret.removeprefix("whsec_"), secret[8:30]):
            assert form.encode() not in dump
            assert form not in logged
    assert b"whsk_" not in dump
    assert endpoint_id.encode() in dump
    assert "+436601234567" not in logged


def test_an_answer_of_a_receiver_does_not_reach_the_log(tmp_path: Path) -> None:
    server = RunningServer(tmp_path, *HERE, "--log-level", "debug")
    operator = Operator(server)
    tenant = operator.tenant("acme")
    with receiving() as hooks:
        hooks.answer = lambda _: (302, {"location": "http://169.254.169.254/told-by-the-receiver"})
        create(operator.client, "acme", hooks.url)
        register(tenant.client, message("m"))
        hooks.wait(1)
    operator.close()
    server.terminate()
    assert "told-by-the-receiver" not in "".join(server.text)
