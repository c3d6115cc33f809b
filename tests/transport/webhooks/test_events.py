"""What arrives at a receiver: signed, once, replayed under the name it had."""

import pytest
from google.protobuf.duration_pb2 import Duration
from standardwebhooks import WebhookVerificationError

from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import status_change_pb2 as change_pb
from messagestatus.v1 import status_watch_service_pb2 as watch_pb
from messagestatus.v1 import webhook_endpoint_pb2 as endpoint_pb
from messagestatus.v1 import webhook_endpoint_service_pb2 as pb
from tests.builders import message, receipt, register, report
from tests.hooks import Hooks, attempts, create
from tests.refused import refusal
from tests.running import Client, Tenant

from .asking import attempts_of, enable, listed, replay


def test_a_change_arrives_signed_and_is_found_among_the_attempts(
    admin: Client, tenant: Tenant, hooks: Hooks
) -> None:
    made = create(admin, tenant.name, hooks.url, authorization="Bearer theirs")
    register(tenant.client, message("m", phone="+436601234567"))
    report(tenant.client, receipt("m", "DELIVERED"))
    first, second = hooks.wait(2)
    content = second.verify(made.secret)
    assert (content["type"], first.told[0], content["data"]["state"]) == (
        "message.status.changed",
        "m",
        "DELIVERED",
    )
    assert second.headers["authorization"] == "Bearer theirs"
    assert second.headers["webhook-id"] == content["id"]
    with pytest.raises(WebhookVerificationError):
        second._replace(body=second.body + b" ").verify(made.secret)
    newest, oldest = attempts_of(admin, tenant, made.endpoint.endpoint_id, 2)
    assert (newest.event_id, newest.message_id, newest.http_status) == (content["id"], "m", 204)
    assert (oldest.sequence, newest.sequence) == (1, 2)


def test_the_token_of_an_event_resumes_a_watch(admin: Client, tenant: Tenant, hooks: Hooks) -> None:
    create(admin, tenant.name, hooks.url)
    register(tenant.client, message("a"))
    token = hooks.wait(1)[0].content["data"]["resume_token"]
    register(tenant.client, message("b"))
    key = (("x-api-key", tenant.key),)
    stream = tenant.client.watching.Watch(watch_pb.WatchRequest(resume_token=token), metadata=key, timeout=10)
    assert next(each.change.message_id for each in stream if each.HasField("change")) == "b"
    stream.cancel()


def test_a_key_pair_signs_and_only_its_public_half_is_told(
    admin: Client, tenant: Tenant, hooks: Hooks
) -> None:
    made = create(admin, tenant.name, hooks.url, signing=endpoint_pb.WEBHOOK_SIGNING_KEY_PAIR)
    assert (made.secret, made.endpoint.public_key[:5]) == ("", "whpk_")
    register(tenant.client, message("m"))
    assert hooks.wait(1)[0].headers["webhook-signature"].startswith("v1a,")


def test_both_secrets_sign_while_they_overlap(admin: Client, tenant: Tenant, hooks: Hooks) -> None:
    made = create(admin, tenant.name, hooks.url)
    request = pb.RotateWebhookSecretRequest(tenant=tenant.name, endpoint_id=made.endpoint.endpoint_id)
    rotated = admin.webhooks.RotateWebhookSecret(request)
    assert rotated.secret not in {"", made.secret}
    assert rotated.endpoint.HasField("previous_secret_expire_time")
    register(tenant.client, message("a"))
    (hook,) = hooks.wait(1)
    assert hook.verify(made.secret) == hook.verify(rotated.secret)
    request.overlap.CopyFrom(Duration())
    last = admin.webhooks.RotateWebhookSecret(request)
    assert not last.endpoint.HasField("previous_secret_expire_time")
    register(tenant.client, message("b"))
    hook = hooks.wait(2)[1]
    hook.verify(last.secret)
    with pytest.raises(WebhookVerificationError):
        hook.verify(rotated.secret)


def test_what_happened_while_it_was_disabled_is_told_when_it_is_replayed(
    admin: Client, tenant: Tenant, hooks: Hooks
) -> None:
    endpoint_id = create(admin, tenant.name, hooks.url).endpoint.endpoint_id
    disabled = enable(admin, tenant, endpoint_id, enabled=False)
    assert disabled.disabled_reason == endpoint_pb.WEBHOOK_DISABLED_REASON_REQUESTED
    register(tenant.client, message("a"), message("b"))
    assert not enable(admin, tenant, endpoint_id, enabled=True).disabled_reason
    assert replay(admin, tenant, endpoint_id, message_ids=["b", "gone"]) == 1
    (hook,) = hooks.wait(1)
    assert hook.told[0] == "b"
    assert replay(admin, tenant, endpoint_id, states=[state_pb.DELIVERY_STATE_READ]) == 0


def test_a_replayed_event_has_the_name_it_had(admin: Client, tenant: Tenant, hooks: Hooks) -> None:
    endpoint_id = create(admin, tenant.name, hooks.url).endpoint.endpoint_id
    register(tenant.client, message("a"))
    hooks.wait(1)
    attempts_of(admin, tenant, endpoint_id, 1)
    assert replay(admin, tenant, endpoint_id) == 1
    first, second = hooks.wait(2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_gone_disables_and_dead_events_are_replayed_alone(
    admin: Client, tenant: Tenant, hooks: Hooks
) -> None:
    hooks.answer = lambda _: (410, {})
    endpoint_id = create(admin, tenant.name, hooks.url).endpoint.endpoint_id
    register(tenant.client, message("a"))
    (attempt,) = attempts_of(admin, tenant, endpoint_id, 1)
    assert (attempt.http_status, attempt.result) == (410, endpoint_pb.WEBHOOK_RESULT_DEAD)
    (shown,) = listed(admin, tenant)
    assert shown.disabled_reason == endpoint_pb.WEBHOOK_DISABLED_REASON_GONE
    hooks.answer = lambda _: (200, {})
    enable(admin, tenant, endpoint_id, enabled=True)
    assert replay(admin, tenant, endpoint_id, dead_only=True) == 1
    assert len(hooks.wait(2)) == 2
    assert replay(admin, tenant, endpoint_id, dead_only=True) == 0


def test_a_test_event_is_sent_at_once_and_told(admin: Client, tenant: Tenant, hooks: Hooks) -> None:
    made = create(admin, tenant.name, hooks.url)
    request = pb.SendTestEventRequest(tenant=tenant.name, endpoint_id=made.endpoint.endpoint_id)
    attempt = admin.webhooks.SendTestEvent(request).attempt
    (hook,) = hooks.wait(1)
    assert hook.verify(made.secret)["type"] == "test"
    assert (attempt.http_status, attempt.result) == (204, endpoint_pb.WEBHOOK_RESULT_TAKEN)
    assert attempt.event_id == hook.headers["webhook-id"]
    assert attempts(admin, tenant.name, made.endpoint.endpoint_id) == [attempt]


def test_attempts_are_listed_in_pages_of_their_own_list(admin: Client, tenant: Tenant, hooks: Hooks) -> None:
    hooks.answer = lambda hook: (500 if hook.told[0] == "m3" else 200, {})
    endpoint_id = create(admin, tenant.name, hooks.url).endpoint.endpoint_id
    register(tenant.client, *(message(f"m{number}") for number in range(5)))
    attempts_of(admin, tenant, endpoint_id, 5)
    request = pb.ListAttemptsRequest(tenant=tenant.name, endpoint_id=endpoint_id, page_size=2)
    found = []
    while True:
        page = admin.webhooks.ListAttempts(request)
        found += [each.message_id for each in page.attempts]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert sorted(found) == [f"m{number}" for number in range(5)]
    (failed,) = attempts(admin, tenant.name, endpoint_id, results=[endpoint_pb.WEBHOOK_RESULT_RETRIED])
    assert (failed.message_id, failed.HasField("next_attempt_time")) == ("m3", True)
    assert attempts(admin, tenant.name, endpoint_id, message_id="m1")[0].message_id == "m1"
    request.message_id = "m1"
    request.page_token = "AAAA"
    assert refusal(admin.webhooks.ListAttempts, request).reason == "PAGE_TOKEN_INVALID"


def test_an_endpoint_hears_only_what_it_wants(admin: Client, tenant: Tenant, hooks: Hooks) -> None:
    wanted = endpoint_pb.WebhookFilter(kinds=[change_pb.CHANGE_KIND_ADVANCED])
    create(admin, tenant.name, hooks.url, filter=wanted)
    register(tenant.client, message("m"))
    report(tenant.client, receipt("m", "DELIVERED"))
    assert [hook.told for hook in hooks.wait(1)] == [("m", "DELIVERED")]
