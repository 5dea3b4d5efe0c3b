"""Students and losses are traced into one graph, which is what a compiled step and an exported model need."""

from __future__ import annotations

import pytest
import torch

from benchmarks.speed.steps import made_ready
from zoo.backbones import PointTransformer
from zoo.config import load_config
from zoo.hub.names import known_configs


class Tokens(torch.nn.Module):
    """The tokens of a student, whose output is no tensor."""

    def __init__(self, student):
        super().__init__()
        self.student = student

    def forward(self, points):
        return self.student(points, torch.tensor([[True, False, False] * 2] * 2), 2).tokens


@pytest.mark.parametrize(('fusion', 'queries'), [('none', ()), ('joint', ('cls',)), ('cross', ('cls', 'image'))])
def test_a_student_and_its_gradient(fusion, queries):
    sizes = {'num_groups': 6, 'group_size': 4, 'patch_widths': (4, 8, 8)}
    student = PointTransformer(12, depth=1, num_heads=2, queries=queries, fusion=fusion, drop_path=0, **sizes)
    tokens = Tokens(student)
    points = torch.randn(2, 40, 3, generator=torch.Generator().manual_seed(0))
    weights = list(student.patch_embed.parameters())
    found = torch.compile(tokens, backend='aot_eager', fullgraph=True)(points)
    answers = [(x, *torch.autograd.grad(x.square().sum(), weights)) for x in (found, tokens(points))]
    torch.testing.assert_close(*answers, rtol=1e-5, atol=1e-5)
    exported = torch.export.export(tokens.eval(), (points,))
    assert {str(node.target) for node in exported.graph.nodes} >= {
        'recon_zoo.farthest_points.default',
        'recon_zoo.neighborhoods.default',
    }


@pytest.mark.slow
@pytest.mark.parametrize('name', [name for name in known_configs() if name.size == 'nano'], ids=str)
def test_the_loss_of_every_method(name):
    with made_ready(load_config(name.config), 4) as (model, batch, _):
        data = model.data_preprocessor(batch, training=True)
        model.loss(**data)  # tokenizers are read from their files
        torch._dynamo.reset()
        losses = torch.compile(model.loss, backend='eager', fullgraph=True)(**data)
    assert sum(losses.values()).isfinite()
