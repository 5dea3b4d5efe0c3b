"""Tokenizers small enough for tests, and files as the released code would write them."""

from __future__ import annotations

import torch

from zoo.teachers.tokenizers import CrossModalVAE, DiscreteVAE

SIZES = dict(
    num_tokens=16,
    encoder_dim=12,
    code_dim=10,
    decoder_dim=8,
    group_size=8,
    patch_widths=(6, 8, 10),
    graph_widths=(4, 8, 8, 12, 16),
    decoder_widths=(14, 9),
)
RANDOM = dict(type='RandomTransformer', embed_dim=24, depth=3, num_heads=3)


def dvae(**changes):
    torch.manual_seed(0)
    return DiscreteVAE(**{**SIZES, **changes}).eval()


def cross_modal(**changes):
    torch.manual_seed(0)
    return CrossModalVAE(**{'foundation': RANDOM, 'num_prompts': 5, **SIZES, **changes}).eval()


def groups(batch=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, 7, 8, 3, generator=generator) * 0.1, torch.randn(batch, 7, 3, generator=generator)


def random_tensors(shapes, layers, batch_norms, norms):
    """Random numbers by name: of tensors, layers with bias, batch norms and other norms."""
    for name, shape in layers.items():
        shapes |= {f'{name}.weight': shape, f'{name}.bias': shape[:1]}
    for name, channels in (batch_norms | norms).items():
        shapes |= {f'{name}.weight': (channels,), f'{name}.bias': (channels,)}
    for name, channels in batch_norms.items():
        shapes |= {f'{name}.running_mean': (channels,), f'{name}.running_var': (channels,)}
    generator = torch.Generator().manual_seed(0)
    return {key: torch.rand(shape, generator=generator) - (0 if 'var' in key else 0.4) for key, shape in shapes.items()}


def official_state(act=False, width=24, depth=3, prompts=5):
    """Random tensors under the names and in the shapes of the released code, with the sizes above."""
    s = SIZES
    first, second, third = s['patch_widths']
    entry, *graph = s['graph_widths']
    hidden, folding = s['decoder_widths']
    layers = {
        'encoder.first_conv.0': (first, 3, 1),
        'encoder.first_conv.3': (second, first, 1),
        'encoder.second_conv.0': (third, 2 * second, 1),
        'encoder.second_conv.3': (s['encoder_dim'], third, 1),
        'decoder.mlp.0': (hidden, s['decoder_dim']),
        'decoder.mlp.2': (hidden, hidden),
        'decoder.mlp.4': (3 * s['group_size'] // 4, hidden),
        'decoder.final_conv.0': (folding, s['decoder_dim'] + 5, 1),
        'decoder.final_conv.3': (folding, folding, 1),
        'decoder.final_conv.6': (3, folding, 1),
    }
    norms = {
        'encoder.first_conv.1': first,
        'encoder.second_conv.1': third,
        'decoder.final_conv.1': folding,
        'decoder.final_conv.4': folding,
    }
    plain, shapes = {}, {'codebook': (s['num_tokens'], s['code_dim'])}
    for name, inside, outside in (
        ('dgcnn_1', s['encoder_dim'], s['num_tokens']),
        ('dgcnn_2', s['code_dim'], s['decoder_dim']),
    ):
        layers[f'{name}.input_trans'] = (entry, inside, 1)
        previous = entry
        for i, channels in enumerate(graph, 1):
            shapes[f'{name}.layer{i}.0.weight'] = (channels, 2 * previous, 1, 1)
            plain[f'{name}.layer{i}.1'] = channels
            previous = channels
        shapes[f'{name}.layer5.0.weight'] = (outside, sum(graph), 1)
        plain[f'{name}.layer5.1'] = outside
    if act:
        layers |= {
            'proj_pre': (width, s['code_dim']),
            'proj_post': (s['code_dim'], width),
            'visual_pos_embed.0': (128, 3),
            'visual_pos_embed.2': (width, 128),
        }
        plain['visual_embed.1'] = width
        for i in range(depth):
            stem = f'visual_embed.0.{i}.'
            plain |= {f'{stem}norm1': width, f'{stem}norm2': width}
            layers |= {
                f'{stem}attn.qkv': (3 * width, width),
                f'{stem}attn.proj': (width, width),
                f'{stem}mlp.fc1': (4 * width, width),
                f'{stem}mlp.fc2': (width, 4 * width),
            }
        for kind in ('token', 'pos'):
            shapes[f'visual_prompt_{kind}'] = (1, prompts, width)
            shapes[f'deep_prompt_{kind}{"s" if kind == "token" else ""}'] = (depth - 1, prompts, width)
    return random_tensors(shapes, layers, norms, plain)
