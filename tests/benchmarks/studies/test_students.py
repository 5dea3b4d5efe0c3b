from __future__ import annotations

import pytest

from benchmarks.studies import students
from benchmarks.studies.pack_transfer import METHODS
from benchmarks.studies.packs import Pack
from benchmarks.studies.students import pretrain_student, supervision, tokenizers_of
from tests.layouts import write_pack


@pytest.mark.parametrize('method', METHODS)
def test_every_method_says_what_supervises_it(method):
    assert supervision(f'{method}-nano')


def test_words_follow_the_config():
    assert supervision('point-mae-nano') == 'masked points'
    assert supervision('smc-nano') == 'another view of the cloud'
    assert 'EfficientNet-Lite0' in supervision('recon-nano')
    assert 'MiniLM' in supervision('cmc-nano')


def test_a_tokenizer_is_trained_once_and_its_weights_are_used(tmp_path, monkeypatch):
    pack = Pack('toy', str(write_pack(tmp_path / 'pack.npz', 400, num_points=16)))
    calls = []

    def remember(config, run, options):
        calls.append((run.name, options))
        return run / 'weights.safetensors'

    monkeypatch.setattr(students, 'pretrain', remember)
    assert tokenizers_of('point-bert-nano') == ['configs/point_bert/dvae_nano.py']
    assert tokenizers_of('recon-nano') == []
    pretrain_student(pack, 'point-bert-nano', 5, 4, tmp_path / 'runs')
    (first, tokenizer), (second, student) = calls
    assert (first, second) == ('point_bert_dvae_nano', 'point-bert-nano_5')
    assert (tokenizer['randomness.seed'], student['randomness.seed']) == (0, 5)
    assert student['model.objectives.tokens.teacher.weights'].endswith('point_bert_dvae_nano/weights.safetensors')
    steps = 4 * (len(pack.split('train')) // 64)
    assert tokenizer['model.kl_weight.steps'] + tokenizer['model.kl_weight.delay'] == pytest.approx(steps, abs=1)
    assert student['train_dataloader.dataset']['texts'] is False
