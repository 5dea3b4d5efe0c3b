from __future__ import annotations

import json

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from tests.refusals import refused
from zoo.compat import ensure_torchvision
from zoo.errors import UsageError
from zoo.teachers import CLIPImageTeacher, CLIPTextTeacher

TEXTS = ['a chair', 'lamp', 'a b c d e f g h', '']


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """A small random CLIP with a vocabulary of letters, saved as transformers saves one."""
    ensure_torchvision()
    import transformers

    path = tmp_path_factory.mktemp('clip')
    letters = 'abcdefghijklmnopqrstuvwxyz'
    words = [*letters, *(f'{letter}</w>' for letter in letters), '<|startoftext|>', '<|endoftext|>']
    (path / 'vocab.json').write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (path / 'merges.txt').write_text('#version: 0.2\n')
    tokenizer = transformers.CLIPTokenizer.from_pretrained(path)
    tokenizer.save_pretrained(path)
    torch.manual_seed(0)
    tower = {'hidden_size': 16, 'intermediate_size': 32, 'num_hidden_layers': 2, 'num_attention_heads': 2}
    special = {'bos_token_id': len(words) - 2, 'eos_token_id': len(words) - 1, 'pad_token_id': len(words) - 1}
    config = transformers.CLIPConfig(
        text_config={**tower, **special, 'vocab_size': len(words), 'max_position_embeddings': 12},
        vision_config={**tower, 'image_size': 32, 'patch_size': 8},
        projection_dim=24,
    )
    transformers.CLIPModel(config).save_pretrained(path)
    return path


@pytest.fixture(scope='module')
def model(folder):
    import transformers

    return transformers.CLIPModel.from_pretrained(folder).eval()


def linked(folder, place):
    """All of the folder but its weights."""
    for path in folder.iterdir():
        if path.name != 'model.safetensors':
            (place / path.name).symlink_to(path)


def test_image_features_are_those_of_the_model(folder, model):
    images = torch.rand(3, 3, 32, 32)
    mean, deviation = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
    pixels = (images - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(deviation).view(3, 1, 1)
    with torch.no_grad():
        expected = model.visual_projection(model.vision_model(pixel_values=pixels).pooler_output)
    found = CLIPImageTeacher(str(folder), embed_dim=24)(images)
    torch.testing.assert_close(found, expected)
    assert CLIPImageTeacher(str(folder), 24)(torch.rand(2, 3, 50, 70)).shape == (2, 24)


def test_text_features_are_those_of_the_model_without_padding(folder, model):
    teacher = CLIPTextTeacher(str(folder), embed_dim=24)
    found = teacher(TEXTS)
    for text, feature in zip(TEXTS, found, strict=True):
        tokens = teacher._tokenizer([text], return_tensors='pt')['input_ids']
        with torch.no_grad():
            state = model.text_model(input_ids=tokens).last_hidden_state[0, -1]  # the end token is the last
            torch.testing.assert_close(feature, model.text_projection(state), rtol=1e-4, atol=1e-5)
    assert teacher(['a' * 50]).shape == (1, 24)
    assert teacher([]).shape == (0, 24)


@pytest.mark.parametrize(('kind', 'inputs'), [(CLIPImageTeacher, torch.rand(2, 3, 32, 32)), (CLIPTextTeacher, TEXTS)])
def test_frozen_and_trained(folder, kind, inputs):
    assert not kind(str(folder), 24).state_dict()
    assert not kind(str(folder), 24)(inputs).requires_grad
    trained = kind(str(folder), 24, frozen=False)
    trained(inputs).square().sum().backward()
    assert all(parameter.grad is not None for parameter in trained.parameters())  # no second tower, no dead weight


def test_fingerprint_knows_the_weights(folder, tmp_path):
    linked(folder, tmp_path)
    weights = load_file(folder / 'model.safetensors')
    save_file(weights, tmp_path / 'model.safetensors', metadata={'format': 'pt'})
    first = {kind: kind(str(tmp_path), 24).fingerprint for kind in (CLIPImageTeacher, CLIPTextTeacher)}
    weights['logit_scale'] += 1
    save_file(weights, tmp_path / 'model.safetensors', metadata={'format': 'pt'})
    for kind, before in first.items():
        assert kind(str(tmp_path), 24).fingerprint != before


def test_weights_of_torch_are_read_as_well(folder, tmp_path):
    linked(folder, tmp_path)
    torch.save(load_file(folder / 'model.safetensors'), tmp_path / 'pytorch_model.bin')
    found, expected = CLIPTextTeacher(str(tmp_path), 24)(TEXTS), CLIPTextTeacher(str(folder), 24)(TEXTS)
    assert F.cosine_similarity(found, expected).min() > 0.9999


def test_missing_tensors_are_an_error_and_not_random_numbers(folder, tmp_path):
    linked(folder, tmp_path)
    weights = load_file(folder / 'model.safetensors')
    del weights['visual_projection.weight']
    save_file(weights, tmp_path / 'model.safetensors', metadata={'format': 'pt'})
    with pytest.raises(UsageError, match=r'lack 1 tensors of CLIPModel, such as visual_projection\.weight'):
        CLIPImageTeacher(str(tmp_path), 24)(torch.rand(1, 3, 32, 32))


def test_a_folder_without_tokenizer_serves_images_only(folder, tmp_path):
    for name in ('config.json', 'model.safetensors'):
        (tmp_path / name).symlink_to(folder / name)
    assert CLIPImageTeacher(str(tmp_path), 24)(torch.rand(1, 3, 32, 32)).shape == (1, 24)
    assert 'has no tokenizer.json or vocab.json' in refused(CLIPTextTeacher(str(tmp_path), 24), TEXTS)
