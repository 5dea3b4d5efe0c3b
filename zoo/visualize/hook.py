"""A look at a student while it is trained."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.dist import is_main_process
from mmengine.hooks import Hook

from zoo.models import PointModel
from zoo.objectives import ReconstructPoints
from zoo.registry import HOOKS
from zoo.visualize.reconstruction import reconstruction_panels

BACKEND = 'TensorboardVisBackend'


@HOOKS.register_module()
class LookHook(Hook):
    """Shows histograms and, of students that reconstruct points, what they put in the place of masked patches.

    Histograms of weights and of features go to TensorBoard, where the run has it, pictures to every backend of the
    visualizer: the first clouds of the first batch, as they are measured, under one mask. The training does not notice:
    no random number is drawn from its streams, and batch norms keep their statistics.

    Args:
        times: looks in a run, evenly spread; the last is at its end.
        objects: clouds that are looked at.
    """

    def __init__(self, times: int = 10, objects: int = 4) -> None:
        self.times = times
        self.objects = objects
        self._batch: dict[str, Any] | None = None
        self._rebuilds: bool | None = None

    def after_train_iter(self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Keep some clouds, and look where it is time."""
        model = getattr(runner.model, 'module', runner.model)
        if not is_main_process() or not isinstance(model, PointModel):
            return
        if self._batch is None:
            self._batch = {'points': data_batch['points'][: self.objects].clone()}
        before, now = (self.times * iteration // runner.max_iters for iteration in (runner.iter, runner.iter + 1))
        if now > before:
            self._look(runner, model, self._batch, runner.iter + 1)

    @torch.no_grad()
    def _look(self, runner: Any, model: PointModel, batch: dict[str, Any], step: int) -> None:
        """Log everything, and leave the model as it was."""
        modes = {module: module.training for module in model.modules()}
        devices = [torch.cuda.current_device()] if runner.device.startswith('cuda') else []
        try:
            model.eval()
            with torch.random.fork_rng(devices):
                torch.manual_seed(0)
                points = model.data_preprocessor(batch, training=False)['points']
                backends = runner.visualizer._vis_backends  # the public way to one asserts that it is there
                if BACKEND in backends:
                    writer = backends[BACKEND].experiment
                    writer.add_histogram('features', model.backbone.forward_features(points).float().cpu(), step)
                    for name, parameter in model.named_parameters():
                        if parameter.requires_grad and parameter.ndim > 1:
                            writer.add_histogram(f'weights/{name}', parameter.float().cpu(), step)
                if self._rebuilds is None:
                    self._rebuilds = any(isinstance(found, ReconstructPoints) for found in model.modules())
                if self._rebuilds:
                    panels, chamfer = reconstruction_panels(model, points)
                    runner.visualizer.add_image('reconstruction', panels.picture(), step)
                    mean = sum(chamfer) / len(chamfer)
                    runner.visualizer.add_scalar('chamfer_of_the_looked_at', mean, step)
        finally:
            for module, mode in modes.items():
                module.training = mode
