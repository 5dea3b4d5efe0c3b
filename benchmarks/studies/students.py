"""Pretraining any method on a pack, tokenizers first, and saying what supervised it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmengine import Config

from benchmarks.protocols.pretrain import pretrain
from benchmarks.studies.packs import Pack
from zoo.hub.names import ROOT, parse_name

SUPERVISION = {
    'ReconstructPoints': 'masked points',
    'ViewContrast': 'another view of the cloud',
    'ClassContrast': 'class labels',
    'PointIdentity': 'masked points',
    'EfficientNetLite0Teacher': 'pictures by EfficientNet-Lite0 (ImageNet)',
    'SentenceTeacher': 'class names by MiniLM',
    'DVAETokenizer': 'token ids of a dVAE',
    'CrossModalTokenizer': 'features of an autoencoder around two blocks of MiniLM',
}
"""What an objective, or its teacher, lets the student see."""


def supervision(student: str) -> str:
    """What supervises the pretraining of a student such as ``recon-nano``, in words."""
    found = []
    for objective in _config(student).model.objectives.values():
        kind = objective.teacher.type if 'teacher' in objective else objective.type
        found.append(SUPERVISION[kind])
    return ', '.join(found)


def pretrain_student(pack: Pack, student: str, seed: int, epochs: int, runs: Path) -> Path:
    """Weights of a student pretrained on the training objects of a pack.

    A tokenizer that its objectives need is trained first, once for all seeds, for as many epochs.

    Args:
        pack: the data.
        student: a name such as ``recon-nano``.
        seed: of initialisation, order, masks and augmentation.
        epochs: of pretraining.
        runs: folder of the runs; what is finished there is not trained again.
    """
    config = _config(student)
    options = _options(pack, config, seed, epochs)
    for name, objective in config.model.objectives.items():
        if 'trained_by' in objective.get('teacher', {}):
            weights = train_tokenizer(pack, objective.teacher.trained_by, epochs, runs)
            options[f'model.objectives.{name}.teacher.weights'] = str(weights)
    return pretrain(parse_name(student).config, runs / f'{student}_{seed}', options)


def tokenizers_of(student: str) -> list[str]:
    """Configs of the tokenizers that a student's teachers have to be trained by."""
    teachers = [objective.get('teacher', {}) for objective in _config(student).model.objectives.values()]
    return [teacher.trained_by for teacher in teachers if 'trained_by' in teacher]


def train_tokenizer(pack: Pack, config_path: str, epochs: int, runs: Path) -> Path:
    """Weights of a tokenizer trained on the clouds of a pack, its schedules stretched to the length of the run."""
    path = ROOT / config_path
    config = Config.fromfile(path)
    steps = epochs * max(1, len(pack.split('train')) // config.train_dataloader.batch_size)
    stretch = steps / max(config.model[name].steps + config.model[name].get('delay', 0) for name in SCHEDULES)
    options = _options(pack, config, 0, epochs)
    for name in SCHEDULES:
        for key in ('steps', 'delay'):
            if key in config.model[name]:
                options[f'model.{name}.{key}'] = round(stretch * config.model[name][key])
    return pretrain(path, runs / f'{path.parent.name}_{path.stem}', options)


SCHEDULES = ('temperature', 'kl_weight')
"""Parts of a tokenizer's config that count steps."""


def _config(student: str) -> Config:
    """Pretraining config of a student."""
    return Config.fromfile(parse_name(student).config)


def _options(pack: Pack, config: Config, seed: int, epochs: int) -> dict[str, Any]:
    """Changes to a config that all runs on the pack share."""
    data = config.train_dataloader.dataset
    return {
        'train_dataloader.dataset': pack.pretraining(data.get('images', False), data.get('texts', False)),
        'randomness.seed': seed,
        'train_cfg.max_epochs': epochs,
        'param_scheduler.total': epochs,
        'param_scheduler.warmup': min(3, epochs - 1),
        'default_hooks.checkpoint.interval': 5,
    }
