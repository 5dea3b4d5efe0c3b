from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

import zoo.backbones  # noqa: F401
from tests.backbones.test_contract import PLAIN, SMALL
from zoo import ops
from zoo.objectives import AlignModality, ClassContrast, ReconstructPoints, ViewContrast
from zoo.objectives.losses import view_contrast
from zoo.registry import BACKBONES

STUDENT = BACKBONES.build(SMALL)


def encode(config, masked=True):
    torch.manual_seed(0)
    student = BACKBONES.build(config).eval()
    mask = torch.zeros(2, 8, dtype=torch.bool)
    mask[:, [1, 4, 6]] = True
    return student(torch.randn(2, 40, 3), mask if masked else None)


def decoded(goal, output):
    """What the decoder of an objective makes of the masked groups, from the definition."""
    rows = torch.arange(len(output.tokens))[:, None]
    return goal.decoder(output.tokens, output.centers[rows, output.visible], output.centers[rows, output.masked])


@pytest.mark.parametrize('norm', [1, 2])
def test_reconstruction_compares_masked_groups_only(norm):
    output = encode(SMALL)
    goal = ReconstructPoints('reconstruct', STUDENT, decoder=dict(depth=1), norm=norm).eval()
    predicted = goal.head(decoded(goal, output)).reshape(-1, 6, 3)
    target = output.neighborhoods[output.mask].reshape(-1, 6, 3)
    torch.testing.assert_close(goal(output, {}), ops.chamfer_distance(predicted, target, norm=norm))


def test_reconstruction_without_decoder_reads_the_replaced_tokens():
    output = encode({**PLAIN, 'masked_tokens': 'replace'})
    goal = ReconstructPoints('reconstruct', STUDENT, decoder=None)
    predicted = goal.head(output.tokens[output.mask]).reshape(-1, 6, 3)
    target = output.neighborhoods[output.mask].reshape(-1, 6, 3)
    torch.testing.assert_close(goal(output, {}), ops.chamfer_distance(predicted, target, norm=2))


def test_reconstruction_needs_a_mask():
    with pytest.raises(ValueError, match='needs masked groups'):
        ReconstructPoints('reconstruct', STUDENT, decoder=dict(depth=1))(encode(SMALL, masked=False), {})


def test_alignment_reads_the_feature_of_the_batch():
    output = encode(SMALL)
    goal = AlignModality('image', STUDENT, target_dim=10)
    feature = torch.randn(2, 10)
    expected = F.smooth_l1_loss(goal.projection(output.queries['image']), feature)
    torch.testing.assert_close(goal(output, {'image_feature': feature}), expected)


def test_layer_norm_of_targets_removes_their_scale():
    output = encode(SMALL)
    goal = AlignModality('text', STUDENT, target_dim=10, target_norm='layer')
    feature = torch.randn(2, 10)
    torch.testing.assert_close(
        goal(output, {'text_feature': feature}), goal(output, {'text_feature': feature * 0.01}), rtol=1e-2, atol=1e-3
    )


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        (dict(loss='l3', target_dim=4), "unknown loss 'l3'"),
        (dict(target_norm='batch', target_dim=4), "unknown target_norm 'batch'"),
        (dict(), 'needs a teacher or a target_dim'),
    ],
)
def test_alignment_settings_that_do_not_fit(settings, message):
    with pytest.raises(ValueError, match=message):
        AlignModality('image', STUDENT, **settings)


def test_alignment_without_any_target():
    with pytest.raises(ValueError, match="found neither 'image_feature'"):
        AlignModality('image', STUDENT, target_dim=4)(encode(SMALL), {})


def test_contrast_reads_classes():
    output = encode(SMALL)
    goal = ClassContrast('smc', STUDENT).eval()
    assert goal(output, {'class_id': torch.tensor([0, 1])}).isfinite()
    torch.testing.assert_close(
        goal(output, {'label': torch.tensor([0, 1])}), goal(output, {'class_id': torch.tensor([5, 3])})
    )
    with pytest.raises(ValueError, match="needs 'class_id' or 'label'"):
        goal(output, {})


def test_class_contrast_does_not_ask_for_a_second_view():
    assert not ClassContrast('smc', STUDENT).needs_second_view
    assert ViewContrast('smc', STUDENT).needs_second_view


def test_view_contrast_reads_the_second_view_and_no_labels():
    output, other = encode(SMALL), encode(SMALL)
    goal = ViewContrast('smc', STUDENT, temperature=0.3).eval()
    with pytest.raises(ValueError, match='needs a second view'):
        goal(output, {'label': torch.tensor([0, 1])})
    output.second = other
    expected = view_contrast(goal.embed(output), goal.embed(other), 0.3)
    torch.testing.assert_close(goal(output, {}), expected)
    torch.testing.assert_close(goal(output, {'label': torch.tensor([0, 0])}), expected)


@pytest.mark.parametrize('kind', [ClassContrast, ViewContrast])
def test_a_temperature_must_be_positive(kind):
    with pytest.raises(ValueError, match="temperature of objective 'smc' must be positive"):
        kind('smc', STUDENT, temperature=0.0)


def test_a_learned_temperature_comes_back_from_its_floor():
    output = encode(SMALL)
    goal = AlignModality('image', STUDENT, target_dim=10, loss='info_nce', learn_temperature=True)
    with torch.no_grad():
        goal.log_temperature.fill_(-20.0)
    goal(output, {'image_feature': torch.randn(2, 10)}).backward()
    assert float(goal.current_temperature().detach()) == pytest.approx(0.01)
    assert goal.log_temperature.grad.abs() > 0
