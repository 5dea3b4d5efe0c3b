"""The loop that this field copies from repository to repository, for a fair comparison: same model, data and losses.

It reads one file a sample and moves it alone, augments sample by sample, chooses farthest points in a loop of torch,
embeds all patches by convolutions, masked ones too, indexes by boolean masks, runs its frozen teachers in every step,
computes in float32 without compiling, and looks at the loss after every step. The released code of ReCon and its
relatives does all of this.

Run ``python -m benchmarks.speed.baseline [--device cuda]``: a step and an evaluation, ours against it, turn by turn.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
import torch.nn.functional as F
from mmengine import Config
from mmengine.optim import OptimWrapper
from PIL import Image
from torch import Tensor, nn

from benchmarks.protocols.features import FeatureCache, evaluation_transforms
from benchmarks.report import Table, as_markdown
from benchmarks.speed.steps import compile_loss, made_ready
from benchmarks.speed.timing import Comparison, compare
from zoo import ops
from zoo.config import ROOT, load_config
from zoo.datasets import ProceduralShapes
from zoo.engine.cli import run_cli
from zoo.engine.optim import AutocastOptimWrapper
from zoo.hub import get_model
from zoo.layers import PatchEmbed
from zoo.ops.backend import use_backend

Network = Callable[[Any], Tensor]
"""A frozen teacher: from images (B, 3, H, W), or B texts, to features (B, D)."""


class TextbookData:
    """Clouds as ``.npy`` and pictures, where there are any, as ``.png``: one file a sample, prepared one by one.

    Args:
        folder: folder that the files are written into.
        data: objects to write.
    """

    def __init__(self, folder: Path, data: ProceduralShapes) -> None:
        self.folder, self.texts = folder, [data.caption(index) for index in range(len(data))]
        self.random = np.random.default_rng(0)
        for index in range(len(data)):
            np.save(folder / f'{index}.npy', data.points(index))
            if data.num_views:
                Image.fromarray(data.image(index, 0)).save(folder / f'{index}.png')

    def batch(self, indices: Sequence[int], num_points: int, device: str) -> dict[str, Any]:
        """Points (B, N, 3) after scaling and shifting, images (B, 3, H, W) in [0, 1] and texts.

        Args:
            indices: numbers of the samples.
            num_points: points that are drawn of every cloud.
            device: device that every sample is moved to.
        """
        points, images = [], []
        for index in indices:
            cloud = np.load(self.folder / f'{index}.npy')
            cloud = cloud[self.random.permutation(len(cloud))[:num_points]]
            cloud = cloud - cloud.mean(0)
            cloud = cloud / np.sqrt((cloud**2).sum(1)).max()
            scale, shift = self.random.uniform(2 / 3, 3 / 2, 3), self.random.uniform(-0.2, 0.2, 3)
            moved = torch.from_numpy(cloud.astype(np.float32)).to(device)
            moved = moved * torch.from_numpy(scale).float().to(device) + torch.from_numpy(shift).float().to(device)
            points.append(moved)
            with Image.open(self.folder / f'{index}.png') as picture:
                pixels = np.array(picture.convert('RGB').resize((224, 224), Image.Resampling.BICUBIC))
            images.append(torch.from_numpy(pixels).permute(2, 0, 1).float().div(255).to(device))
        texts = [self.texts[index] for index in indices]
        return {'points': torch.stack(points), 'image': torch.stack(images), 'text': texts}


def textbook_step(
    model: Any, optimizer: OptimWrapper, batch: Mapping[str, Any], teachers: Mapping[str, Network]
) -> float:
    """One training step on a batch of :meth:`TextbookData.batch`; returns the loss as a number.

    Args:
        model: a :class:`zoo.models.Pretrainer`.
        optimizer: its optimizer, with the clipping of its config.
        batch: points (B, N, 3), and images and texts for the teachers.
        teachers: frozen networks by modality.
    """
    points, features = batch['points'], {}
    for modality, network in teachers.items():
        with torch.no_grad():
            features[f'{modality}_feature'] = network(batch[modality])
    mask = None
    if model.mask is not None:
        mask = textbook_mask(len(points), model.backbone.num_groups, model.mask.ratio).to(points.device)
    with use_backend('torch'), patch.object(PatchEmbed, 'forward', textbook_patches):
        # A mask without the number of masked groups is indexed by its values, which a GPU is asked for.
        losses = type(model).loss(model, points, mask, **features)  # not the compiled one
    loss = sum(losses.values())
    optimizer.update_params(loss)
    return float(loss.item())


def textbook_patches(embed: PatchEmbed, neighborhoods: Tensor, chosen: Tensor | None = None) -> Tensor:
    """The forward of a patch embedding that computes every layer of every point, by 1x1 convolutions of all groups.

    Args:
        embed: embedding whose weights are used.
        neighborhoods: (B, G, K, 3), relative to their centers.
        chosen: indices (B, V) of groups, whose tokens alone are returned.
    """

    def conv(layer: nn.Linear, x: Tensor) -> Tensor:
        return F.conv1d(x, layer.weight.unsqueeze(-1), layer.bias)

    b, g, k, _ = neighborhoods.shape
    x = conv(embed.fc1, neighborhoods.reshape(b * g, k, 3).transpose(1, 2))
    x = conv(embed.fc2, F.relu(embed.norm1(x)))
    x = torch.cat([x.max(dim=2, keepdim=True).values.expand(-1, -1, k), x], dim=1)
    x = conv(embed.fc4, F.relu(embed.norm2(conv(embed.fc3, x))))
    tokens = x.max(dim=2).values.reshape(b, g, -1)
    return tokens if chosen is None else ops.gather_points(tokens, chosen)


def textbook_mask(batch_size: int, num_groups: int, ratio: float) -> Tensor:
    """A random mask (B, G), made on the CPU cloud by cloud."""
    mask = np.zeros((batch_size, num_groups), bool)
    for row in mask:
        row[torch.randperm(num_groups)[: int(ratio * num_groups)].numpy()] = True
    return torch.from_numpy(mask)


def live_teachers(model: Any, device: str) -> dict[str, Network]:
    """The frozen networks of a method in every step: its own, or where their weights are downloaded, random ones.

    The random ones have the shapes of the paper's: ViT-B/16, and the text tower of CLIP ViT-B/32 on 77 tokens.

    Args:
        model: a :class:`zoo.models.Pretrainer`.
        device: ``cpu`` or ``cuda``.
    """
    found: dict[str, Network] = {}
    for modality, teacher in model.teachers().items():
        if type(teacher).__name__ in ('EfficientNetLite0Teacher', 'SentenceTeacher'):
            found[modality] = teacher.to(device)
        elif modality == 'image':
            import timm

            found[modality] = timm.create_model('vit_base_patch16_224', num_classes=0).eval().to(device)
        else:
            from transformers import CLIPTextConfig, CLIPTextModelWithProjection

            tower = CLIPTextModelWithProjection(CLIPTextConfig()).eval().to(device)
            found[modality] = lambda texts, tower=tower: (
                tower(  # type: ignore[misc]
                    torch.ones(len(texts), 77, dtype=torch.long, device=device)
                ).text_embeds
            )
    return found


def compare_steps(config: Config, data: ProceduralShapes, batch_size: int, rounds: int, device: str) -> Comparison:
    """Time a textbook step, reading included, against ours: clouds in memory, features of the teachers computed before.

    On a GPU ours is in bfloat16 and compiled, as a training there.

    Args:
        config: config of a pretraining.
        data: objects with pictures and texts.
        batch_size: clouds a step.
        rounds: steps of each.
        device: ``cpu`` or ``cuda``.
    """
    with TemporaryDirectory() as folder, made_ready(config, batch_size, device) as (model, example, optimizer):
        files, teachers = TextbookData(Path(folder), data), live_teachers(model, device)
        clouds = torch.stack([torch.from_numpy(data.points(index)) for index in range(len(data))]).to(device)
        width = config.train_dataloader.dataset.get('num_points', clouds.shape[1])
        banks = {key: torch.randn(len(data), value.shape[1], device=device) for key, value in example.items()
                 if key.endswith('_feature')}  # fmt: skip

        wrapper = optimizer
        if device == 'cuda':
            wrapper = AutocastOptimWrapper(optimizer=optimizer.optimizer)
            compile_loss(model, batch_size)

        def textbook() -> None:
            chosen = torch.randperm(len(data))[:batch_size].tolist()
            textbook_step(model, optimizer, files.batch(chosen, width, device), teachers)

        def ours() -> None:
            chosen = torch.randperm(len(data))[:batch_size].to(device)
            batch = {'points': clouds[chosen], **{key: bank[chosen] for key, bank in banks.items()}}
            model.train_step(batch, wrapper)

        return compare(textbook, ours, rounds=rounds, warmup=2, device=device)


def comparisons(device: str = 'cpu', rounds: int = 5, quick: bool = False) -> Iterator[tuple[str, int, Comparison]]:
    """What is compared, its number of samples, and the times: steps of ReCon at nano and base, and an evaluation.

    Args:
        device: ``cpu`` or ``cuda``.
        rounds: pairs that count.
        quick: nano alone, on few clouds.
    """
    data = ProceduralShapes('train', 86 if quick else 430, images=True, texts=True)
    for size, batch_size in (('nano', 32),) if quick else (('nano', 64), ('base', 128 if device == 'cuda' else 8)):
        found = compare_steps(load_config(ROOT / f'configs/recon/{size}.py'), data, batch_size, rounds, device)
        yield f'step of ReCon-{size}, batch {batch_size}', batch_size, found
    data = ProceduralShapes('test', 43 if quick else 1000, num_points=2048)
    encoder = get_model(ROOT / 'configs/recon/nano.py', device=device, features_only=True)
    with TemporaryDirectory() as folder:
        files = TextbookData(Path(folder), data)

        @torch.no_grad()
        def textbook() -> None:
            for begin in range(0, len(data), 32):
                clouds = [np.load(files.folder / f'{index}.npy') for index in range(len(data))[begin : begin + 32]]
                points = torch.stack([torch.from_numpy(cloud.astype(np.float32)).to(device) for cloud in clouds])
                with use_backend('torch'), patch.object(PatchEmbed, 'forward', textbook_patches):
                    points = ops.gather_points(points, ops.farthest_point_sample(points, 1024))
                    points = points - points.mean(1, keepdim=True)
                    encoder(points / points.norm(dim=-1).amax(1)[:, None, None]).cpu()

        def ours() -> None:
            FeatureCache().get(encoder, data, evaluation_transforms(1024), device)

        found = compare(textbook, ours, rounds=1 if quick else 3, warmup=1, device=device)
        yield f'features of {len(data)} clouds, 1024 of 2048 points, ReCon-nano', len(data), found


def baseline_table(device: str = 'cpu', rounds: int = 5, quick: bool = False) -> Table:
    """The :func:`comparisons`, as ratios to the textbook's."""
    rows = []
    for what, samples, found in comparisons(device, rounds, quick):
        speeds = [f'{samples / median(times):,.1f}' for times in (found.baseline, found.candidate)]
        low, high = found.spread
        rows.append([what, *speeds, f'{found.ratio:.1f}', f'{low:.1f} to {high:.1f}'])
    notes = [
        'Textbook: one file a sample, augmentation sample by sample, torch loop of farthest points, all patches '
        'embedded by convolutions, boolean masks, teachers in every step, float32, the loss read after every step. '
        'Ours: clouds in memory, features of the teachers computed before. Ratio: median of pairs measured turn by '
        'turn, in one run.',
        'Teachers of nano: EfficientNet-Lite0 and MiniLM; of base: ViT-B/16 and the text tower of CLIP ViT-B/32, with '
        'random weights.',
    ]
    header = ['what', 'textbook, samples/s', 'ours, samples/s', 'times faster', 'quartiles']
    return Table('ReCon against the textbook loop', header, rows, notes)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description='A training step and an evaluation against the loop of this field.')
    parser.add_argument('--device', default='cpu', help='cpu or cuda')
    parser.add_argument('--rounds', type=int, default=5, help='pairs that count')
    parser.add_argument('--threads', type=int, default=0, help='threads of torch; 0 leaves its default')
    parser.add_argument('--quick', action='store_true', help='nano alone, on few clouds')
    options = parser.parse_args(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    print(as_markdown(baseline_table(options.device, options.rounds, options.quick)))


if __name__ == '__main__':
    sys.exit(run_cli(main))
