"""What the released tensors compute, written down from the papers: convolutions and norms one after the other."""

from __future__ import annotations

import torch
import torch.nn.functional as F


def batch_norm(state, name, x):
    mean, var = state[f'{name}.running_mean'], state[f'{name}.running_var']
    return F.batch_norm(x, mean, var, state[f'{name}.weight'], state[f'{name}.bias'])


def conv(state, name, x):
    return F.conv1d(x, state[f'{name}.weight'], state.get(f'{name}.bias'))


def linear(state, name, x):
    return F.linear(x, state[f'{name}.weight'], state.get(f'{name}.bias'))


def encode(state, neighborhoods):
    b, g, k, _ = neighborhoods.shape
    x = neighborhoods.flatten(0, 1).transpose(1, 2)
    x = conv(
        state,
        'encoder.first_conv.3',
        batch_norm(state, 'encoder.first_conv.1', conv(state, 'encoder.first_conv.0', x)).relu(),
    )
    x = torch.cat([x.amax(-1, keepdim=True).expand(-1, -1, k), x], dim=1)
    x = batch_norm(state, 'encoder.second_conv.1', conv(state, 'encoder.second_conv.0', x)).relu()
    return conv(state, 'encoder.second_conv.3', x).amax(-1).unflatten(0, (b, g))


def graph(state, name, tokens, centers, neighbors=4):
    def normed(layer, x):
        return F.leaky_relu(F.group_norm(x, 4, state[f'{layer}.weight'], state[f'{layer}.bias']), 0.2)

    nearest = (centers[:, :, None] - centers[:, None]).square().sum(-1).argsort(-1)[..., :neighbors]
    rows = torch.arange(len(centers))[:, None, None]
    x = conv(state, f'{name}.input_trans', tokens.transpose(1, 2))
    collected = []
    for i in range(1, 5):
        own = x.transpose(1, 2)
        other = own[rows, nearest]
        edges = torch.cat([other - own[:, :, None], own[:, :, None].expand_as(other)], dim=-1).permute(0, 3, 1, 2)
        edges = F.conv2d(edges, state[f'{name}.layer{i}.0.weight'])
        x = normed(f'{name}.layer{i}.1', edges).amax(-1)
        collected.append(x)
    x = F.conv1d(torch.cat(collected, dim=1), state[f'{name}.layer5.0.weight'])
    return normed(f'{name}.layer5.1', x).transpose(1, 2)


def decode(state, tokens):
    b, g, _ = tokens.shape
    tokens = tokens.flatten(0, 1)
    x = linear(state, 'decoder.mlp.0', tokens).relu()
    x = linear(state, 'decoder.mlp.2', x).relu()
    coarse = linear(state, 'decoder.mlp.4', x).reshape(b * g, -1, 3)
    m = coarse.shape[1]
    grid = torch.tensor([[-0.05, 0.05, -0.05, 0.05], [-0.05, -0.05, 0.05, 0.05]]).repeat(1, m).expand(b * g, -1, -1)
    points = coarse.repeat_interleave(4, dim=1).transpose(1, 2)
    x = torch.cat([tokens[:, :, None].expand(-1, -1, 4 * m), grid, points], dim=1)
    x = batch_norm(state, 'decoder.final_conv.1', conv(state, 'decoder.final_conv.0', x)).relu()
    x = batch_norm(state, 'decoder.final_conv.4', conv(state, 'decoder.final_conv.3', x)).relu()
    fine = (conv(state, 'decoder.final_conv.6', x) + points).transpose(1, 2)
    return coarse.unflatten(0, (b, g)), fine.unflatten(0, (b, g))


def mix(state, codes, centers, num_heads, depth):
    """ACT: frozen blocks over prompts and codes; other prompts before every block."""
    x = linear(state, 'proj_pre', codes)
    own = linear(state, 'visual_pos_embed.2', F.gelu(linear(state, 'visual_pos_embed.0', centers)))
    for i in range(depth):
        prompts = state['visual_prompt_token'] if i == 0 else state['deep_prompt_tokens'][i - 1][None]
        places = state['visual_prompt_pos'] if i == 0 else state['deep_prompt_pos'][i - 1][None]
        x = torch.cat([prompts.expand(len(x), -1, -1), x], dim=1)
        x = x + torch.cat([places.expand(len(x), -1, -1), own], dim=1)
        x = vision_block(state, f'visual_embed.0.{i}', x, num_heads)[:, prompts.shape[1] :]
    x = F.layer_norm(x, x.shape[-1:], state['visual_embed.1.weight'], state['visual_embed.1.bias'], eps=1e-6)
    return linear(state, 'proj_post', x)


def vision_block(state, name, x, num_heads):
    def norm(which, x):
        return F.layer_norm(x, x.shape[-1:], state[f'{name}.{which}.weight'], state[f'{name}.{which}.bias'], eps=1e-6)

    width = x.shape[-1] // num_heads
    q, k, v = linear(state, f'{name}.attn.qkv', norm('norm1', x)).chunk(3, dim=-1)
    heads = []
    for i in range(num_heads):
        part = slice(i * width, (i + 1) * width)
        weights = (q[..., part] @ k[..., part].transpose(1, 2) / width**0.5).softmax(-1)
        heads.append(weights @ v[..., part])
    x = x + linear(state, f'{name}.attn.proj', torch.cat(heads, dim=-1))
    return x + linear(state, f'{name}.mlp.fc2', F.gelu(linear(state, f'{name}.mlp.fc1', norm('norm2', x))))
