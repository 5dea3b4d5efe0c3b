"""What the pool holds of a worker: orders go in, answers come out, and at the end the reason of the end."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import Protocol

PATIENCE = 10.0
"""Seconds that a worker has to end by itself."""


class Link(Protocol):
    """A worker, wherever it runs."""

    def fileno(self) -> int:
        """Descriptor on which its answers arrive, as lines; the end of the file says that it has ended."""

    def send(self, line: str) -> None:
        """Hand over an order; nothing happens when the worker has ended, as its answers end too."""

    def stop(self, force: bool) -> None:
        """Ask it to end, at once with ``force``; without, when it has nothing to do."""

    def wait(self) -> None:
        """Wait until it has ended; one that does not is killed."""

    def reason(self) -> str:
        """Why it ended, in words; empty for a worker that ended as it should."""

    def killed(self) -> bool:
        """Whether it was ended from outside, which another one may escape."""


class ProcessLink:
    """A local process that reads orders and writes answers; it may stand for one elsewhere, as ``srun`` does.

    Args:
        command: with its arguments.
        environment: of the process.
        session: give it a session of its own, so that Ctrl-C on the terminal does not reach it. Otherwise it stays in
            the group of the caller, so that who kills the group kills it too, and ignores Ctrl-C.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], session: bool = False) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            list(command),
            stdin=pipe,
            stdout=pipe,
            text=True,
            env=dict(environment),
            start_new_session=session,
            preexec_fn=None if session else _ignore_interrupts,
        )

    def fileno(self) -> int:
        """Descriptor of its standard output."""
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    def send(self, line: str) -> None:
        """Write to its standard input."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has died; the end of its output says so
            self.process.stdin.write(f'{line}\n')
            self.process.stdin.flush()

    def stop(self, force: bool) -> None:
        """Close its standard input, which ends it; with ``force`` a signal ends it."""
        if force:
            self.process.terminate()
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it ended before it took its last order
            self.process.stdin.close()

    def wait(self) -> None:
        """Wait, then kill."""
        try:
            self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def reason(self) -> str:
        """By its exit code."""
        number = self._signal()
        if not number:
            code = self.process.poll()
            return f'its process ended with {code}' if code else ''
        hint = ', perhaps for want of memory: use fewer --jobs' if number == signal.SIGKILL else ''
        return f'its process was ended by signal {number}{hint}'

    def killed(self) -> bool:
        """Whether a signal ended it."""
        return bool(self._signal())

    def _signal(self) -> int:
        """Number of the signal that ended it, or 0; launchers of remote processes add 128 to it, as shells do."""
        code = self.process.poll() or 0
        number = -code if code < 0 else code - 128
        return number if number in {entry.value for entry in signal.Signals} else 0


def _ignore_interrupts() -> None:
    """Called in the new process before its program starts: the harness decides what Ctrl-C means.

    It takes no lock and imports nothing, so that threads of the harness cannot stop it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
