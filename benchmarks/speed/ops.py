"""Speed of the point operations against textbook torch, as ratios measured in one run.

Run ``python -m benchmarks.speed.ops [--device cuda] [--rounds 30] [--threads 2]``; it prints one Markdown table with a
row for every backend of the device. The textbook is what the released ReCon code and its relatives do: a loop of
farthest points over (B, N, 3), ``cdist`` and ``topk``, and Chamfer on the broadcast table of differences. Sizes are
those of one pretraining step: 32 or 128 clouds of 1024 points, 64 groups of 32, 38 of them masked.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial

import torch
from tabulate import tabulate
from torch import Tensor

from benchmarks.speed.timing import compare, machine
from zoo import ops
from zoo.engine.cli import run_cli
from zoo.ops import backend

COLUMNS = ('operation', 'backend', 'textbook (ms)', 'zoo (ms)', 'times faster', 'quartiles')


def textbook_fps(points: Tensor, num_samples: int) -> Tensor:
    """Farthest points (B, S) of clouds (B, N, 3) by the usual loop."""
    batch = torch.arange(len(points), device=points.device)
    nearest = torch.full(points.shape[:2], 1e10, device=points.device)
    current = torch.zeros_like(batch)
    chosen = []
    for _ in range(num_samples):
        chosen.append(current)
        center = points[batch, current].unsqueeze(1)
        nearest = torch.minimum(nearest, ((points - center) ** 2).sum(dim=-1))
        current = nearest.max(dim=-1).indices
    return torch.stack(chosen, dim=1)


def textbook_knn(query: Tensor, reference: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Distances and indices (B, M, k) by ``cdist`` and ``topk``."""
    distance, index = torch.cdist(query, reference).topk(k, dim=-1, largest=False)
    return distance, index


def textbook_group(points: Tensor, num_groups: int, group_size: int) -> tuple[Tensor, Tensor]:
    """Neighborhoods (B, G, K, 3) and centers (B, G, 3) of the two above and indexing."""
    batch = torch.arange(len(points), device=points.device).unsqueeze(1)
    centers = points[batch, textbook_fps(points, num_groups)]
    members = textbook_knn(centers, points, group_size)[1]
    return points[batch.unsqueeze(1), members] - centers.unsqueeze(2), centers


def textbook_chamfer(a: Tensor, b: Tensor) -> Tensor:
    """Chamfer-L2 on the table of differences (B, N, M, 3), gradient included."""
    table = ((a.unsqueeze(2) - b.unsqueeze(1)) ** 2).sum(dim=-1)
    return table.min(dim=2).values.mean() + table.min(dim=1).values.mean()


def with_backward(distance: Callable[[Tensor, Tensor], Tensor], a: Tensor, b: Tensor) -> Tensor:
    """Gradient (B, N, 3) of a distance with respect to its first argument, the prediction."""
    return torch.autograd.grad(distance(a, b), a)[0]


def measure(device: str = 'cpu', rounds: int = 30, scale: float = 1.0) -> list[list[str]]:
    """Measure every operation on every backend of the device.

    Args:
        device: ``cpu`` or a CUDA device.
        rounds: number of pairs of a case.
        scale: part of the full batch.

    Returns:
        Rows for :data:`COLUMNS`.
    """
    generator = torch.Generator().manual_seed(0)
    clouds, many, patches = (max(1, int(size * scale)) for size in (32, 128, 1216))
    everything = torch.randn(many, 1024, 3, generator=generator).to(device)
    points = everything[:clouds]
    centers = points[:, :64].contiguous()
    a = torch.randn(patches, 32, 3, generator=generator).to(device).requires_grad_()
    b = torch.randn(patches, 32, 3, generator=generator).to(device)
    cases: list[tuple[str, Callable[..., object], Callable[..., object], tuple[object, ...]]] = [
        (f'FPS {clouds}×1024→64', textbook_fps, ops.farthest_point_sample, (points, 64)),
        (f'FPS {many}×1024→64', textbook_fps, ops.farthest_point_sample, (everything, 64)),
        (f'kNN {clouds}×64×1024, k=32', textbook_knn, ops.knn, (centers, points, 32)),
        (f'groups {clouds}×1024→64×32', textbook_group, ops.group, (points, 64, 32)),
        (
            f'Chamfer {patches}×32×32, forward and backward',
            partial(with_backward, textbook_chamfer),
            partial(with_backward, ops.chamfer_distance),
            (a, b),
        ),
    ]
    rows = []
    for case, textbook, ours, given in cases:
        for name in backend.available_backends(torch.device(device).type):
            with backend.use_backend(name):
                found = compare(partial(textbook, *given), partial(ours, *given), rounds=rounds, device=device)
            rows.append([case, name, *found.cells(2, 2)])
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description='Point operations against textbook torch, as ratios.')
    parser.add_argument('--device', default='cpu', help='cpu or cuda')
    parser.add_argument('--rounds', type=int, default=30, help='pairs per operation')
    parser.add_argument('--threads', type=int, default=0, help='threads of torch; 0 leaves its default')
    parser.add_argument('--scale', type=float, default=1.0, help='part of the full batch')
    options = parser.parse_args(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    rows = measure(options.device, options.rounds, options.scale)
    print(f'{machine(torch.get_num_threads(), options.device)}, {options.rounds} rounds\n')
    print(tabulate(rows, COLUMNS, tablefmt='github', floatfmt='.2f'))


if __name__ == '__main__':
    sys.exit(run_cli(main))
