"""Children with little programs of our own: restarts, logs, ends, and leftovers of a killed run."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nannychain.embedded.folders import make_private, write_private
from nannychain.embedded.processes import Record
from nannychain.supervisor import children, steps
from nannychain.supervisor.children import Child, end_leftovers
from nannychain.supervisor.defaults import Surroundings
from nannychain.supervisor.programs import Program
from nannychain.supervisor.screen import Mask, Trouble
from nannychain.supervisor.stopping import StopRequest
from nannychain.supervisor.watch import Watch

pytestmark = pytest.mark.processes
ROOT = Path(__file__).parents[3]
_SLEEP = "import time; print('up', flush=True); time.sleep(600)"
_DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + _SLEEP
_WITH_GRANDCHILD = (
    "import subprocess, sys; p = subprocess.Popen(['sleep', '600']); "
    "print('up', p.pid, flush=True); p.wait()"
)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Make children that run a line of Python; they are killed in the end."""
    made: list[Child] = []
    for name in ("logs", "run"):
        make_private(tmp_path / name)

    def child(code: str, *, name: str = "little", stop_seconds: float = 5, stage: int = 1) -> Child:
        program = Program(
            name=name,
            command=[sys.executable, "-c", code],
            environment={"PATH": os.environ["PATH"]},
            stop_seconds=stop_seconds,
            stage=stage,
        )
        made.append(Child(program, data=tmp_path, mask=Mask(["the-secret-word"]), folder=ROOT))
        return made[-1]

    yield child
    for one in made:
        one.stop(at_most=0)


def _log(tmp_path: Path, name: str = "little") -> str:
    path = tmp_path / "logs" / f"{name}.log"
    return path.read_text() if path.exists() else ""


def _until(condition: Callable[[], object], what: str = "it") -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come about"
        time.sleep(0.01)


def _pid_of(child: Child) -> int:
    assert child._process is not None
    return child._process.pid


def test_a_child_that_dies_is_started_again_after_a_growing_pause(make, capsys):
    now = [100.0]
    watch = Watch(clock=lambda: now[0])
    child = make(_SLEEP)
    watch.add_child(child)
    pauses = []
    for _ in range(3):
        os.kill(_pid_of(child), signal.SIGKILL)
        _until(lambda: not child.is_running)
        died_at = now[0]
        watch.look()
        while not child.is_running:
            now[0] += 0.5
            watch.look()
        pauses.append(now[0] - died_at)
    assert pauses == [1.0, 2.0, 4.0]
    shown = capsys.readouterr().out
    assert "little has ended (SIGKILL); it starts again in 1 s" in shown
    assert "little runs again" in shown


def test_after_a_long_life_the_first_pause_is_short_again(make, capsys):
    now = [100.0]
    watch = Watch(clock=lambda: now[0])
    child = make(_SLEEP)
    watch.add_child(child)
    watch.children[0].deaths = 5
    now[0] += 61
    os.kill(_pid_of(child), signal.SIGKILL)
    _until(lambda: not child.is_running)
    watch.look()
    assert "starts again in 1 s" in capsys.readouterr().out


def test_a_child_that_ends_says_why(make):
    child = make("import sys; print('{}'); sys.exit('setting PORT is missing')")
    child.start()
    _until(lambda: not child.is_running)
    assert child.how_it_ended() == "exit code 1: setting PORT is missing"


def test_children_end_in_their_order(make, capsys):
    told = (
        "import os, signal, sys, time; "
        # Said at once: an interpreter that ends under load may take its time over last words.
        "signal.signal(signal.SIGTERM, lambda *a: (os.write(2, b'%.6f\\n' % time.monotonic()),"
        " sys.exit(0))); "
    )
    watch = Watch()
    for stage, name in enumerate(("first", "second", "third"), start=1):
        watch.add_child(make(told + _SLEEP, name=name, stage=stage))
    _until(lambda: all("up" in _log(_data(watch), name) for name in ("first", "second", "third")))
    watch.stop(StopRequest())
    times = [float(watched.one.last_words()[-1]) for watched in watch.children]
    assert times == sorted(times)


def test_children_of_one_stage_end_together(make):
    slow = (
        "import signal, sys, time; "
        "signal.signal(signal.SIGTERM, lambda *a: (time.sleep(3), sys.exit(0))); "
    )
    watch = Watch()
    names = ("first", "second", "third", "fourth")
    for name in names:
        watch.add_child(make(slow + _SLEEP, name=name))
    _until(lambda: all("up" in _log(_data(watch), name) for name in names))
    watch.stop(StopRequest())  # one after the other, the last would be killed after seven seconds
    assert [watched.one._process.returncode for watched in watch.children] == [0] * 4


def _data(watch: Watch) -> Path:
    child = watch.children[0].one
    assert isinstance(child, Child)
    return child._log_path.parents[1]


def test_a_deaf_child_is_killed_when_its_time_is_up(make, capsys, tmp_path):
    child = make(_DEAF, stop_seconds=0.3)
    child.start()
    _until(lambda: "up" in _log(tmp_path))
    pid, started = _pid_of(child), time.monotonic()
    child.stop()
    assert time.monotonic() - started < 3
    assert Record.of(pid) is None
    assert "was killed" in capsys.readouterr().out


def test_whatever_a_child_has_started_ends_with_it(make, tmp_path):
    child = make(_WITH_GRANDCHILD)
    child.start()
    _until(lambda: "up" in _log(tmp_path))
    grandchild = int(_log(tmp_path).split()[1])
    child.stop()
    _until(lambda: Record.of(grandchild) is None)


def test_asking_twice_to_stop_makes_it_quick(make, tmp_path):
    child = make(_DEAF, stop_seconds=60)
    watch, request = Watch(), StopRequest()
    watch.add_child(child)
    _until(lambda: "up" in _log(tmp_path))
    request.times = 2
    started = time.monotonic()
    watch.stop(request)
    assert time.monotonic() - started < 3


def test_many_deaf_children_still_end_within_ten_seconds(make, tmp_path):
    watch = Watch()
    names = ("web", "beat", "worker", "mpesa", "stellar", "sms", "signer", "simulators")
    for name in names:
        watch.add_child(make(_DEAF, name=name, stop_seconds=60))
    _until(lambda: all("up" in _log(tmp_path, name) for name in names))
    started = time.monotonic()
    watch.stop(StopRequest())
    assert time.monotonic() - started < 9
    assert not any(watched.one.is_running for watched in watch.children)


def test_secrets_reach_neither_the_log_nor_the_terminal(make, tmp_path, capsys):
    entry = json.dumps({"level": "error", "event": "lost", "key": "the-secret-word"})
    child = make(f"print('the-secret-word'); print({entry!r})")
    child.is_quiet = False
    child.start()
    _until(lambda: not child.is_running)
    told = child.how_it_ended() + "".join(child.last_words()) + _log(tmp_path)
    shown = capsys.readouterr().out
    assert "error: lost key=***" in shown
    assert "the-secret-word" not in told + shown


def test_a_log_that_has_grown_too_long_is_put_aside(make, tmp_path, monkeypatch):
    monkeypatch.setattr(children, "LOG_BYTES_MAX", 1000)
    child = make("for n in range(100): print(n, 'x' * 50)")
    child.start()
    _until(lambda: not child.is_running)
    child.how_it_ended()  # waits until all is read
    kept = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert kept == ["little.log", "little.log.1"]
    assert all(path.stat().st_size < 1200 for path in (tmp_path / "logs").iterdir())
    assert "99 x" in _log(tmp_path)


_SUPERVISE = """
import sys, time
from pathlib import Path
from nannychain.supervisor.children import Child
from nannychain.supervisor.programs import Program
from nannychain.supervisor.screen import Mask
command = [sys.executable, "-c", sys.argv[2]]
program = Program(name="little", command=command, environment={}, stop_seconds=5)
child = Child(program, data=Path(sys.argv[1]), mask=Mask([]))
child.start()
print(child._process.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("code", [_SLEEP, _DEAF], ids=["obedient", "deaf"])
def test_a_killed_supervisor_leaves_nothing_behind_for_the_next(make, tmp_path, code):
    supervisor = subprocess.Popen(
        [sys.executable, "-c", _SUPERVISE, str(tmp_path), code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert supervisor.stdout is not None
    pid = int(supervisor.stdout.readline())
    _until(lambda: "up" in _log(tmp_path))
    supervisor.kill()
    supervisor.communicate()
    if code == _SLEEP:
        _until(lambda: Record.of(pid) is None, "the end by itself")
    end_leftovers(tmp_path)
    assert Record.of(pid) is None
    assert list((tmp_path / "run").iterdir()) == []


def test_an_old_record_never_ends_somebody_elses_process(tmp_path):
    make_private(tmp_path / "run")
    bystander = subprocess.Popen(["sleep", "60"], start_new_session=True)
    record = Record.of(bystander.pid)
    assert record is not None
    for name, content in (
        ("older", {**record.as_json(), "started": record.started - 1}),
        ("other boot", {**record.as_json(), "boot": "another"}),
        ("garbage", {"pid": bystander.pid}),
    ):
        write_private(tmp_path / "run" / f"{name}.json", content)
    assert end_leftovers(tmp_path) == []
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1"])
def test_a_taken_port_is_told_with_the_way_out(tmp_path, host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        server = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip("no IPv6 here")
    with server:
        port = server.getsockname()[1]
        surroundings = Surroundings(data=tmp_path, port=port, simulators_port=1, settings={})
        with pytest.raises(Trouble, match=rf"Port {port} is taken.*PORT={port + 1} make run"):
            steps.check_ports(surroundings)


def test_a_stop_request_wakes_whoever_waits():
    request = StopRequest()
    request.listen()
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        started = time.monotonic()
        assert request.wait(30)
        assert time.monotonic() - started < 5
        assert not request.is_urgent
        time.sleep(0.6)  # sooner, it would count as an echo of the first
        os.kill(os.getpid(), signal.SIGINT)
        assert request.is_urgent
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["setting A is missing", "setting B is bad"], "setting A is missing\nsetting B is bad"),
        (["Traceback", "  File", "CommandError: refused"], "CommandError: refused"),
        (
            ["Traceback", "  File x", "KeyError: 'a'", ""],
            "`manage.py migrate` failed: KeyError: 'a'",
        ),
        (
            ["Traceback", "psycopg.OperationalError: refused", "\tIs the server running?"],
            "`manage.py migrate` failed: OperationalError: refused",
        ),
        (["OperationalError: could not extend file: No space left on device"], "The disk is full."),
        ([], "`manage.py migrate` failed: no reason was given"),
    ],
)
def test_of_a_failed_command_the_lines_that_matter_are_shown(lines, told):
    assert steps._why(lines, command="migrate") == told


def test_stopping_a_whole_group_is_asking_once_although_make_passes_it_on(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "from nannychain.supervisor.stopping import StopRequest\n"
        "request = StopRequest()\n"
        "request.listen()\n"
        "print('listening', flush=True)\n"
        "request.wait(30)\n"
        "import time\n"
        "time.sleep(0.3)\n"
        "print('times', request.times, flush=True)\n"
    )
    makefile = tmp_path / "Makefile"
    makefile.write_text(f'run:\n\t@exec "{sys.executable}" "{program}"\n')
    make = subprocess.Popen(
        ["make", "-f", str(makefile), "run"],
        env={**_without_make(), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert make.stdout is not None
    assert make.stdout.readline() == "listening\n"
    os.killpg(make.pid, signal.SIGTERM)
    said = make.stdout.read()
    make.wait(10)
    assert "times 1" in said


def _without_make() -> dict[str, str]:
    """Return the environment without what a `make test` around us tells a make within."""
    return {
        name: value for name, value in os.environ.items() if "MAKE" not in name and name != "MFLAGS"
    }
