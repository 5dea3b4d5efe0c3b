"""Training loops whose data depend on nothing but seed and epoch."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from mmengine.dataset import InfiniteSampler
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop
from torch import nn
from torch.utils.data import DataLoader

from zoo.engine.divergence import train_step
from zoo.engine.seeding import seed_all, seeded_loader
from zoo.errors import UsageError
from zoo.registry import LOOPS


class SeededBatches:
    """Draws batches of a loader whose samples have random numbers of their own; see :class:`SeededSamples`.

    Args:
        runner: runner of the training.
        loader: loader of its training data.

    Raises:
        UsageError: The sampler never ends.
    """

    def __init__(self, runner: Any, loader: DataLoader[Any]) -> None:
        if isinstance(loader.sampler, InfiniteSampler):
            raise UsageError(
                'train_dataloader.sampler: an InfiniteSampler ends no epoch, so every pass would draw the same views; '
                'choose DefaultSampler, training by iterations begins its epochs anew by itself'
            )
        self.runner, self.loader = runner, loader
        self._iterator: Iterator[Any] = iter(())

    def start(self, epoch: int, seen: int = 0) -> None:
        """Begin an epoch after its first ``seen`` batches, which are not read: no sample depends on another."""
        sampler = self.loader.sampler
        if hasattr(sampler, 'seed'):
            # A run resumed without a fixed seed takes over the seed of the checkpoint after the loader was built.
            sampler.seed = self.runner.seed
        if hasattr(sampler, 'set_epoch'):
            sampler.set_epoch(epoch)
        seed_all(self.runner.seed, self.runner.rank, 'epoch', epoch)
        self._resident = getattr(self.runner, 'resident', None)
        loader = self._resident.drawing(self.loader) if self._resident else self.loader
        seeded = seeded_loader(loader, self.runner.seed, epoch)
        if seen and seeded is not loader and seeded.batch_sampler is not None:
            rest = itertools.islice(iter(seeded.batch_sampler), seen, None)
            vars(seeded)['batch_sampler'], seen = rest, 0  # torch's own __setattr__ refuses
        self._iterator = itertools.islice(iter(seeded), seen, None)

    def draw(self) -> Any:
        """Return the next batch."""
        drawn = next(self._iterator)
        return self._resident.batch(drawn) if self._resident else drawn

    def stop(self) -> None:
        """Let the workers go at once; left to the garbage collector, each may keep the process for 5 seconds."""
        self._iterator = iter(())


@LOOPS.register_module()
class EpochLoop(EpochBasedTrainLoop):
    """mmengine's epochs, resumable at any iteration.

    A run that goes on from a checkpoint written inside of an epoch (``CheckpointHook(by_epoch=False)``) leaves out the
    batches it has already seen. A run that was stopped between the end of an epoch and the end of its validation makes
    up for the validation first.
    """

    _epoch: int
    _iter: int

    def run(self) -> nn.Module:
        """Train."""
        self.batches = SeededBatches(self.runner, self.dataloader)
        self.runner.call_hook('before_train')
        self._align()
        if self._iter == self._epoch * len(self.dataloader) and self._epoch > 0:
            self._validate()
        while self._epoch < self._max_epochs and not self.stop_training:
            self.run_epoch()
            self._validate()
        self.runner.call_hook('after_train')
        return self.runner.model

    def run_epoch(self) -> None:
        """Train one epoch, or what is left of it."""
        self.runner.call_hook('before_train_epoch')
        self.runner.model.train()
        seen = self._iter - self._epoch * len(self.dataloader)
        self.batches.start(self._epoch, seen)
        try:
            for index in range(seen, len(self.dataloader)):
                self.run_iter(index, self.batches.draw())
        finally:
            self.batches.stop()
        self.runner.call_hook('after_train_epoch')
        self._epoch += 1

    def run_iter(self, idx: int, data_batch: Any) -> None:
        """Train one iteration."""
        _iterate(self.runner, idx, data_batch)
        self._iter += 1

    def _align(self) -> None:
        """Let the resumed iteration lie in the resumed epoch, also when the epoch has another length than before."""
        first = self._epoch * len(self.dataloader)
        if not first <= self._iter <= first + len(self.dataloader):
            self.runner.logger.warning(
                f'the checkpoint was written at iteration {self._iter} with epochs of another length: training goes on '
                f'at the start of epoch {self._epoch + 1}'
            )
            self._iter = first

    def _validate(self) -> None:
        """Validate if it is time to."""
        self._decide_current_val_interval()
        due = self._epoch % self.val_interval == 0 or self._epoch == self._max_epochs
        if self.runner.val_loop is not None and self._epoch >= self.val_begin and due:
            self.runner.val_loop.run()


_WAYS_OUT = {
    'Expected more than 1 value per channel': (
        'batch norm cannot train on one object, set train_dataloader.drop_last=True or another batch_size: '
    ),
    'Target ': 'the data has more classes than model.num_classes: ',
    'out of memory': 'too little memory, take a smaller batch_size or model: ',
    'allocate memory': 'too little memory, take a smaller batch_size or model: ',
}
"""What to do about errors of torch, by what they say."""


def _iterate(runner: Any, index: int, batch: Any) -> None:
    """Train on one batch."""
    runner.call_hook('before_train_iter', batch_idx=index, data_batch=batch)
    try:
        outputs = train_step(runner, batch)
    except (ValueError, IndexError, RuntimeError) as error:
        reason = ' '.join(str(error).split())
        ways = [way for word, way in _WAYS_OUT.items() if word in reason]
        # What layers and operations say at the first step is said about the config; later it is a fault of the code.
        if not ways and (isinstance(error, RuntimeError) or hasattr(runner, 'stepped')):
            raise
        runner.logger.info('The traceback of what ended the training:', exc_info=True)
        raise UsageError(f'iteration {runner.iter + 1} cannot be trained: {"".join(ways)}{reason:.300}') from error
    runner.stepped = True
    runner.call_hook('after_train_iter', batch_idx=index, data_batch=batch, outputs=outputs)


class _EndlessBatches:
    """Epoch after epoch of seeded batches."""

    def __init__(self, runner: Any, loader: DataLoader[Any]) -> None:
        self.batches = SeededBatches(runner, loader)
        self.runner, self.drawn, self.epoch = runner, 0, -1

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        position, self.drawn = self.drawn, self.drawn + 1
        if position < self.runner.iter:
            return None  # mmengine counts up to where a resumed run goes on, and drops what it gets
        if self.epoch < 0:
            self.epoch, seen = divmod(position, len(self.batches.loader))
            self.batches.start(self.epoch, seen)
        try:
            return self.batches.draw()
        except StopIteration:
            self.epoch += 1
            self.batches.start(self.epoch)
            return self.batches.draw()


@LOOPS.register_module()
class IterLoop(IterBasedTrainLoop):
    """mmengine's training by iterations, with seeded data; no pause where the data begin anew."""

    def __init__(self, runner: Any, dataloader: Any, **kwargs: Any) -> None:
        super().__init__(runner, dataloader, **kwargs)
        self.dataloader_iterator = _EndlessBatches(runner, self.dataloader)

    def run(self) -> nn.Module:
        """Train."""
        try:
            return super().run()
        finally:
            self.dataloader_iterator.batches.stop()

    def run_iter(self, data_batch: Any) -> None:
        """Train one iteration."""
        _iterate(self.runner, self._iter, data_batch)
        self._iter += 1
