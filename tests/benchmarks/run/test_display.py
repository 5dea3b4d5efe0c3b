from __future__ import annotations

import io

from benchmarks.run.display import Display, State
from benchmarks.run.estimate import Estimator
from tests.benchmarks.run.toy import trainings


class Terminal(io.StringIO):
    def isatty(self):
        return True


def watched(stream):
    first, second, third = trainings(3, 0)
    state = State([first, second, third])
    display = Display(state, 2, Estimator(), stream)
    state.waiting, state.running = {third.key: third}, {second.key: 0.0}
    display.update()
    display.ended(first, 'done', 4.0)
    display.update()
    display.warn(f'{second}: its process was ended by signal 9; tried again')
    display.ended(second, 'failed', 100.0)
    display.ended(third, 'not run', 0.0)
    display.close()
    return stream.getvalue()


def test_away_from_a_terminal_every_job_is_a_line_with_the_time_that_is_left():
    assert watched(io.StringIO()).splitlines() == [
        '[1/3] train 0: done, 4 s (1 s left)',
        'train 1: its process was ended by signal 9; tried again',
        '[2/3] train 1: failed, 2 min (1 s left)',
        '[3/3] train 2: not run',
    ]


def test_a_terminal_shows_one_line_with_rate_rest_and_what_runs():
    shown = watched(Terminal())
    for words in ('jobs/min', 's left · train 1', '1/3 jobs'):
        assert words in shown
    assert 'train 0: done' not in shown
    assert '\033[31m[2/3] train 1: failed' in shown
