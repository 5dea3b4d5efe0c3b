"""Small teachers and a small dataset, whose features can be computed by hand."""

from __future__ import annotations

import hashlib
import os
import signal

import numpy as np
import torch
from torch import nn

from zoo.datasets import ObjectDataset
from zoo.teachers import ImageTeacher
from zoo.teachers.text import TextTeacher


class ColorTeacher(ImageTeacher):
    """A linear map of the mean color. Counts the images it sees, and kills its process after ``fatal`` of them."""

    def __init__(self, file, *, frozen=True, fatal=None, log=None):
        super().__init__(4, frozen=frozen)
        self.file, self.fatal, self.log, self.seen = file, fatal, log, 0
        self._prepare()

    @staticmethod
    def write(path, seed=0):
        generator = torch.Generator().manual_seed(seed)
        weights = {'0.weight': torch.randn(4, 3, generator=generator), '0.bias': torch.randn(4, generator=generator)}
        torch.save(weights, path)
        return path

    def _files(self):
        return (self.file,)

    def _load(self):
        network = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5))
        network.load_state_dict(torch.load(self.file, weights_only=True))
        return network

    def _encode(self, network, inputs):
        self.seen += len(inputs)
        if self.log:
            with open(self.log, 'a') as log:
                log.write('x' * len(inputs))
        if self.fatal is not None and self.seen > self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return network(inputs.mean((2, 3)).to(self._anchor))


class LetterTeacher(TextTeacher):
    """Counts of 'a', 'b' and blanks; no weights."""

    def __init__(self):
        super().__init__(3)
        self.seen = []

    def _files(self):
        return ()

    def _load(self):
        return nn.Identity()

    def _encode(self, network, inputs):
        self.seen += self.check(inputs)
        return torch.tensor([[float(text.count(letter)) for letter in 'ab '] for text in inputs])


class Objects(ObjectDataset):
    """Objects with views of random colors and three different captions."""

    num_views = 3

    def __init__(self, total=12, data_seed=0, side=9, **options):
        super().__init__(**options)
        rng = np.random.default_rng(data_seed)
        self.views = rng.integers(0, 256, (total, 3, side, side, 3), dtype=np.uint8)
        self.labels = np.arange(total) % 3
        self.fingerprint = hashlib.sha256(self.views.tobytes()).hexdigest()

    def image(self, index, view):
        return self.views[index, view]

    def caption(self, index):
        return ['a bed', 'a bathtub with a cat', 'barn'][self.labels[index]]
