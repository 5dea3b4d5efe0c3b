from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from tests.refusals import refused
from zoo.teachers import SentenceTeacher

TEXTS = ['a chair', 'a stool with four long wooden legs, seen from one side', 'an airplane', 'chair']


@pytest.fixture(scope='module')
def teacher():
    return SentenceTeacher()


def test_features_are_means_of_token_states(teacher):
    """One text at a time needs no padding, so that a mistake with the mask cannot hide."""
    found = teacher(TEXTS)
    assert found.shape == (4, 384)
    for text, feature in zip(TEXTS, found, strict=True):
        tokens = teacher._tokenizer([text], return_tensors='pt')
        with torch.no_grad():
            states = teacher._network()(**tokens).last_hidden_state
        torch.testing.assert_close(feature, F.normalize(states[0].mean(0), dim=0), rtol=1e-4, atol=1e-5)


def test_frozen_and_trained(teacher):
    assert not teacher.state_dict()
    assert not teacher(['a']).requires_grad
    trained = SentenceTeacher(frozen=False).eval()
    torch.testing.assert_close(trained(TEXTS), teacher(TEXTS))
    trained(TEXTS)[:, 0].sum().backward()
    assert all(parameter.grad is not None for parameter in trained.parameters())


def test_long_texts_are_cut_and_no_texts_are_no_features(teacher):
    assert teacher(['word ' * 1000]).shape == (1, 384)
    assert teacher([]).shape == (0, 384)


def test_fingerprint_knows_the_files(teacher, tmp_path):
    for path in teacher._folder.iterdir():
        if path.is_file() and path.name != 'vocab.txt':
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / 'vocab.txt').write_text((teacher._folder / 'vocab.txt').read_text('utf-8'), 'utf-8')
    assert SentenceTeacher(str(tmp_path)).fingerprint == teacher.fingerprint
    (tmp_path / 'vocab.txt').write_text('[UNK]\n', 'utf-8')
    assert SentenceTeacher(str(tmp_path)).fingerprint != teacher.fingerprint
    assert SentenceTeacher(max_length=8).fingerprint != teacher.fingerprint


def test_a_folder_without_weights_is_named(tmp_path):
    (tmp_path / 'config.json').write_text('{}')
    assert 'has no model.safetensors or pytorch_model.bin' in refused(SentenceTeacher(str(tmp_path)), ['a'])
