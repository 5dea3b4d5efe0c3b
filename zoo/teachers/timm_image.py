"""Any image network of timm as a teacher."""

from __future__ import annotations

import inspect
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from zoo.compat import ensure_torchvision, expand
from zoo.errors import UsageError
from zoo.foreign import check_values
from zoo.io import from_json
from zoo.registry import TEACHERS
from zoo.teachers.image import ImageTeacher
from zoo.teachers.sources import WEIGHTS, model_folder, present
from zoo.tensors import read_tensors

INPUT_FIELDS = ('input_size', 'fixed_input_size', 'mean', 'std', 'classifier', 'first_conv')
"""What the ``config.json`` of a timm folder says about input and head of its weights."""


@TEACHERS.register_module()
class TimmImageTeacher(ImageTeacher):
    """Pooled features of a timm network, with its own normalization.

    The default is what ReCon (arXiv 2302.02318) distils from for transfer: a ViT-B trained on ImageNet-21k.

    Args:
        model_name: A timm name (fetched from the hub, ``timm/<name>``), a repository on the hub, or a local folder as
            timm writes it (``config.json`` and weights).
        embed_dim: Channels C of a feature.
        input_size: Side of the network's input in pixels; None takes the one of the weights.
        weights: A file with weights for the timm name, instead of those on the hub.
        frozen: Whether its network is left as it is.
    """

    def __init__(
        self,
        model_name: str = 'vit_base_patch16_224.augreg_in21k',
        embed_dim: int = 768,
        input_size: int | None = None,
        weights: str | None = None,
        *,
        frozen: bool = True,
    ) -> None:
        super().__init__(embed_dim, frozen=frozen)
        self.model_name = model_name
        self.input_size = input_size
        self.weights = weights
        self._prepare()

    @cached_property
    def _sources(self) -> tuple[str, Path, dict[str, Any]]:
        """Architecture, weights file, and the content of ``config.json`` where there is one."""
        if '/' in self.model_name or expand(self.model_name).is_dir():
            folder = model_folder(self.model_name, (('config.json',), WEIGHTS))
            config = from_json((folder / 'config.json').read_text('utf-8'))
            if 'architecture' not in config:
                raise UsageError(f"{folder}: config.json names no 'architecture', so it was not written by timm")
            return config['architecture'], present(folder, WEIGHTS)[0], config
        if self.weights is None:
            return self.model_name, _hub_weights(self.model_name), {}
        path = expand(self.weights)
        if not path.is_file():
            raise UsageError(f'TimmImageTeacher: there is no file {path}; weights=None takes those on the hub')
        return self.model_name, path, {}

    def _files(self) -> tuple[Path, ...]:
        """Return the weights, and the configuration beside them."""
        _, weights, config = self._sources
        return (weights, weights.with_name('config.json')) if config else (weights,)

    def _load(self) -> nn.Module:
        """Build the network with the head its weights have, so that every tensor is checked; then take the head off."""
        timm = _timm()
        name, path, config = self._sources
        weights = read_tensors(path)
        fields: dict[str, Any] = _default_fields(name)
        overlay = {key: value for key, value in config.get('pretrained_cfg', config).items() if key in INPUT_FIELDS}
        fields |= overlay
        head = fields.get('classifier')
        head = head[0] if isinstance(head, list | tuple) else head
        classes = len(weights[f'{head}.weight']) if f'{head}.weight' in weights else 0
        arguments = {key: value for key, value in config.get('model_args', {}).items() if key != 'num_classes'}
        # The file came from a hub: it describes a network, and names no checkpoint to be read with it.
        check_values(arguments, f'{path.parent}: model_args in config.json')
        if wrong := sorted(arguments.keys() & inspect.signature(timm.create_model).parameters):
            raise UsageError(f'{path.parent}: model_args in config.json has {wrong[0]}, which is no size of a network')
        if self.input_size is not None and fields.get('fixed_input_size'):
            arguments['img_size'] = self.input_size
        overlay |= {'state_dict': weights, 'num_classes': classes, 'label_offset': 0}
        network: Any = timm.create_model(
            name, pretrained=True, num_classes=classes, pretrained_cfg_overlay=overlay, **arguments
        )
        network.pretrained_cfg.pop('state_dict', None)
        network.reset_classifier(0)
        return network

    def _encode(self, network: Any, inputs: Any) -> Tensor:
        """Return pooled features, shape ``(B, C)``."""
        fields = network.pretrained_cfg
        size = self.input_size or fields['input_size'][-1]
        return network(self.prepare(inputs, size, fields['mean'], fields['std']))

    def _preprocessing(self) -> dict[str, Any]:
        """Describe the input; the scale follows from the architecture and its weights."""
        return {'architecture': self._sources[0], 'input_size': self.input_size}


def _timm() -> Any:
    """Import timm, which needs an importable torchvision."""
    ensure_torchvision()
    import timm

    return timm


def _default_fields(name: str) -> dict[str, Any]:
    """Return what timm knows about the weights of a name."""
    timm = _timm()
    if not timm.is_model(name):
        raise UsageError(f'timm {timm.__version__} knows no network {name!r}: see timm.list_models()')
    fields = timm.get_pretrained_cfg(name)
    return fields.to_dict() if fields is not None else {}


def _hub_weights(name: str) -> Path:
    """Return the cached weights of a timm name, fetching them when needed."""
    fields = _default_fields(name)
    repository = fields.get('hf_hub_id')
    if not repository:
        raise UsageError(f'timm has no weights of {name!r} on the hub: give weights=FILE, or a name with weights')
    file = fields.get('hf_hub_filename')
    names = (file,) if file else WEIGHTS
    return present(model_folder(repository, (names,)), names)[0]
