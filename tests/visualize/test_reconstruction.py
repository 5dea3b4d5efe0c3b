from __future__ import annotations

import pytest
import torch

from tests.backbones.test_contract import PLAIN, SMALL
from tests.refusals import refused
from zoo.registry import MODELS
from zoo.visualize import reconstruct, reconstruction_panels
from zoo.visualize.picture import BLUE, RED


def pretrainer(objective=None):
    torch.manual_seed(0)
    goals = {'reconstruct': objective or {'type': 'ReconstructPoints', 'decoder': {'depth': 1}}}
    mask = {'type': 'random', 'ratio': 0.5}
    backbone = PLAIN if objective is None else SMALL
    return MODELS.build({'type': 'Pretrainer', 'backbone': backbone, 'objectives': goals, 'mask': mask}).eval()


def test_patches_lie_in_the_cloud_and_the_distance_is_the_training_loss():
    model, points = pretrainer(), torch.rand(2, 64, 3) - 0.5
    mask = torch.zeros(2, PLAIN['num_groups'], dtype=torch.bool)
    mask[0, :3], mask[1, 2:5] = True, True
    found = reconstruct(model, points, mask)
    assert found.visible.shape == (2, PLAIN['num_groups'] - 3, PLAIN['group_size'], 3)
    assert found.predicted.shape == found.hidden.shape == (2, 3, PLAIN['group_size'], 3)
    for part in (found.visible, found.hidden):
        for cloud, patches in zip(points, part, strict=True):
            apart = (patches.reshape(-1, 1, 3) - cloud).norm(dim=-1).amin(1)
            assert apart.max() < 1e-5
    loss = model.loss(points, mask=mask)['loss_reconstruct']
    assert found.chamfer.mean().item() == pytest.approx(loss.item(), rel=1e-5)
    # Chamfer by hand, in the place where the patches lie.
    total = 0.0
    for truth, guess in zip(found.hidden[1].numpy(), found.predicted[1].numpy(), strict=True):
        squares = ((truth[:, None] - guess[None]) ** 2).sum(-1)
        total += (squares.min(0).mean() + squares.min(1).mean()) / 3
    assert found.chamfer[1].item() == pytest.approx(total, rel=1e-4)


def test_panels_show_what_was_predicted_in_red_and_the_truth_in_blue():
    panels, chamfer = reconstruction_panels(pretrainer(), torch.rand(3, 64, 3) - 0.5)
    assert panels.titles == ['cloud', 'visible', 'predicted', 'truth']
    assert len(chamfer) == len(panels.rows) == 3
    for row in panels.rows:
        red, blue = ([(panel.colors == color).all(-1).sum() for panel in row] for color in (RED, BLUE))
        assert red[2] == blue[3] > 0
        assert sum(red) == red[2]
        assert sum(blue) == blue[3]


def test_a_student_that_reconstructs_nothing_is_refused():
    model = pretrainer({'type': 'AlignModality', 'query': 'image', 'target_dim': 4})
    assert 'reconstructs no points' in refused(reconstruct, model, torch.rand(1, 64, 3))
