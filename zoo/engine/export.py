"""The weights that are kept after training."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import is_main_process
from mmengine.hooks import EMAHook, Hook

import zoo
from zoo.engine.divergence import require_finite
from zoo.engine.names import config_hash, config_name
from zoo.hub.inputs import inputs_of_config
from zoo.io import write_tensors
from zoo.registry import HOOKS


@HOOKS.register_module()
class ExportHook(Hook):
    """Writes the trained model to ``<work_dir>/weights.safetensors``: tensors and a header of strings, no pickle.

    With an ``EMAHook`` the averaged weights are written. The header says where they come from: ``config`` and
    ``config_sha256`` (see ``config_hash``), ``model`` (its config as JSON), ``epoch``, ``seed``, ``teachers``,
    ``data`` (fingerprint), ``torch`` and ``zoo`` versions; of a run that was resumed with changes, ``resumed``
    (what was different before, as JSON); and what the model is to be given: ``num_points`` of a cloud, ``normalise``
    and, of a classifier, ``classes`` (JSON).

    Args:
        filename: name of the file in the work directory.
    """

    # After the last checkpoint.
    priority = 'LOWEST'

    def __init__(self, filename: str = 'weights.safetensors') -> None:
        self.filename = filename

    def after_train(self, runner: Any) -> None:
        """Write the file."""
        if is_main_process():
            averaged = [hook.ema_model.module for hook in runner.hooks if isinstance(hook, EMAHook)]
            model = averaged[0] if averaged else getattr(runner.model, 'module', runner.model)
            require_finite(runner, {'state_dict': model.state_dict()})
            export_weights(model, Path(runner.work_dir) / self.filename, describe(runner))


def describe(runner: Any) -> dict[str, str]:
    """Return the header of exported weights."""
    model = getattr(runner.model, 'module', runner.model)
    teachers = model.teachers() if hasattr(model, 'teachers') else {}
    inputs = inputs_of_config(runner.cfg)
    classes = tuple(getattr(runner.train_dataloader.dataset, 'classes', ()))
    if runner.cfg.get('model', {}).get('num_classes') == len(classes):
        inputs = replace(inputs, classes=classes)
    earlier = runner.cfg.to_dict().get('resumed')
    resumed = {'resumed': json.dumps(earlier, default=str, sort_keys=True)} if earlier else {}
    return resumed | {
        'format': 'pt',
        'config': config_name(runner.cfg.filename or ''),
        'config_sha256': config_hash(runner.cfg),
        'model': json.dumps(runner.cfg.to_dict().get('model', {}), default=str, sort_keys=True),
        'epoch': str(runner.epoch),
        'iteration': str(runner.iter),
        'seed': str(runner.seed),
        'teachers': json.dumps({name: type(teacher).__name__ for name, teacher in teachers.items()}, sort_keys=True),
        'data': str(getattr(runner.train_dataloader.dataset, 'fingerprint', '')),
        'torch': torch.__version__,
        'zoo': zoo.__version__,
        **inputs.header(),
    }


def export_weights(model: torch.nn.Module, path: Path, header: dict[str, str]) -> None:
    """Write the state of ``model`` as safetensors, in one step.

    Args:
        model: trained model; tensors that share memory are written once each.
        path: file to write.
        header: strings of its header.
    """
    tensors = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in model.state_dict().items()}
    write_tensors(path, tensors, header)
