"""A process that fills a store: ``python -m tests.benchmarks.records.writer FOLDER FIRST COUNT``."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.records import Store
from tests.benchmarks.records.examples import guesses, record


def main() -> None:
    """Add records of consecutive seeds; print every key once its record is safe."""
    store = Store(Path(sys.argv[1]))
    first, count = int(sys.argv[2]), int(sys.argv[3])
    print('ready', flush=True)
    for seed in range(first, first + count):
        entry = record(seed=seed, metrics={'oa': 50.0})
        store.add(entry, guesses(0.5, seed=seed))
        print(entry.key, flush=True)


if __name__ == '__main__':
    main()
