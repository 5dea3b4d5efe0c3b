"""Teachers that follow the student."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook

from zoo.registry import HOOKS


@HOOKS.register_module()
class FollowHook(Hook):
    """Tells a model how long it is trained, and after every step of the optimizer how much of that is done.

    Teachers that follow the student move by it, and ramps of a model stretch. A part of every run; steps of accumulated
    gradients count once.
    """

    def before_train(self, runner: Any) -> None:
        """Tell the model how long it will be trained."""
        model = getattr(runner.model, 'module', runner.model)
        if hasattr(model, 'before_training'):
            model.before_training(runner.max_iters)

    def after_train_iter(self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Pass the share of the training that is done."""
        model = getattr(runner.model, 'module', runner.model)
        if hasattr(model, 'after_step') and runner.optim_wrapper.should_update():
            model.after_step((runner.iter + 1) / runner.max_iters)
