"""Callbacks: what carriers are answered, and what is kept of what they sent."""

from http import HTTPStatus

import pytest
from structlog.testing import capture_logs

from messagestatus_server.domain.message import Name, Provider
from messagestatus_server.domain.raw_callback import Verdict
from messagestatus_server.domain.refusals import DiskFull, StoreCorrupt, StoreRefusal, StoreUnavailable
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service.routes import SecretPath
from messagestatus_server.storage.sqlite.transaction import SqliteTransaction
from tests.service.route import HOST, Line, event
from tests.service.workbench import Workbench

S = DeliveryState
M = Name("m")
P1 = Registration("m", provider=Provider("twilio", "p1"))


def test_a_callback_moves_its_message_and_is_kept(inbox: Workbench, line: Line) -> None:
    inbox.register(P1)
    assert line.post(event()) == (200, b"", "text/plain; charset=utf-8")
    message = inbox.message(M)
    assert (message.standing.state, message.revision) == (S.DELIVERED, 2)
    (record,) = inbox.history(M).records
    assert record.entry.receipt.source == "acme"
    assert line.kept() == [(Verdict.TAKEN, "", 1, 0)]


def test_a_callback_that_comes_again_changes_nothing_and_is_2xx(inbox: Workbench, line: Line) -> None:
    inbox.register(P1)
    before = [line.post(event()), inbox.rows()]
    assert [line.post(event()), inbox.rows()] == before
    assert inbox.select("SELECT times FROM repetition") == [(1,)]
    assert line.counted() == {Verdict.TAKEN: 2}


def test_a_callback_of_an_unknown_message_is_2xx_and_parked(inbox: Workbench, line: Line) -> None:
    assert line.post(event()).status == HTTPStatus.OK
    inbox.register(P1)
    assert inbox.message(M).standing.state is S.DELIVERED


def test_an_unknown_word_is_2xx_quarantined_and_logged(inbox: Workbench, line: Line) -> None:
    """It is kept with its message, and decides nothing."""
    inbox.register(P1)
    with capture_logs() as lines:
        assert line.post(event(word="baffled")).status == HTTPStatus.OK
    assert inbox.message(M).standing.state is S.QUEUED
    assert inbox.select("SELECT provider, word, fault, item FROM quarantine") == [
        ("twilio", "baffled", "", 1)
    ]
    assert line.kept() == [(Verdict.QUARANTINED, "", 1, 1)]
    (logged,) = [each for each in lines if each["event"] == "quarantined"]
    assert (logged["route"], logged["words"], logged["log_level"]) == ("acme", ["baffled"], "warning")


def test_a_body_that_cannot_be_read_is_400_and_kept(line: Line) -> None:
    posting = line.carrier.post(line.url, [event(word="")])
    with capture_logs() as lines:
        refused = line.send(posting)
    assert refused.status == HTTPStatus.OK, "an item that cannot be read does not refuse its callback"
    assert [each["faults"] for each in lines if each["event"] == "quarantined"] == [
        ["MessageStatus is missing"]
    ]
    assert line.kept() == [(Verdict.QUARANTINED, "", 1, 1)]


def test_one_bad_item_does_not_touch_its_neighbours(inbox: Workbench) -> None:
    line = Line(inbox, "infobip")
    inbox.register(Registration("m", provider=Provider("infobip", "p1")))
    delivered = event(word="DELIVERED/DELIVERED_TO_HANDSET")
    told = [delivered._replace(provider_message_id=""), delivered, event("p2", "PENDING/BAFFLED_BY_THIS")]
    assert line.post(*told).status == HTTPStatus.OK
    assert inbox.message(M).standing.state is S.DELIVERED
    assert inbox.select("SELECT item, fault = '' FROM quarantine ORDER BY item")[:1] == [(1, 0)]
    assert line.kept()[0][:3] == (Verdict.QUARANTINED, "", 3)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"results": 7}', b"\xff\xfe\0"])
def test_a_malformed_body_is_400_and_kept_as_it_came(inbox: Workbench, body: bytes) -> None:
    line = Line(inbox, "infobip")
    posting = line.carrier.post(line.url, [event()])._replace(body=body)
    with capture_logs() as lines:
        assert line.send(posting).status == HTTPStatus.BAD_REQUEST
    assert [each["event"] for each in lines] == ["callback malformed"]
    ((verdict, explanation, *_),) = line.kept()
    assert verdict == Verdict.MALFORMED
    assert explanation
    assert inbox.select("SELECT content FROM callback") == [(body,)]
    assert inbox.select("SELECT count(*) FROM receipt") == [(0,)]


def test_a_wrong_signature_is_403_and_a_missing_one_401(inbox: Workbench, line: Line) -> None:
    posting = line.carrier.post(line.url, [event()])
    wrong = posting._replace(body=posting.body.replace(b"delivered", b"undelivered"))
    assert line.send(wrong).status == HTTPStatus.FORBIDDEN
    assert line.send(posting, headers={}).status == HTTPStatus.UNAUTHORIZED
    assert inbox.select("SELECT count(*) FROM receipt") == [(0,)]


def test_strangers_are_counted_and_only_a_sample_of_them_is_kept(inbox: Workbench, line: Line) -> None:
    """One a minute, and of that the first 64 KiB: they must not fill the disk."""
    posting = line.carrier.post(line.url, [event()])._replace(headers={}, body=b"x" * 100_000)
    for _ in range(50):
        line.send(posting)
    assert [row[0] for row in line.kept()] == [Verdict.UNVERIFIED]
    assert line.counted() == {Verdict.UNVERIFIED: 50}
    (kept,) = inbox.run(inbox.store.callbacks(line.caller.tenant, line.handle, [], None, 9))
    assert kept.body == b"x" * 65536
    inbox.now += 59_000_000
    line.send(posting)
    assert (len(line.kept()), line.counted()) == (1, {Verdict.UNVERIFIED: 51})
    inbox.now += 1_000_000
    line.send(posting)
    assert (len(line.kept()), line.counted()) == (2, {Verdict.UNVERIFIED: 52})


def test_what_strangers_did_is_counted_though_the_store_fails_for_a_while(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are answered all the same: nothing of theirs was promised to be kept."""
    posting = line.carrier.post(line.url, [event()])
    with monkeypatch.context() as failing:
        failing.setattr(SqliteTransaction, "add_callbacks", _fails(StoreUnavailable()))
        assert line.send(posting, headers={}).status == HTTPStatus.UNAUTHORIZED
        assert line.counted() == {}
    line.send(posting, headers={})
    assert line.counted()[Verdict.UNVERIFIED] == 2


def _fails(refusal: StoreRefusal) -> object:
    async def fail(*_: object) -> None:
        raise refusal

    return fail


@pytest.mark.parametrize(
    "method", ["receipts", "add_receipts", "save_messages", "add_callbacks", "append_changes"]
)
@pytest.mark.parametrize("refusal", [DiskFull(), StoreUnavailable(), StoreCorrupt()], ids=repr)
def test_nothing_is_answered_unless_it_is_safe(
    inbox: Workbench, line: Line, monkeypatch: pytest.MonkeyPatch, method: str, refusal: StoreRefusal
) -> None:
    """The carrier comes again, and then finds no half of its callback."""
    inbox.register(P1)
    before = inbox.rows()
    with monkeypatch.context() as failing:
        failing.setattr(SqliteTransaction, method, _fails(refusal), raising=False)
        with pytest.raises(StoreRefusal):
            line.post(event())
    assert inbox.rows() == before
    assert line.kept() == []
    assert line.post(event()).status == HTTPStatus.OK
    assert inbox.message(M).revision == 2


def test_a_malformed_callback_is_not_answered_unless_it_is_kept(
    inbox: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(inbox, "infobip")
    posting = line.carrier.post(line.url, [event()])._replace(body=b"{")
    with monkeypatch.context() as failing:
        failing.setattr(SqliteTransaction, "add_callbacks", _fails(DiskFull()))
        with pytest.raises(DiskFull):
            line.send(posting)


def test_a_disabled_route_is_503_and_opens_again(inbox: Workbench, line: Line) -> None:
    """The carrier keeps what it has to tell, and comes again."""
    line.update(disabled=True)
    assert line.post(event()).status == HTTPStatus.SERVICE_UNAVAILABLE
    assert (line.kept(), inbox.select("SELECT count(*) FROM receipt")) == ([], [(0,)])
    line.update()
    assert line.post(event()).status == HTTPStatus.OK


def test_an_unknown_route_and_a_wrong_secret_look_alike(inbox: Workbench) -> None:
    """Also where the route is disabled, or has no secret and one is given."""
    secret = Line(inbox, path=SecretPath.NEW)
    plain = Line(inbox, name="plain")
    disabled = Line(inbox, name="disabled", path=SecretPath.NEW, disabled=True)
    posting = secret.carrier.post(secret.url, [event()])
    assert secret.path.startswith("/receipts/acme/")
    answers = {
        secret.send(posting, route="none", path_secret=""),
        secret.send(posting, route="none"),
        secret.send(posting, route="NO SUCH ROUTE"),
        secret.send(posting, route=""),
        secret.send(posting, path_secret=""),
        secret.send(posting, path_secret="wrong"),
        secret.send(posting, path_secret="ü"),
        plain.send(posting, path_secret="any"),
        disabled.send(posting, path_secret="wrong"),
    }
    assert answers == {(404, b"no such route", "text/plain; charset=utf-8")}
    assert secret.send(posting).status == HTTPStatus.OK
    assert secret.kept() == [(Verdict.TAKEN, "", 1, 0)]
    assert plain.kept() == disabled.kept() == []


def test_a_new_secret_path_takes_the_place_of_the_old(inbox: Workbench) -> None:
    line = Line(inbox, path=SecretPath.NEW)
    old = line.path
    shown = line.update(path=SecretPath.NEW)
    assert line.post(event()).status == HTTPStatus.NOT_FOUND
    line.path = shown.path
    assert old != line.path
    assert line.post(event()).status == HTTPStatus.OK
    assert line.update().path == "", "an update that leaves it as it is tells nothing of it"
    assert line.post(event()).status == HTTPStatus.OK
    line.path = line.update(path=SecretPath.NONE).path
    assert (line.path, line.post(event()).status) == ("/receipts/acme", HTTPStatus.OK)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("192.0.2.9", 200),
        ("::ffff:192.0.2.9", 200),
        ("2001:db8::1", 200),
        ("198.51.100.1", 403),
        ("", 403),
        ("?", 403),
    ],
)
def test_only_allowed_addresses_may_call(inbox: Workbench, address: str, status: int) -> None:
    """A wrong one is counted like a wrong signature."""
    line = Line(inbox, allowed_networks=("192.0.2.0/24", "2001:db8::/32"))
    assert line.post(event(), client_address=address).status == status
    assert line.counted() == {Verdict.TAKEN if status == HTTPStatus.OK else Verdict.UNVERIFIED: 1}


@pytest.mark.parametrize("query", ["", "?a=1&b=%C3%A9", "?x=http://y/?z", "?q=[&q=]"])
def test_what_was_signed_is_the_public_url_with_the_query_that_came(inbox: Workbench, query: str) -> None:
    """The gateway cannot know what a proxy in front of it made of the URL."""
    line = Line(inbox, public_url="https://sms.example.org:8443/in/hook")
    posting = line.carrier.post(f"https://sms.example.org:8443/in/hook{query}", [event()])
    assert line.send(posting, url=f"http://10.0.0.7{line.path}{query}").status == HTTPStatus.OK
    assert inbox.select("SELECT query FROM callback") == [(query.removeprefix("?"),)]
    assert line.send(posting, url=f"http://10.0.0.7{line.path}?other=1").status == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize(
    "host", ["http://[", "http://x:99999", "http://x:y", "http://a]b", "http://℀.example"]
)
def test_a_host_that_is_none_is_the_sender_s_fault(inbox: Workbench, line: Line, host: str) -> None:
    """Strangers write it; it must not look like a fault of ours."""
    posting = line.carrier.post(line.url, [event()])
    assert line.send(posting, url=f"{host}{line.path}").status == HTTPStatus.BAD_REQUEST
    assert line.kept() == []
    line.update(public_url=f"{HOST}{line.path}")
    assert line.send(posting, url=f"{host}{line.path}").status == HTTPStatus.OK
    assert inbox.select("SELECT count(*) FROM receipt") == [(1,)]


def test_a_greeting_is_answered_and_not_kept(inbox: Workbench) -> None:
    line = Line(inbox, "meta_whatsapp")
    token = line.carrier.config["verify_token"]
    query = f"hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1158201444"
    posting = line.carrier.post(f"{line.url}?{query}", [event(word="sent")])
    greeted = line.send(posting, method="GET", body=b"")
    assert (greeted.status, greeted.body) == (200, b"1158201444")
    refused = line.send(posting, method="GET", url=f"{line.url}?{query.replace(token, 'wrong')}", body=b"")
    assert refused.status == HTTPStatus.FORBIDDEN
    assert [row[0] for row in line.kept()] == [Verdict.UNVERIFIED]


def test_each_carrier_hears_what_it_wants_to_hear(inbox: Workbench) -> None:
    line = Line(inbox, "jasmin", path=SecretPath.NEW)
    assert line.post(event(word="DELIVRD")) == (200, b"ACK/Jasmin", "text/plain; charset=utf-8")
