from __future__ import annotations

import copy

import pytest
import torch

from benchmarks.speed.baseline import TextbookData, baseline_table, textbook_mask, textbook_step
from benchmarks.speed.steps import made_ready
from zoo.config import ROOT, load_config
from zoo.datasets import ProceduralShapes


class Given(torch.nn.Module):
    """A mask that is not drawn."""

    def __init__(self, mask):
        super().__init__()
        self.mask = mask

    def forward(self, groups, backbone):
        return self.mask

    def count(self, num_groups):
        return int(self.mask[0].sum())


def test_both_loops_learn_the_same(tmp_path, monkeypatch):
    """Live teachers and boolean masks give the losses of features computed before and of counted masks."""
    data = ProceduralShapes('train', 43, images=True, texts=True)
    files, losses = TextbookData(tmp_path, data), {'textbook': [], 'ours': []}
    with made_ready(load_config(ROOT / 'configs/recon/nano.py'), 2) as (model, _, optimizer):
        teachers = model.teachers()
        batches = [files.batch(torch.randperm(43)[:8].tolist(), 512, 'cpu') for _ in range(6)]
        masks = [textbook_mask(8, model.backbone.num_groups, model.mask.ratio) for _ in batches]
        begin = copy.deepcopy(model.state_dict()), copy.deepcopy(optimizer.state_dict())
        for number, (batch, mask) in enumerate(zip(batches, masks, strict=True)):
            torch.manual_seed(number)
            monkeypatch.setattr('benchmarks.speed.baseline.textbook_mask', lambda *_, mask=mask: mask)
            losses['textbook'].append(textbook_step(model, optimizer, batch, teachers))
        model.load_state_dict(begin[0])
        optimizer.load_state_dict(begin[1])
        for number, (batch, mask) in enumerate(zip(batches, masks, strict=True)):
            features = {f'{name}_feature': teacher(batch[name]) for name, teacher in teachers.items()}
            torch.manual_seed(number)
            model.mask = Given(mask)
            found = model.loss(batch['points'], **features)
            optimizer.update_params(sum(found.values()))
            losses['ours'].append(float(sum(found.values()).detach()))
    assert losses['ours'] == pytest.approx(losses['textbook'], rel=1e-4)
    assert max(losses['ours']) > 1.01 * min(losses['ours'])


@pytest.mark.slow
def test_the_table_has_a_row_for_each():
    table = baseline_table(rounds=1, quick=True)
    assert [row[0].split()[0] for row in table.rows] == ['step', 'features']
