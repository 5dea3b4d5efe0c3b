"""Pictures: what a student attends to, how far, what it makes of hidden patches, how its losses fell."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from zoo.engine.cli import ArgumentParser, run_cli
from zoo.errors import UsageError


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest='command', required=True, metavar='COMMAND')
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument('model', metavar='MODEL', help='config, model name, or a .safetensors file of this project')
    shared.add_argument('--weights', metavar='SOURCE', help='name, path or address; random ones by default')
    shared.add_argument('--data', default='procedural', metavar='NAME|PATH', help='as tools/data.py takes it')
    shared.add_argument('--options', nargs='+', default=[], metavar='K=V', help='arguments of the dataset, as up=z')
    shared.add_argument('--objects', type=int, nargs='+', metavar='I', help='positions in the test split')
    shared.add_argument(
        '--points', type=int, metavar='N', help='points of a cloud, by FPS; those of the model by default'
    )
    shared.add_argument('--device', choices=('cpu', 'cuda'), default='cpu', help='where the model runs (cpu)')
    attention = commands.add_parser('attention', parents=[shared], help='attention drawn on clouds, layer by layer')
    attention.add_argument('--query', metavar='NAME', help='a global query; a patch by default')
    attention.add_argument('--patch', type=int, default=0, metavar='I', help='the patch that looks (0)')
    attention.add_argument('--layers', type=int, nargs='+', metavar='L', help='from 1; all by default')
    distance = commands.add_parser('distance', parents=[shared], help='how far it attends, as a table')
    rebuilt = commands.add_parser(
        'reconstruction', parents=[shared], help='what it puts in the place of masked patches'
    )
    rebuilt.add_argument('--seed', type=int, default=0, help='of the mask (0)')
    loss = commands.add_parser('loss', help='the losses of a training run, as an SVG')
    loss.add_argument('run', metavar='RUN', help='work directory of the run')
    for command, ending in ((attention, 'png'), (rebuilt, 'png'), (loss, 'svg')):
        command.add_argument('--out', required=True, metavar='FILE', help=f'the picture, a .{ending}')
        command.set_defaults(ending=ending)
    distance.set_defaults(ending='')
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw, and say what was drawn."""
    given = _parser().parse_args(arguments)
    if given.ending and Path(given.out).suffix.lower() != f'.{given.ending}':
        raise UsageError(f'--out {given.out}: this picture is a .{given.ending} file')
    print(_loss(given) if given.command == 'loss' else _looked_at(given))


def _loss(given: argparse.Namespace) -> str:
    from benchmarks.run.curve import draw_values
    from zoo.visualize import read_losses

    losses = read_losses(given.run)
    draw_values(losses, Path(given.out), f'Losses of {Path(given.run).name}', ('iteration', 'loss'))
    return f'{given.out}: {", ".join(losses)}'


def _looked_at(given: argparse.Namespace) -> str:
    import torch

    from zoo.engine.config import resolve_device
    from zoo.hub.inputs import check_known, find_inputs
    from zoo.visualize import draw_attention, draw_reconstruction
    from zoo.visualize.objects import load_clouds, load_model, load_objects

    device = resolve_device(given.device)
    model, weights = load_model(given.model, given.weights, device)
    objects = given.objects or list(range(43 if given.command == 'distance' else 4))
    dataset = load_objects(given.data, objects, given.options)
    num_points = given.points
    if num_points is None:
        num_points = check_known(
            find_inputs(given.model, given.weights), model, given.weights or given.model
        ).num_points
    points = load_clouds(dataset, num_points, device)
    weights = f'{weights}, {num_points} points'
    if given.command == 'attention':
        draw_attention(model.backbone, points, given.out, given.query, given.patch, given.layers)
        return f'{given.out}: {given.model}, {weights}'
    if given.command == 'reconstruction':
        torch.manual_seed(given.seed)
        _, chamfer = draw_reconstruction(model, points, given.out)
        figures = ', '.join(f'{value:.4f}' for value in chamfer)
        return f'{given.out}: {given.model}, {weights}; Chamfer-L2 of the masked patches: {figures}'
    from benchmarks.protocols.attention import AttentionDistance, attention_table
    from benchmarks.protocols.base import Context, Data
    from benchmarks.report import as_markdown

    title = f'Attention distance of {given.model}, {weights}, on {len(objects)} objects of {given.data}'
    found = AttentionDistance().run(model, Data(None, dataset), Context(num_points, device=device))
    return as_markdown(attention_table(found, title))


if __name__ == '__main__':
    sys.exit(run_cli(main))
