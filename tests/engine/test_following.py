from __future__ import annotations

import pytest

from tests.engine.dummy import DummyClassifier


class Told(DummyClassifier):
    told: list[float]

    def __init__(self, **settings):
        super().__init__(**settings)
        type(self).told = []

    def before_training(self, iterations):
        self.length = iterations

    def after_step(self, progress):
        self.told.append(progress)


def told(config):
    config.model.type = Told


@pytest.mark.parametrize('counts', [1, 4])
def test_every_step_of_the_optimizer_is_told_with_the_share_of_the_training(train, counts):
    runner = train(options={'optim_wrapper.accumulative_counts': counts}, edit=told)
    assert Told.told == [step / 24 for step in range(counts, 25, counts)]
    assert runner.model.length == 24
