from __future__ import annotations

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


def test_every_step_is_told_with_the_share_of_the_training(train):
    runner = train(edit=told)
    assert Told.told == [(step + 1) / 24 for step in range(24)]
    assert runner.model.length == 24


def test_accumulated_gradients_are_one_step(train):
    train(options={'optim_wrapper.accumulative_counts': 4}, edit=told)
    assert Told.told == [step / 24 for step in (4, 8, 12, 16, 20, 24)]
