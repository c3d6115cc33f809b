"""Keys, names, conversations and pages: the small rules around the lifecycle."""

import hashlib

import pytest

from messagestatus_server.domain.access import (
    ApiKey,
    Grant,
    digest,
    is_instance_name,
    is_tenant_name,
    is_token,
    new_key_id,
    new_secret,
    prefix,
)
from messagestatus_server.domain.caller import Scope
from messagestatus_server.domain.directory import Membership, may_see
from messagestatus_server.domain.page import page_size
from messagestatus_server.domain.phone import mask

SENT, NOW = 50, 100


@pytest.mark.parametrize(
    ("expire_time", "revoke_time", "live"),
    [(None, None, True), (NOW + 1, None, True), (NOW, None, False), (None, 1, False), (NOW + 1, NOW, False)],
)
def test_a_key_lives_until_it_expires_or_is_revoked(
    expire_time: int | None, revoke_time: int | None, live: bool
) -> None:
    grant = Grant("client", frozenset({Scope.READ}), expire_time=expire_time)
    assert ApiKey("key_1", grant, "msk_", 1, revoke_time).live(NOW) is live


def test_only_the_digest_of_a_secret_is_kept() -> None:
    assert digest("s" * 16) == hashlib.sha256(b"s" * 16).digest()


def test_secrets_are_long_and_never_the_same() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(is_token(secret) and len(secret) >= 43 for secret in made)
    assert len({new_key_id() for _ in range(100)}) == 100


@pytest.mark.parametrize(("length", "shown"), [(16, 4), (20, 5), (32, 8), (47, 8)])
def test_at_most_a_quarter_of_a_secret_is_shown(length: int, shown: int) -> None:
    assert prefix("x" * length) == "x" * shown


@pytest.mark.parametrize(
    ("token", "good"),
    [
        ("x" * 16, True),
        ("x" * 512, True),
        ("~!" * 8, True),
        ("x" * 15, False),
        ("x" * 513, False),
        ("x" * 15 + " ", False),
        ("x" * 15 + "é", False),
        ("x" * 16 + "\n", False),
    ],
)
def test_a_token_is_sixteen_or_more_visible_characters(token: str, good: bool) -> None:
    assert is_token(token) is good


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("a", True),
        ("acme-2", True),
        ("x" * 63, True),
        ("", False),
        ("-a", False),
        ("a-", False),
        ("Acme", False),
        ("x" * 64, False),
        ("a_b", False),
        ("acme\n", False),
    ],
)
def test_tenants_have_names_fit_for_hosts(name: str, good: bool) -> None:
    assert is_tenant_name(name) is good


@pytest.mark.parametrize(
    ("name", "good"),
    [("Line_1-a", True), ("x" * 100, True), ("", False), ("x" * 101, False), ("a b", False), ("a\0", False)],
)
def test_instances_have_names_fit_for_paths(name: str, good: bool) -> None:
    assert is_instance_name(name) is good


@pytest.mark.parametrize(
    ("spans", "view_history", "seen"),
    [
        ([], True, False),
        ([Membership("ann")], False, True),
        ([Membership("ann", join_time=NOW)], False, True),
        ([Membership("ann", join_time=NOW + 1)], False, False),
        ([Membership("ann", leave_time=NOW)], False, False),
        ([Membership("ann", leave_time=NOW + 1)], False, True),
        ([Membership("ann", leave_time=NOW)], True, True),
        ([Membership("ann", join_time=SENT, leave_time=SENT + 1)], True, True),
        ([Membership("ann", join_time=SENT + 1, leave_time=NOW)], True, False),
        ([Membership("ann", leave_time=SENT)], True, False),
        ([Membership("ann", leave_time=SENT), Membership("ann", join_time=NOW)], False, True),
    ],
)
def test_members_see_and_those_who_were_there_where_history_is_open(
    spans: list[Membership], view_history: bool, seen: bool
) -> None:
    assert may_see(view_history, spans, SENT, NOW) is seen


@pytest.mark.parametrize(("asked", "given"), [(0, 50), (1, 1), (100, 100), (101, 100), (2**31 - 1, 100)])
def test_a_page_has_fifty_unless_asked_and_never_over_a_hundred(asked: int, given: int) -> None:
    assert page_size(asked) == given


@pytest.mark.parametrize(("phone", "shown"), [("+1234567890", "+12******90"), ("+1234567", "+12***67")])
def test_a_masked_number_shows_its_ends(phone: str, shown: str) -> None:
    assert mask(phone) == shown
