"""Pretraining and evaluation as far as the time goes; the same command goes on."""

from __future__ import annotations

import contextlib
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator

from benchmarks import load_results
from benchmarks.gpu.findings import Row, Stage
from benchmarks.records.store import NAME
from zoo.config import ROOT


def train(stage: Stage) -> Iterator[Row]:
    """Run the profile ``gpu`` until its time is up, and yield the figures that are there then."""
    out = stage.out / 'train'
    less = ('smoke', '--models', 'point-mae') if stage.quick else ('gpu',)
    command = f'tools/benchmark.py --suite svm --jobs 1 --out {shlex.quote(str(out.resolve()))} --profile'
    process = subprocess.Popen([sys.executable, *shlex.split(command), *less], cwd=ROOT)
    try:
        process.wait(stage.seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)  # leaves a checkpoint
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(60)
        process.kill()
        process.wait()
    if (out / NAME).is_file():
        for record in load_results(out).to_dict('records'):
            what = (
                f'{record["model"]}, {record["protocol.name"]} on {record["dataset.name"]} {record["dataset.variant"]}'
            )
            yield {'what': what, 'OA, %': record['metrics.oa']}
    if process.returncode:
        yield {'what': f'ended with exit code {process.returncode}: the same command goes on'}
