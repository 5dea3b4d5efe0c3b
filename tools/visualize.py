"""Pictures: what students attend to and how far, what they make of hidden patches, what lies near in their features.

The ending of --out says what is made: a .png for a paper; an .html, a page on which clouds turn; a .json, which
tools/benchmark.py --report --site shows where it lies in OUT/views. Several models stand side by side.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from zoo.engine.cli import ArgumentParser, run_cli
from zoo.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

TURNING = ('png', 'html', 'json')


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest='command', required=True, metavar='COMMAND')
    shared = argparse.ArgumentParser(add_help=False)
    add = shared.add_argument
    add('models', nargs='+', metavar='MODEL', help='configs, model names, or .safetensors files of this project')
    add('--weights', nargs='+', metavar='SOURCE', help='name, path or address for every MODEL, or random; those of the '
        'index or of the file by default, random ones for a config')  # fmt: skip
    add('--data', default='procedural', metavar='NAME|PATH', help='as tools/data.py takes it')
    add('--options', nargs='+', default=[], metavar='K=V', help='arguments of the dataset, as up=z')
    add('--objects', type=int, nargs='+', metavar='I', help='positions in the test split')
    add('--points', type=int, metavar='N', help='points of a cloud, by FPS; those of the model by default')
    add('--device', choices=('cpu', 'cuda'), default='cpu', help='where the model runs (cpu)')

    def command(name: str, about: str, endings: Sequence[str], *parents: argparse.ArgumentParser) -> ArgumentParser:
        made: ArgumentParser = commands.add_parser(name, parents=[*parents], help=about)
        made.set_defaults(endings=endings)
        if endings:
            made.add_argument('--out', required=True, metavar='FILE', help=f'ends in .{", .".join(endings)}')
        if 'png' in endings:
            made.add_argument('--size', type=int, metavar='PIXELS', help='side of a cloud or map of a .png')
        return made

    attention = command('attention', 'attention drawn on clouds, by layer', TURNING, shared)
    attention.add_argument('--query', nargs='+', default=[], metavar='NAME', help='global queries that look')
    attention.add_argument('--patch', type=int, nargs='+', metavar='I', help='patches that look (0 without --query)')
    attention.add_argument('--layers', type=int, nargs='+', metavar='L', help='from 1; all by default')
    command('distance', 'how far they attend, as a table', (), shared)
    rebuilt = command('reconstruction', 'what they put in the place of masked patches', TURNING, shared)
    rebuilt.add_argument('--seed', type=int, default=0, help='of the mask (0)')
    near = command('neighbors', 'what lies nearest in their features, by cosine', TURNING, shared)
    near.add_argument('--number', type=int, default=5, metavar='K', help='neighbors of an object (5)')
    drawn = command('map', 'a map of the test split by t-SNE of their features', TURNING, shared)
    for made in (near, drawn):
        made.add_argument('--among', type=int, default=300, metavar='N', help='objects of the test split (first 300)')
    loss = command('loss', 'the losses of a training run', ('svg',))
    loss.add_argument('run', metavar='RUN', help='work directory of the run')
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw, and say what was drawn."""
    given = _parser().parse_args(arguments)
    if given.endings and Path(given.out).suffix.lower() not in {f'.{ending}' for ending in given.endings}:
        raise UsageError(f'--out {given.out}: this picture is a .{" or .".join(given.endings)} file')
    if getattr(given, 'size', None) is not None and given.size < 16:
        raise UsageError(f'--size {given.size}: a picture needs at least 16 pixels')
    print(_loss(given) if given.command == 'loss' else _looked_at(given))


def _loss(given: argparse.Namespace) -> str:
    from benchmarks.run.curve import svg
    from zoo.io import write_whole
    from zoo.visualize import read_losses

    losses = read_losses(given.run)
    write_whole(given.out, svg(f'Losses of {Path(given.run).name}', losses, ('iteration', 'loss')))
    return f'{given.out}: {", ".join(losses)}'


def _looked_at(given: argparse.Namespace) -> str:
    from zoo.engine.config import resolve_device
    from zoo.hub.inputs import check_known, find_inputs
    from zoo.visualize.objects import RANDOM, load_clouds, load_model, load_objects

    device = resolve_device(given.device)
    sources = given.weights or [None] * len(given.models)
    if len(sources) != len(given.models):
        raise UsageError(f'--weights has {len(sources)} sources for {len(given.models)} models: give one for each')
    among = getattr(given, 'among', 0)
    chosen = given.objects or list(range({'distance': 43}.get(given.command, 4)))
    dataset = load_objects(given.data, chosen, given.options, among)
    models: dict[str, Any] = {}
    clouds: dict[str, Tensor] = {}
    said = []
    for name, source in zip(given.models, sources, strict=True):
        model, weights = load_model(name, source, device)
        label = name if name not in models else f'{name}, {source}'
        known = None if source == RANDOM else source
        number = given.points or check_known(find_inputs(name, known), model, known or name).num_points
        models[label], clouds[label] = model, load_clouds(dataset, number, device)
        said.append(f'{label}, {weights}, {number} points')
    if given.command == 'distance':
        return '\n\n'.join(
            _distances(
                model, dataset, clouds[label].shape[1], device, f'{about}, on {len(dataset)} objects of {given.data}'
            )
            for (label, model), about in zip(models.items(), said, strict=True)
        )
    more = {'size': given.size} if given.size else {}
    return f'{given.out}: {"; ".join([*said, *_draw(given, models, clouds, dataset, chosen, more)])}'


def _draw(
    given: argparse.Namespace,
    models: dict[str, Any],
    clouds: dict[str, Tensor],
    dataset: Any,
    chosen: Sequence[int],
    more: dict[str, int],
) -> list[str]:
    """Write the picture of all models; what else there is to say."""
    import torch

    from zoo import visualize
    from zoo.visualize.feature_space import features_of

    names = [dataset.classes[label] for label in dataset.labels]
    kinds = {'map': 'Map of features by t-SNE', 'neighbors': 'Nearest in features'}
    title = f'{kinds.get(given.command, given.command.capitalize())}: {", ".join(models)}'
    if given.command == 'map':
        maps = {label: visualize.embed_flat(features_of(model, clouds[label])) for label, model in models.items()}
        points = next(iter(clouds.values())).cpu().numpy()
        about = f'The first {len(dataset)} objects of {given.data}; a color and a symbol are a class.'
        visualize.draw_map(maps, points, dataset.labels, dataset.classes, given.out, title, about, **more)
        return []
    words, found = [], {}
    for label, model in models.items():
        points = clouds[label]
        if given.command == 'attention':
            viewers = [*(given.patch or ([] if given.query else [0])), *given.query]
            found[label] = visualize.attention_panels(model.backbone, points, viewers, given.layers)
        elif given.command == 'reconstruction':
            torch.manual_seed(given.seed)
            found[label], chamfer = visualize.reconstruction_panels(model, points)
            figures = ', '.join(f'{value:.4f}' for value in chamfer)
            words.append(f'Chamfer-L2 of the masked patches: {figures}')
        else:
            features = features_of(model, points)
            found[label] = visualize.neighbor_panels(features, points.cpu().numpy(), names, chosen, given.number)
    panels = visualize.side_by_side(found)
    panels.save(given.out, title, f'Objects {", ".join(map(str, chosen))} of {given.data}.', **more)
    return words


def _distances(model: Any, dataset: Any, num_points: int, device: str, about: str) -> str:
    """How far a model attends, as a table."""
    from benchmarks.protocols.attention import AttentionDistance, attention_table
    from benchmarks.protocols.base import Context, Data
    from benchmarks.report import as_markdown

    found = AttentionDistance().run(model, Data(None, dataset), Context(num_points, device=device))
    return as_markdown(attention_table(found, f'Attention distance of {about}'))


if __name__ == '__main__':
    sys.exit(run_cli(main))
