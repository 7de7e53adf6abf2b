"""Jobs: found by their folder, stopped and cancelled from another process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pellucid.core import events, jobs
from pellucid.errors import Cancelled, RunError

WORKER = """
import sys, time
from pathlib import Path
from pellucid.core import events, jobs
folder = Path(sys.argv[1])
token = jobs.CancelToken()
token.watch(folder / "control.json")
with jobs.working(folder, token):
    log = events.EventLog(folder / "events.jsonl", folder.name)
    log(events.Started(step="run"))
    if sys.argv[2] == "deaf":
        while True:
            time.sleep(0.05)
    if sys.argv[2] == "slow":  # ends when it is cancelled only
        while token.request != "cancel":
            time.sleep(0.05)
            if token.request == "stop":
                (folder / "stopping").touch()
    if sys.argv[2] == "talking":
        while not token.stop_requested:
            print("still here", flush=True)
            time.sleep(0.02)
        for _ in range(20):
            print("ending", flush=True)
    while not token.stop_requested:
        time.sleep(0.05)
    log(events.Stopped(reason=token.request, resumable=True))
"""


def begin(folder: Path, kind: str = "polite") -> subprocess.Popen[bytes]:
    folder.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen([sys.executable, "-c", WORKER, str(folder), kind])
    until(lambda: bool(events.read(folder / "events.jsonl")))
    return process


def until(true: object, patience: float = 60) -> None:
    end = time.monotonic() + patience
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_stop_asks_and_the_job_ends_well(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "one"
    process = begin(folder)
    assert jobs.status(folder) == "running"
    assert [job.folder for job in jobs.find(tmp_path / "runs")] == [folder]
    jobs.ask(folder, "stop")
    assert process.wait(60) == 0
    assert jobs.status(folder) == "stopped"
    with pytest.raises(RunError, match="no process"):
        jobs.ask(folder, "stop")


def test_sigterm_asks_to_stop(tmp_path: Path) -> None:
    process = begin(tmp_path / "run")
    process.terminate()
    assert process.wait(60) == 0
    assert jobs.status(tmp_path / "run") == "stopped"


@pytest.fixture
def hangups() -> Iterator[None]:
    """Let hang-ups be heard, which a test begun with ``nohup`` would ignore."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hangups")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_from_the_system_asks_to_stop_however_often_it_comes(
    tmp_path: Path, number: signal.Signals
) -> None:
    token = jobs.CancelToken()
    with jobs.working(tmp_path, token):
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        assert token.request == "stop"


def test_a_second_interrupt_cancels(tmp_path: Path) -> None:
    process = begin(tmp_path / "run", "slow")
    process.send_signal(signal.SIGINT)
    until((tmp_path / "run" / "stopping").exists)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert jobs.status(tmp_path / "run") == "cancelled"


def test_the_echo_of_a_launcher_is_no_second_interrupt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(jobs, "ECHO", 5.0)
    token = jobs.CancelToken()
    with jobs.working(tmp_path, token):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        assert token.request == "stop"
        monkeypatch.setattr(jobs, "ECHO", 0.0)
        os.kill(os.getpid(), signal.SIGINT)
        assert token.request == "cancel"


def test_nohup_is_heeded(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        token = jobs.CancelToken()
        with jobs.working(tmp_path, token):
            os.kill(os.getpid(), signal.SIGHUP)
            assert token.request is None
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hangups")
def test_a_terminal_that_is_closed_ends_the_job_well(tmp_path: Path) -> None:
    """The job writes to a terminal that is its controlling one, and whose other end goes away."""
    import pty

    folder = tmp_path / "run"
    folder.mkdir()
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", WORKER, str(folder), "talking"])
    until(lambda: bool(events.read(folder / "events.jsonl")))
    assert b"still here" in os.read(terminal, 1000)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert jobs.status(folder) == "stopped"


def test_cancel_kills_what_does_not_listen(tmp_path: Path) -> None:
    process = begin(tmp_path / "run", "deaf")
    jobs.ask(tmp_path / "run", "cancel", patience=0.5)
    process.wait(60)
    assert jobs.status(tmp_path / "run") == "interrupted"


def test_a_killed_job_is_interrupted_and_its_lock_is_free(tmp_path: Path) -> None:
    process = begin(tmp_path / "run")
    process.kill()
    process.wait(60)
    assert jobs.status(tmp_path / "run") == "interrupted"
    with jobs.working(tmp_path / "run", jobs.CancelToken()):
        assert jobs.status(tmp_path / "run") == "running"


def test_two_jobs_cannot_share_a_run(tmp_path: Path) -> None:
    process = begin(tmp_path / "run")
    with (
        pytest.raises(RunError, match="another process"),
        jobs.working(tmp_path / "run", jobs.CancelToken()),
    ):
        pass
    process.kill()
    process.wait(60)


def test_an_old_request_does_not_end_a_new_job(tmp_path: Path) -> None:
    (tmp_path / "control.json").write_text('{"request": "cancel"}')
    token = jobs.CancelToken()
    token.watch(tmp_path / "control.json")
    with jobs.working(tmp_path, token):
        token.check()
        assert token.request is None


def test_a_started_process_is_its_own(tmp_path: Path) -> None:
    process = jobs.start(["--version"], tmp_path)
    assert process.wait(60) == 0


def test_a_signal_behind_a_request_to_cancel_does_not_stop(tmp_path: Path) -> None:
    token = jobs.CancelToken()
    token.watch(tmp_path / "control.json")
    with jobs.working(tmp_path, token):
        token.check()  # a look, so that the next one is not due yet
        (tmp_path / "control.json").write_text('{"request": "cancel"}')
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Cancelled):
            token.check()


def test_cancel_outranks_stop() -> None:
    token = jobs.CancelToken()
    token.stop()
    token.check()
    token.cancel()
    token.stop()
    with pytest.raises(Cancelled):
        token.check()
