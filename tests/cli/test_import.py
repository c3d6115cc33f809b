"""`import`: what is sent, what is set aside, and what is said in the end."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import grpc
import pytest

from messagestatus_server.cli.exit_code import ExitCode

from .conftest import Run
from .scripted_service import ScriptedService


def _write(path: Path, *records: Any) -> Path:
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def _rejects(source: Path) -> list[tuple[int, str, str]]:
    lines = source.with_name(f"{source.name}.rejects").read_text().splitlines()
    return [(reject["line"], reject["field"], reject["reason"]) for reject in map(json.loads, lines)]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messagestatus_server.cli.bulk.sending._FIRST_PAUSE", 0.001)


def test_messages_and_receipts_of_one_file_go_out_in_batches(
    run: Run, service: ScriptedService, tmp_path: Path
) -> None:
    messages = [{"message": {"message_id": f"m{number}"}} for number in range(5)]
    source = _write(tmp_path / "all.ndjson", *messages, {"receipt": {"message_id": "m1", "state": "READ"}})
    ended = run("import", source, "--batch", "2", "--in-flight", "1")
    assert ended.code == ExitCode.OK
    assert ended.out == "1 APPLIED, 5 CREATED\n"
    assert service.batches == [["m0", "m1"], ["m2", "m3"], ["m4"]]
    assert [receipt.message_id for receipt in service.receipts] == ["m1"]


def test_nothing_is_left_behind_when_all_was_taken(
    run: Run, service: ScriptedService, tmp_path: Path
) -> None:
    source = _write(tmp_path / "all.ndjson", {"message_id": "m1"})
    run("import", source)
    assert list(service.messages) == ["m1"]
    assert [path.name for path in tmp_path.iterdir()] == ["all.ndjson"]


def test_bad_lines_and_refused_items_are_set_aside_and_stop_nothing(
    run: Run, service: ScriptedService, tmp_path: Path
) -> None:
    source = _write(
        tmp_path / "all.ndjson",
        {"message_id": "m1"},
        "{not json",
        {"message_id": "m2", "fone": "+1"},
        "",
        {"message_id": "bad1"},
        {"message_id": "m3"},
    )
    ended = run("import", source, "--json")
    assert ended.code == ExitCode.REFUSED
    assert json.loads(ended.out) == {
        "outcomes": {"CREATED": 2, "REJECTED": 3},
        "rejects": f"{source}.rejects",
    }
    assert list(service.messages) == ["m1", "m3"]
    (no_json, no_field, refused) = _rejects(source)
    assert no_json[:2] == (2, "")
    assert no_json[2].startswith("is no JSON")
    assert no_field == (3, "fone", "there is no such field")
    assert refused == (5, "phone", "phone: must be in E.164 form (FIELD_INVALID)")


@pytest.mark.usefixtures("service")
def test_a_reject_keeps_the_text_of_its_line(run: Run, tmp_path: Path) -> None:
    source = _write(tmp_path / "all.ndjson", {"message_id": "bad1"})
    run("import", source, "--rejects", tmp_path / "aside")
    assert json.loads((tmp_path / "aside").read_text())["text"] == '{"message_id": "bad1"}'


def test_csv_has_dotted_field_names_and_empty_cells_are_left_out(
    run: Run, service: ScriptedService, tmp_path: Path
) -> None:
    source = _write(
        tmp_path / "receipts.csv",
        "\ufeffmessage_id,provider.name,provider.detail,state,occur_time",
        'm1,P,"two\nlines, and a comma",DELIVERED,2026-02-04T06:54:55Z',
        "m2,P,,READ,",
    )
    ended = run("import", source, "--kind", "receipts")
    assert ended.code == ExitCode.OK
    first, second = service.receipts
    assert first.provider.detail == "two\nlines, and a comma"
    assert first.occur_time.ToJsonString() == "2026-02-04T06:54:55Z"
    assert not second.HasField("occur_time")


@pytest.mark.usefixtures("service")
def test_bad_rows_of_csv_are_set_aside_with_the_line_they_begin_on(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "messages.csv"
    source.write_bytes(b'message_id,phone\nm1,"a\nb"\nm2,1,2\nm3,x"y\nm4,\xff\nbad5\n')
    assert run("import", source).code == ExitCode.REFUSED
    assert [(line, reason) for line, _, reason in _rejects(source)] == [
        (4, "has 3 cells, but the header has 2"),
        (6, "is no UTF-8"),
        (7, "phone: must be in E.164 form (FIELD_INVALID)"),
    ]


@pytest.mark.usefixtures("service")
def test_a_header_that_names_no_field_is_refused_before_anything_is_sent(run: Run, tmp_path: Path) -> None:
    source = _write(tmp_path / "messages.csv", "message_id,reference", "m1,K")
    ended = run("import", source)
    assert ended.code == ExitCode.USAGE
    assert "'reference'" in ended.err


def test_passing_trouble_is_waited_out(run: Run, service: ScriptedService, tmp_path: Path) -> None:
    service.failures += [
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    ]
    source = _write(tmp_path / "all.ndjson", {"message_id": "m1"})
    assert run("import", source).out == "1 CREATED\n"


def test_a_run_that_gives_up_is_continued_where_it_stopped(
    run: Run, service: ScriptedService, tmp_path: Path
) -> None:
    source = _write(tmp_path / "all.ndjson", *({"message_id": f"m{number}"} for number in range(6)), "{bad")
    options = ("--batch", "2", "--in-flight", "1")
    service.calls_to_take = 2
    stopped = run("import", source, *options)
    assert stopped.code == ExitCode.DENIED
    assert "Stopped after line 4" in stopped.err
    assert (tmp_path / "all.ndjson.progress").exists()

    service.calls_to_take = None
    service.batches.clear()
    ended = run("import", source, *options)
    assert ended.code == ExitCode.REFUSED
    assert service.batches == [["m4", "m5"]]
    assert ended.out == "6 CREATED, 1 REJECTED\n"
    assert [line for line, _, _ in _rejects(source)] == [7]
    assert not (tmp_path / "all.ndjson.progress").exists()


def test_a_killed_run_repeats_what_it_had_not_noted_and_no_reject_twice(
    run: Run, service: ScriptedService, tmp_path: Path
) -> None:
    source = _write(tmp_path / "all.ndjson", "{bad", {"message_id": "m1"}, "{bad", {"message_id": "m2"})
    service.calls_to_take = 1
    run("import", source, "--batch", "2", "--in-flight", "1")
    with (tmp_path / "all.ndjson.rejects").open("a") as rejects:
        rejects.write('{"line": 3, "left": "by a run that was killed before it noted its progress"}\n')
    service.calls_to_take = None
    assert run("import", source).out == "2 CREATED, 2 REJECTED\n"
    assert [line for line, _, _ in _rejects(source)] == [1, 3]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda source: source.write_text(source.read_text().replace("m0", "x0")), "has changed"),
        (lambda source: source.with_name("all.ndjson.progress").write_text("{"), "is damaged"),
    ],
)
def test_progress_of_another_file_is_not_continued_but_restarted_on_demand(
    run: Run, service: ScriptedService, tmp_path: Path, change: Any, complaint: str
) -> None:
    source = _write(tmp_path / "all.ndjson", *({"message_id": f"m{number}"} for number in range(4)))
    service.calls_to_take = 1
    run("import", source, "--batch", "2", "--in-flight", "1")
    service.calls_to_take = None
    change(source)
    refused = run("import", source)
    assert refused.code == ExitCode.USAGE
    assert complaint in refused.err
    assert run("import", source, "--restart").code == ExitCode.OK


def test_progress_of_another_server_is_not_continued(
    run: Run, service: ScriptedService, tmp_path: Path
) -> None:
    source = _write(tmp_path / "all.ndjson", {"message_id": "m1"})
    service.calls_to_take = 0
    run("import", source)
    assert "is of an import to" in run("import", source, "--server", "another:1").err


def test_a_batch_of_long_records_stays_below_what_a_request_may_have(
    run: Run, service: ScriptedService, tmp_path: Path
) -> None:
    long = {"message_id": "m", "reference": {"key": "k" * 600_000}}
    source = _write(tmp_path / "all.ndjson", *[long] * 5)
    # One at a time: of several under way, any may arrive first.
    assert run("import", source, "--in-flight", "1").code == ExitCode.OK
    assert [len(batch) for batch in service.batches] == [2, 2, 1]


@pytest.mark.usefixtures("service")
def test_a_record_too_long_for_any_request_is_set_aside(run: Run, tmp_path: Path) -> None:
    source = _write(
        tmp_path / "all.ndjson", {"message_id": "m", "phone": "1" * (3 << 20)}, {"message_id": "m1"}
    )
    assert run("import", source).out == "1 CREATED, 1 REJECTED\n"


def test_ctrl_c_keeps_the_progress(tmp_path: Path) -> None:
    source = _write(tmp_path / "all.ndjson", {"message_id": "m1"})
    waiting = subprocess.Popen(
        [
            *(sys.executable, "-m", "messagestatus_server.cli", "import", str(source)),
            *("--server", "127.0.0.1:1", "--key", "k"),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(1)
    waiting.send_signal(signal.SIGINT)
    _, err = waiting.communicate()
    assert waiting.returncode == ExitCode.INTERRUPTED
    assert err.strip() == "Stopped after line 0; run it again to go on from there."
    assert source.with_name("all.ndjson.progress").exists()
