"""A server that stands still for a while does nothing twice afterwards."""

import os
import secrets
import signal

import grpc
import pytest

from tests.faults.checking import check_nothing_lost, check_sound
from tests.faults.conftest import MortalServer
from tests.faults.load import Ledger, Load, Said, register, report


def test_calls_to_a_stopped_server_end_at_their_deadline(mortal: MortalServer) -> None:
    ledger = Ledger()
    load = Load(mortal.connect, ledger, secrets.token_hex(4))
    load.wait_for(100)
    impatient = mortal.connect(deadline=0.3)
    before, after = [Said("before")], [Said("after"), Said("before", 1)]
    register(impatient, [before[0]])
    ledger.note(before, acknowledged=True)
    os.kill(mortal.running.pid, signal.SIGSTOP)
    with pytest.raises(grpc.RpcError) as late:
        register(impatient, after[:1])
    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    with pytest.raises(grpc.RpcError) as late:
        report(impatient, after[1:])
    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    ledger.note(after, acknowledged=False)
    os.kill(mortal.running.pid, signal.SIGCONT)
    load.wait_for(100)
    load.stop()
    assert not load.faults
    check_nothing_lost(mortal.connect(), ledger)
    check_sound(mortal.running)
