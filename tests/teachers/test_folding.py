from __future__ import annotations

import torch
from torch import nn

from zoo.teachers.folding import fold_batch_norms


def network():
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Sequential(nn.Conv2d(8, 8, 3, groups=8), nn.BatchNorm2d(8), nn.ReLU6()),
        nn.Conv2d(8, 4, 1),
        nn.Tanh(),
        nn.BatchNorm2d(4),
    )
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight.data, module.bias.data, module.running_mean):
                tensor.normal_()
            module.running_var.uniform_(0.5, 2)
    return model.eval()


def test_folding_changes_the_modules_and_not_the_function():
    images = torch.randn(2, 3, 12, 12)
    expected = network()(images)
    folded = fold_batch_norms(network())
    torch.testing.assert_close(folded(images), expected, rtol=1e-4, atol=1e-5)
    # the last one follows an activation and has to stay
    assert sum(isinstance(module, nn.BatchNorm2d) for module in folded.modules()) == 1
