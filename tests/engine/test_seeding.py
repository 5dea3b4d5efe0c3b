from __future__ import annotations

import itertools
import random

import numpy as np
import torch

from tests.engine.dummy import DummyShapes
from tests.engine.test_resident import Run, loader
from zoo.engine import seed_all
from zoo.engine.loops import SeededBatches
from zoo.engine.seeding import STREAMS, SeededSamples, seeded_loader


def draw():
    return random.random(), float(np.random.rand()), float(torch.rand(()))  # noqa: NPY002


def test_same_place_same_numbers_and_other_place_other_numbers():
    seen = set()
    for seed, rank, stream, step in itertools.product((0, 7), (0, 1), STREAMS, (0, 1, 300)):
        seed_all(seed, rank, stream, step)
        first = draw()
        draw()
        seed_all(seed, rank, stream, step)
        assert draw() == first
        seen.add(first)
    assert len(seen) == 2 * 2 * len(STREAMS) * 3
    for numbers in zip(*seen, strict=True):
        assert len(set(numbers)) == len(seen)


def jitters(num_workers, epochs):
    """First coordinate of every sample, batch by batch, for each epoch."""
    dataset = DummyShapes(num_objects=8, jitter=1.0)
    source = loader(dataset, batch_size=2, num_workers=num_workers, persistent_workers=num_workers > 0)
    batches = SeededBatches(Run(), source)
    found = []
    for epoch in epochs:
        batches.start(epoch)
        drawn = [batches.draw() for _ in range(4)]
        found.append({int(i): float(p) for b in drawn for i, p in zip(b['index'], b['points'][:, 0, 0], strict=True)})
        assert len(found[-1]) == 8
    return found


def test_data_depend_on_the_epoch_and_not_on_the_epochs_before():
    for workers in (0, 2):
        first, second, third = jitters(workers, [0, 1, 2])
        assert all(first[i] != second[i] != third[i] for i in first)
        torch.rand(100)
        assert jitters(workers, [2]) == [third]


def test_a_sample_depends_on_neither_worker_nor_batch_nor_what_the_process_drew():
    dataset = DummyShapes(num_objects=8, jitter=1.0)
    loaders = [
        torch.utils.data.DataLoader(dataset, batch_size=size, shuffle=shuffle, collate_fn=dataset.collate)
        for size, shuffle in ((8, False), (3, True))
    ]
    found = [
        {int(i): p for b in seeded_loader(ld, 5, 1) for i, p in zip(b['index'], b['points'], strict=True)}
        for ld in loaders
    ]
    assert all(torch.equal(found[0][i], found[1][i]) for i in range(8))
    assert not torch.equal(found[0][0] - found[0][3], torch.from_numpy(dataset.clouds[0] - dataset.clouds[3]))
    other = next(iter(seeded_loader(loaders[0], 5, 2)))['points']
    assert not any(torch.equal(other[i], found[0][i]) for i in range(8))


def test_reading_leaves_the_generators_alone_and_draws_from_all_of_them():
    class Drawing(torch.utils.data.Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            return torch.tensor([*draw()], dtype=torch.float64)

    samples = SeededSamples(Drawing(), 5, 0)
    seed_all(1, 0, 'model', 0)
    expected = draw()
    seed_all(1, 0, 'model', 0)
    first = samples[2]
    assert draw() == expected
    assert torch.equal(first, samples[2])
    assert bool((first != samples[3]).all())


def test_what_draws_nothing_is_read_in_batches():
    dataset = DummyShapes(num_objects=8, jitter=1.0)
    asked = []
    dataset.gather_points = lambda where: asked.append(len(where)) or dataset.clouds[where]
    assert len(SeededSamples(dataset, 5, 0).__getitems__([1, 2, 3])['points']) == 3
    assert asked == [3]


def test_order_depends_on_the_epoch():
    orders = [list(epoch) for epoch in jitters(0, range(4))]
    assert len({tuple(order) for order in orders}) == 4
