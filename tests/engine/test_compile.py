from __future__ import annotations

import pytest
import torch

from tests.engine.conftest import largest_difference
from tests.refusals import refused
from zoo.config import load_config
from zoo.engine import build_runner, configure

TINY = {
    'train_dataloader.dataset.num_objects': 43,
    'train_dataloader.dataset.images': False,
    'train_dataloader.dataset.texts': False,
    'train_dataloader.batch_size': 10,
    'train_dataloader.drop_last': False,
    'data_preprocessor.train.0.num_points': 128,
    'model.backbone.depth': 2,
    'model.backbone.drop_path': 0.2,
    'train_cfg.max_epochs': 1,
    'param_scheduler.warmup': 0,
}
"""Five batches, the last of three clouds."""


@pytest.fixture
def trained(tmp_path):
    def run(name, **options):
        config = load_config('configs/point_mae/nano.py', {**TINY, **options})
        runner = build_runner(configure(config, work_dir=tmp_path / name, device='cpu'))
        runner.train()
        log = next((tmp_path / name).rglob('*.log')).read_text()
        return runner, next(line for line in log.splitlines() if 'Speed: ' in line)

    yield run
    torch._dynamo.reset()


def test_a_compiled_step_trains_to_the_same_weights_and_is_compiled_once(trained):
    shapes = []

    def backend(graph, inputs):
        shapes.append(
            [tuple(value.shape) for value in inputs if torch.is_tensor(value) and value.shape[1:] == (128, 3)]
        )
        return graph.forward

    plain, said = trained('plain')
    assert 'not compiled' in said
    compiled, said = trained('compiled', compile={'backend': backend})
    assert 'compiled (backend ' in said
    assert len(shapes) == 1  # one graph, though the last batch is smaller
    assert set(shapes[0]) == {(10, 128, 3)}
    assert largest_difference(plain.model.state_dict(), compiled.model.state_dict()) < 1e-6
    assert 'loss' not in vars(compiled.model)


def test_without_a_compiler_the_training_goes_on(trained, capsys):
    def backend(graph, inputs):
        raise RuntimeError('no compiler here')

    plain, _ = trained('plain')
    run, _ = trained('run', compile={'backend': backend})
    lines = [line for line in capsys.readouterr().err.splitlines() if 'not compiled' in line]
    assert len(lines) == 1
    assert 'no compiler here' in lines[0]
    assert largest_difference(plain.model.state_dict(), run.model.state_dict()) == 0


def test_blocks_that_are_computed_twice_give_the_same_weights(trained, monkeypatch):
    plain, said = trained('plain')
    assert 'activations kept' in said
    twice, said = trained('twice', checkpointing=True)
    assert '4 blocks computed twice' in said  # two of the encoder, two of the decoder
    assert largest_difference(plain.model.state_dict(), twice.model.state_dict()) == 0
    assert not any('forward' in vars(module) for module in twice.model.modules())


def test_blocks_are_called_again_in_the_backward_pass():
    from zoo.engine.compile import recompute_blocks
    from zoo.layers import Block

    calls = []
    model = torch.nn.ModuleList([Block(8, 2)])
    model[0].norm1.register_forward_hook(lambda *call: calls.append(1))
    (block,) = recompute_blocks(model)
    out, _ = block(torch.randn(2, 3, 8, requires_grad=True))
    assert len(calls) == 1
    out.sum().backward()
    assert len(calls) == 2


def test_a_model_without_blocks_says_so(train):
    assert 'no blocks without batch norm' in refused(train, 'run', {'checkpointing': True})
    assert 'takes resident as True or False or None' in refused(train, 'other', {'resident': 'gpu'})
