"""Read checkpoints of the released ReCon, Point-MAE, two-tower, Point-BERT and ACT code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from zoo.errors import UsageError
from zoo.hub.key_maps import drop_prefixes, point_mae_backbone, recon_backbone, rename_pretraining
from zoo.hub.official_tokenizers import load_official_tokenizer
from zoo.hub.tensor_sizes import backbone_sizes, decoder_sizes
from zoo.models import FeatureExtractor, PointClassifier, Pretrainer, ZeroShotClassifier
from zoo.tensors import State, load_exactly, read_tensors, rename

TASKS = {
    'recon': ('pretrain', 'classify', 'linear', 'zero_shot', 'svm'),
    'point_mae': ('pretrain', 'classify', 'linear', 'svm'),
    'two_tower': ('pretrain', 'classify', 'linear'),
    'point_bert': ('tokenizer',),
    'act': ('tokenizer', 'classify', 'linear'),
}
_SURPLUS = ('mask_token', 'decoder_pos_embed.', 'MAE_decoder.', 'increase_dim.', 'cls_proj.', 'cls_head_finetune.')
_PROJECTIONS = ('img_proj.', 'text_proj.')


def load_official(
    path_or_state_dict: str | Path | State,
    method: str,
    task: str,
    *,
    num_groups: int,
    group_size: int,
    num_heads: int | None = None,
    ratio: float = 0.25,
    chamfer_norm: int = 2,
    drop_path: float = 0.0,
    streams: str | None = None,
) -> nn.Module:
    """Build the model that a released checkpoint belongs to and load it, all tensors accounted for.

    Widths, depths and targets are read from the tensors. FPS skips points near the origin, as the reference's does.

    Args:
        path_or_state_dict: a checkpoint file (read without unpickling objects) or its tensors, bare or under
            ``base_model``, with or without ``module.`` in front.
        method: ``recon``, ``point_mae``, ``two_tower``, ``point_bert`` or ``act``.
        task: ``pretrain``, ``classify``, ``linear``, ``zero_shot`` or ``svm``; the last two read pretraining files too.
            ``tokenizer`` is the dVAE of Point-BERT or the autoencoder of ACT.
        num_groups: patches G; not recorded in the tensors.
        group_size: points K of a patch; not recorded in the tensors.
        num_heads: attention heads; one per 64 channels by default, as all released models have.
        ratio: weight of the text projection (``zero_shot``).
        chamfer_norm: 1 or 2 (``pretrain``).
        drop_path: stochastic depth, if the model is to be trained further.
        streams: of a fine-tuned two-tower file, ``both``, ``local`` or ``global``, which the released code calls
            ALL, MDM and CMC. Told from the head, except that the last two cannot be told apart.

    Returns:
        The model in eval mode: ``classify`` and ``linear`` give logits (B, classes) for points (B, N, 3), ``zero_shot``
        and ``svm`` features (B, F); ``pretrain`` has ``loss(points, mask=..., image_feature=..., text_feature=...,
        class_id=...)``; ``tokenizer`` gives ids (B, G), see :func:`load_official_tokenizer`.

    Raises:
        UsageError: unknown method or task, unreadable file, or keys that are missing or left over.

    Source: arXiv 2302.02318, arXiv 2203.06604, arXiv 2111.14819, arXiv 2212.08320.
    """
    if task not in TASKS.get(method, ()):
        known = '; '.join(f'{name}: {", ".join(tasks)}' for name, tasks in TASKS.items())
        raise UsageError(f"no official checkpoints of method '{method}' and task '{task}'; known are {known}")
    state = read_tensors(path_or_state_dict)
    if task == 'tokenizer':
        sizes = {'num_groups': num_groups, 'group_size': group_size}
        return load_official_tokenizer(state, method, **sizes, num_heads=num_heads)
    common: dict[str, Any] = {
        'num_groups': num_groups,
        'group_size': group_size,
        'num_heads': num_heads,
        'skip_near_origin': True,
        'drop_path': drop_path,
    }
    if task == 'pretrain':
        model, renamed = _pretrainer(state, method, common, chamfer_norm)
    elif method == 'two_tower':
        model, renamed = _two_tower_classifier(state, common, streams)
    elif task == 'zero_shot':
        model, renamed = _zero_shot(state, method, common, ratio)
    elif task == 'svm':
        # Parity: Point-MAE fits the SVM on patch tokens alone, without the class token of fine-tuning.
        ignored = ('cls_token', 'cls_pos') if method == 'point_mae' else ()
        backbone, renamed, _ = _student(state, method, common, ignored)
        model = FeatureExtractor(backbone, pool='svm')
    else:
        model, renamed = _classifier(state, method, common)
    load_exactly(model, renamed, f'{method} checkpoint for task {task}')
    return model.eval()


def _backbone(
    state: State, method: str, common: dict[str, Any], prefix: str, fusion: str, **more: Any
) -> dict[str, Any]:
    """Config of the student whose tensors lie under ``prefix``."""
    names = {'cls': 'cls_token', 'image': 'img_token', 'text': 'text_token'}
    queries = () if fusion == 'none' else tuple(name for name, key in names.items() if prefix + key in state)
    sizes = backbone_sizes(state, prefix, common['num_heads'])
    return {'type': 'PointTransformer', **common, **sizes, 'queries': queries, 'fusion': fusion, **more}


def _pretrainer(state: State, method: str, common: dict[str, Any], norm: int) -> tuple[nn.Module, State]:
    """Pretrainer of ReCon, Point-MAE or the two-tower baseline."""
    backbone = local = _backbone(state, method, common, 'MAE_encoder.', 'cross' if method == 'recon' else 'none')
    encoders = {'MAE_encoder.': ('backbone.', recon_backbone if method == 'recon' else point_mae_backbone)}
    if method == 'two_tower':
        contrast = _backbone(state, method, common, 'Dis_encoder.', 'joint')
        backbone = {'type': 'TwoTower', 'local_tower': local, 'global_tower': contrast}
        encoders = {
            'MAE_encoder.': ('backbone.local_tower.', point_mae_backbone),
            'Dis_encoder.': ('backbone.global_tower.', point_mae_backbone),
        }
    model = Pretrainer(backbone, _objectives(state, local, norm), mask={'type': 'random', 'ratio': 0.6})
    return model, rename_pretraining(state, encoders)


def _two_tower_classifier(state: State, common: dict[str, Any], streams: str | None) -> tuple[nn.Module, State]:
    """PointClassifier of a fine-tuned two-tower file; both towers are in it, whichever streams its head reads."""
    head = {
        key.replace('cls_head_finetune.', 'head.'): value for key, value in state.items() if 'cls_head_finetune.' in key
    }
    if not head:
        raise UsageError("two_tower checkpoint holds no classifier: load it for task 'pretrain'")
    layers = [key for key, value in head.items() if key.endswith('.weight') and value.ndim == 2]
    first, last = layers[0], layers[-1]
    dim, width = state['norm.weight'].shape[0], head[first].shape[1]
    if streams is None and width != 4 * dim:
        raise UsageError(
            'two_tower checkpoint does not say which tower its head reads: give streams="local" (MDM) or "global" (CMC)'
        )
    streams = streams or 'both'
    if width != (4 if streams == 'both' else 2) * dim:
        raise UsageError(
            f'two_tower checkpoint has a head of {width} inputs, which are not those of streams="{streams}"'
        )
    towers = {
        'local': (drop_prefixes(state, ('Dis_encoder.', 'cls_head_finetune.')), ''),
        'global': ({key: value for key, value in state.items() if key.startswith('Dis_encoder.')}, 'Dis_encoder.'),
    }
    # Parity: patches 0 and 1 are not pooled; the slice passes over three queries where the local tower has one.
    backbone: dict[str, Any] = {'type': 'TwoTower', 'streams': streams, 'patches_left_out': 2}
    renamed: State = {}
    for name, (own, prefix) in towers.items():
        backbone[f'{name}_tower'] = _backbone(own, 'two_tower', common, prefix, 'joint')
        if streams in ('both', name):
            bare = {key.removeprefix(prefix): value for key, value in own.items()}
            renamed |= rename(bare, point_mae_backbone, f'backbone.{name}_tower.')
    # Theirs reads [cls, max over patches, image, text], [cls, max] or [image, text]; ours [queries, max over patches].
    order = {'both': (0, 2, 3, 1), 'local': (0, 1), 'global': (0, 1)}[streams]
    columns = [head[first][:, dim * place : dim * (place + 1)] for place in order]
    if streams == 'global':
        columns.append(torch.zeros_like(columns[0]))
    head[first] = torch.cat(columns, dim=1)
    kind = 'linear' if first == last else 'mlp3'
    return PointClassifier(backbone, head[last].shape[0], head=kind), {**renamed, **head}


def _objectives(state: State, backbone: dict[str, Any], norm: int) -> dict[str, dict[str, Any]]:
    """Configs of the objectives whose tensors the checkpoint holds."""
    decoder = decoder_sizes(state, backbone['num_heads'], backbone['group_size'])
    decoder['drop_path'] = backbone['drop_path']
    objectives: dict[str, dict[str, Any]] = {
        'reconstruct': {'type': 'ReconstructPoints', 'norm': norm, 'decoder': decoder}
    }
    for query, key in (('image', 'img_proj.weight'), ('text', 'text_proj.weight')):
        if key in state:
            objectives[query] = {'type': 'AlignModality', 'target_dim': state[key].shape[0]}
    if 'cls_proj.0.weight' in state:
        objectives['smc'] = {'type': 'ClassContrast', 'hidden_dim': state['cls_proj.0.weight'].shape[0]}
    return objectives


def _student(
    state: State, method: str, common: dict[str, Any], ignored: tuple[str, ...] = ()
) -> tuple[dict[str, Any], State, State]:
    """Backbone config, renamed backbone tensors and remaining tensors of a downstream or pretraining file."""
    if any(key.startswith('MAE_encoder.') for key in state):
        state = {key.removeprefix('MAE_encoder.'): value for key, value in state.items()}
    rest = {key: value for key, value in state.items() if key.startswith((*_SURPLUS, *_PROJECTIONS))}
    own = drop_prefixes(state, (*rest, *ignored))
    fusion = 'cross' if method == 'recon' else ('joint' if 'cls_token' in own else 'none')
    backbone = _backbone(own, method, common, '', fusion, stop_gradient=False)
    blocks = recon_backbone if method == 'recon' else point_mae_backbone
    return backbone, rename(own, blocks, 'backbone.'), rest


def _classifier(state: State, method: str, common: dict[str, Any]) -> tuple[nn.Module, State]:
    """PointClassifier with the three-layer or, when the file has one layer only, the linear head."""
    if not any(key.startswith('cls_head_finetune.') for key in state):
        raise UsageError(
            f'{method} checkpoint holds no classifier: missing cls_head_finetune.*; '
            "load a fine-tuned file, or use task 'svm' for features"
        )
    backbone, renamed, rest = _student(state, method, common)
    head = {key.replace('cls_head_finetune.', 'head.'): value for key, value in rest.items()}
    weights = [key for key in head if key.endswith('.weight') and head[key].ndim == 2]
    kind = 'linear' if len(weights) == 1 else 'mlp3'
    return PointClassifier(backbone, head[weights[-1]].shape[0], head=kind), {**renamed, **head}


def _zero_shot(state: State, method: str, common: dict[str, Any], ratio: float) -> tuple[nn.Module, State]:
    """ZeroShotClassifier; decoder tensors of a pretraining file are not needed."""
    backbone, renamed, rest = _student(state, method, common)
    missing = [f'{stem}weight' for stem in _PROJECTIONS if f'{stem}weight' not in rest]
    if missing:
        raise UsageError(f'{method} checkpoint cannot classify zero-shot: missing {", ".join(missing)}')
    image, text = rest['img_proj.weight'].shape[0], rest['text_proj.weight'].shape[0]
    if image != text:
        raise UsageError(
            f'{method} checkpoint cannot classify zero-shot: img_proj.weight has {image} outputs and text_proj.weight '
            f'{text}; it needs a pretraining whose image and text teacher share one space'
        )
    names = {'img_proj.': 'image_projection.', 'text_proj.': 'text_projection.'}
    renamed |= rename(drop_prefixes(rest, _SURPLUS), names)
    return ZeroShotClassifier(backbone, image, ratio), renamed
