"""What a person sees of a training run."""

from __future__ import annotations

import sys
import time
from collections import deque
from datetime import timedelta
from typing import Any, TextIO

import torch
from mmengine.dist import get_world_size, is_main_process
from mmengine.hooks import Hook
from tqdm import tqdm

from zoo.registry import HOOKS


class Rate:
    """Samples and iterations per second over the last iterations.

    Args:
        window: number of iterations it looks back.
    """

    def __init__(self, window: int = 50) -> None:
        self._recent: deque[tuple[float, int]] = deque(maxlen=window)
        self._since = time.perf_counter()

    def resume(self) -> None:
        """Start the clock again after something that is not training."""
        self._since = time.perf_counter()

    def add(self, samples: int) -> None:
        """Note that an iteration of ``samples`` samples has ended."""
        now = time.perf_counter()
        self._recent.append((now - self._since, samples))
        self._since = now

    @property
    def samples(self) -> float:
        """Samples per second."""
        return sum(samples for _, samples in self._recent) / max(self._seconds, 1e-9)

    @property
    def iterations(self) -> float:
        """Iterations per second."""
        return len(self._recent) / max(self._seconds, 1e-9)

    @property
    def _seconds(self) -> float:
        return sum(seconds for seconds, _ in self._recent)


@HOOKS.register_module()
class ProgressHook(Hook):
    """A progress bar in a terminal, a line now and then elsewhere: rate, time left, loss, the last metrics.

    mmengine's own lines go to the log file in the work directory.

    Args:
        interval: seconds between two lines where there is no terminal.
        stream: stream to write to; standard error by default.
    """

    priority = 'LOWEST'

    def __init__(self, interval: float = 10.0, stream: TextIO | None = None) -> None:
        self.interval, self.stream = interval, stream
        self._bar: tqdm[Any] | None = None
        self._metrics = ''
        self._shown = self._begun = time.perf_counter()
        self._rate = Rate()

    def before_train(self, runner: Any) -> None:
        """Open the bar and start the clock."""
        self.stream = self.stream or sys.stderr
        if is_main_process() and self.stream.isatty():
            self._bar = tqdm(
                total=runner.max_iters,
                initial=runner.iter,
                file=self.stream,
                dynamic_ncols=True,
                leave=False,
                bar_format='{percentage:3.0f}% |{bar}| {desc}',
            )
        self._begun = self._shown = time.perf_counter()
        self._rate.resume()

    def after_train_iter(self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Count, and show when it is time."""
        self._rate.add(batch_size(data_batch) * get_world_size())
        last = runner.iter + 1 >= runner.max_iters
        now = time.perf_counter()
        if now - self._shown < (0.2 if self._bar else self.interval) and not last:
            return
        self._shown = now
        text = self._describe(runner, outputs or {})
        if self._bar is not None:
            self._bar.n = runner.iter + 1
            self._bar.set_description_str(text)
        else:
            self._write(text)

    def after_val_epoch(self, runner: Any, metrics: dict[str, float] | None = None) -> None:
        """Keep the metrics for the next line, and leave the time of the validation out of the rate."""
        self._metrics = '  '.join(f'{name} {value:.2f}' for name, value in (metrics or {}).items() if '/' not in name)
        self._rate.resume()

    def after_train(self, runner: Any) -> None:
        """Say how it went."""
        if self._bar is not None:
            self._bar.close()
        took = timedelta(seconds=round(time.perf_counter() - self._begun))
        end = f'trained to epoch {runner.epoch} in {took}'
        self._write('  '.join(filter(None, [end, self._metrics, f'in {runner.work_dir}'])))

    def _describe(self, runner: Any, outputs: dict[str, Any]) -> str:
        """Return one line about the iteration that has just ended."""
        done = runner.iter + 1
        left = timedelta(seconds=round((runner.max_iters - done) / max(self._rate.iterations, 1e-9)))
        parts = [
            f'epoch {runner.epoch + 1}/{runner.max_epochs}',
            f'step {done}/{runner.max_iters}',
            f'loss {float(torch.as_tensor(outputs["loss"]).detach()):.4f}' if 'loss' in outputs else '',
            f'lr {runner.optim_wrapper.param_groups[-1]["lr"]:.1e}',  # mmengine puts the unscaled rate last
            f'{self._rate.samples:.0f} samples/s',
            f'{left} left',
            self._metrics,
        ]
        return '  '.join(filter(None, parts))

    def _write(self, text: str) -> None:
        say(text, self.stream)


def say(text: str, stream: TextIO | None = None) -> None:
    """Print a line on standard error, once for all processes."""
    if is_main_process():
        print(text, file=stream or sys.stderr, flush=True)


def batch_size(batch: Any) -> int:
    """Return the number of samples of a batch: the length of its ``points``, else of its first entry; 0 if unknown."""
    if isinstance(batch, dict) and batch:
        return len(batch.get('points', next(iter(batch.values()))))
    return len(batch) if isinstance(batch, list | tuple) else 0
