"""Every provider keeps the promises of `Provider`: with all its words, and each bit of a callback."""

import re

import pytest

from messagestatus_server.providers.callback import Answer, Malformed, Unverified
from messagestatus_server.providers.registry import NAMES, provider
from messagestatus_server.service.route_spec import admitted_config
from tests.providers.calling import LEXICON, meant
from tests.providers.every import (
    BODY_NOT_COVERED,
    URL,
    came,
    config,
    documents,
    event,
    fresh,
    posting,
    read_all,
    simulated,
    verified,
)

WORDS = [(name, key) for name in NAMES for key in LEXICON.words[name]]

NATIVE = {"SEEN": "seen"}
"""Words that their carrier writes in one case only, and which stand for a shape of their own."""

ITS_SETTINGS = {("aws_eum", "SUCCESSFUL:DELIVERED"): {"successful_means": "delivered"}}
"""Words that mean what a setting says."""


@pytest.mark.parametrize(("name", "key"), WORDS, ids=[" ".join(each) for each in WORDS])
def test_every_word_of_the_table_is_told_and_means_what_the_table_says(name: str, key: str) -> None:
    word, _, code = key.replace("/*", "/ANYTHING").partition(":")
    sent = came(posting(name, event(name, NATIVE.get(word, word), code)))
    known, settled = provider(name), {**config(name), **ITS_SETTINGS.get((name, key), {})}
    items = [known.read(item, sent, settled) for item in known.split(sent, settled)]
    assert [item and meant(known, item) for item in items] == [LEXICON.words[name][key]]


@pytest.mark.parametrize("name", NAMES)
def test_the_script_of_the_simulated_carrier_is_understood(name: str) -> None:
    """It goes forward: each word claims more than the one before it."""
    steps = [event(name, word, step=step) for step, word in enumerate(simulated(name).script, 1)]
    told = [item for step in steps for item in read_all(name, posting(name, step))]
    states = [meant(provider(name), item) for item in told if item is not None]
    assert len(states) == len(steps)
    claimed = [meaning.state for meaning in states if meaning is not None]
    assert claimed == sorted(claimed)
    assert len(claimed) == len(steps)
    assert all(item is None or item.provider_message_id == steps[0].provider_message_id for item in told)


@pytest.mark.parametrize("name", NAMES)
def test_several_events_of_one_callback_are_told_in_their_order(name: str) -> None:
    count = min(simulated(name).most_events, 7)
    events = [event(name, number=number) for number in range(1, count + 1)]
    told = read_all(name, posting(name, *events))
    assert [item and item.provider_message_id for item in told] == [
        each.provider_message_id for each in events
    ]
    names = {item and (item.event_id, item.provider_message_id, item.recipient) for item in told}
    assert len(names) == count, "events must be told apart"


@pytest.mark.parametrize("name", NAMES)
def test_an_event_told_twice_is_one_event(name: str) -> None:
    assert read_all(name, posting(name)) == read_all(name, posting(name))


@pytest.mark.parametrize("name", NAMES)
async def test_what_the_carrier_posts_is_verified_however_often_it_comes(name: str) -> None:
    known, sent = fresh(name), posting(name)
    assert await known.greet(came(sent), config(name)) is None
    for _ in range(3):
        await verified(name, sent, known)


@pytest.mark.parametrize("name", NAMES)
async def test_a_flipped_bit_in_the_body_is_refused_or_tells_the_same(name: str) -> None:
    """What is told is what was signed, unless the provider says of itself that its carrier signs no body."""
    sent = posting(name)
    told = read_all(name, sent)
    refused = 0
    for place in range(len(sent.body)):
        body = bytearray(sent.body)
        body[place] ^= 1 << place % 7
        changed = sent._replace(body=bytes(body))
        try:
            await verified(name, changed)
        except (Unverified, Malformed):
            refused += 1
        else:
            assert name in BODY_NOT_COVERED or read_all(name, changed) == told, place
    assert refused or not sent.body or name in BODY_NOT_COVERED


@pytest.mark.parametrize("name", NAMES)
async def test_a_flipped_bit_in_the_query_is_refused_where_that_tells(name: str) -> None:
    """Some carriers tell all by GET."""
    sent = posting(name)
    _, mark, query = sent.url.partition("?")
    if not mark:
        pytest.skip("it tells by its body")
    told = read_all(name, sent)
    for place in range(len(query)):
        changed = query[:place] + chr(ord(query[place]) ^ 1) + query[place + 1 :]
        if "#" in changed:
            continue
        flipped = sent._replace(url=f"{URL}?{changed}")
        try:
            await verified(name, flipped)
        except Unverified:
            continue
        assert name in BODY_NOT_COVERED or read_all(name, flipped) == told, place


@pytest.mark.parametrize(("name", "words"), BODY_NOT_COVERED.items())
def test_a_provider_whose_carrier_signs_no_body_says_so(name: str, words: str) -> None:
    assert words in documents(name)


@pytest.mark.parametrize("name", NAMES)
async def test_without_its_headers_nothing_that_signs_is_believed(name: str) -> None:
    sent = posting(name)
    known = provider(name)
    if not known.signs(config(name)):
        await verified(name, sent._replace(headers={}))
        return
    bare = sent._replace(headers={"content-type": "application/json"}, url=URL, body=b"{}")
    with pytest.raises((Unverified, Malformed)):
        await verified(name, bare)


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_has_a_description_and_a_default_that_may_be(name: str) -> None:
    known = provider(name)
    for setting in known.settings:
        assert len(setting.description) > 2
        assert not (setting.required and setting.default)
        assert not (setting.secret and (setting.default or setting.choices))
        assert not setting.choices or setting.default in (*setting.choices, "")
        assert setting.check is None or not setting.default or setting.check(setting.default) == ""
    assert len({setting.name for setting in known.settings}) == len(known.settings)


@pytest.mark.parametrize("name", NAMES)
def test_what_the_carrier_says_of_itself_may_be_saved(name: str) -> None:
    secret = {setting.name for setting in provider(name).settings if setting.secret}
    said = simulated(name).config
    settled = {key: value for key, value in said.items() if key not in secret}
    given = {key: value for key, value in said.items() if key in secret}
    assert admitted_config(provider(name), settled, given) == (settled, given)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_provider_is_stands_in_it(name: str) -> None:
    known = provider(name)
    assert known.name == name
    assert 200 <= known.answer.status < 300
    assert isinstance(known.answer, Answer)
    assert all(header == header.lower() for header in known.kept_headers)
    assert re.search(r"\bSources?: ", documents(name))
