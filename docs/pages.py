"""What mkdocs adds to the pages of this folder: README and others of the root, the reference, the navigation."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]

OUTSIDE = {'index.md': 'README.md', 'CONTRIBUTING.md': 'CONTRIBUTING.md', 'CHANGELOG.md': 'CHANGELOG.md'}
"""Pages of the root by their place in the site."""

GUIDES = ('benchmark', 'training', 'data', 'figures', 'ablations', 'speed', 'footguns', 'decisions')

TUTORIALS = ('embed', 'pretrain', 'measure', 'extend')

PACKAGES = ('backbones', 'datasets', 'engine', 'hub', 'layers', 'models', 'objectives', 'ops', 'teachers', 'transforms',
            'visualize')  # fmt: skip
"""Packages of the zoo whose names are public; benchmarks follow."""

LINK = re.compile(r'(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)')


def on_config(config: Any) -> Any:
    """Make the navigation."""
    models = sorted(path.name for path in (ROOT / 'docs' / 'models').glob('*.md') if path.name != 'README.md')
    results = sorted(path.relative_to(ROOT / 'docs').as_posix() for path in (ROOT / 'docs' / 'results').rglob('*.md'))
    results.remove('results/README.md')
    config.nav = [
        {'Start': 'index.md'},
        {'Tutorials': [f'tutorials/{name}.md' for name in TUTORIALS]},
        {'Guides': [f'{name}.md' for name in GUIDES]},
        {'Models': ['models/README.md', *(f'models/{name}' for name in models)]},
        {'Results': ['results/README.md', *results]},
        {'Reference': list(_reference())},
        {'Project': ['CONTRIBUTING.md', 'CHANGELOG.md']},
    ]
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are not in this folder."""
    for place, name in OUTSIDE.items():
        files.append(File.generated(config, place, content=_moved((ROOT / name).read_text('utf-8'))))
    for place, content in _reference().items():
        files.append(File.generated(config, place, content=content))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Turn links to files that the site does not have into text; pages of the root are where they are now."""
    here = Path(page.file.src_uri).parent

    def linked(found: re.Match[str]) -> str:
        picture, text, target = found.groups()
        if picture or re.match(r'[a-z]+:|#', target):
            return found.group(0)
        path, _, anchor = target.partition('#')
        place = (ROOT / 'docs' / here / path).resolve()
        for known in [*files.documentation_pages(), *files.media_files()]:
            own = ROOT / OUTSIDE[known.src_uri] if known.src_uri in OUTSIDE else ROOT / 'docs' / known.src_uri
            if place in (own, ROOT / 'docs' / known.src_uri):
                way = '/'.join(['..'] * len(here.parts) + [known.src_uri])
                return f'[{text}]({way}{"#" + anchor if anchor else ""})'
        return text if '`' in text else f'`{text}`' if '/' in text else text

    return LINK.sub(linked, markdown)


def _moved(markdown: str) -> str:
    """A page of the root with links as they are from this folder."""

    def moved(found: re.Match[str]) -> str:
        picture, text, target = found.groups()
        inside = target.removeprefix('docs/') if target.startswith('docs/') else f'../{target}'
        return found.group(0) if re.match(r'[a-z]+:|#', target) else f'{picture}[{text}]({inside})'

    return LINK.sub(moved, markdown)


def _reference() -> dict[str, str]:
    """A page for every package, with what its ``__init__`` names."""
    modules = ['zoo', *(f'zoo.{name}' for name in PACKAGES), 'benchmarks', 'benchmarks.protocols', 'benchmarks.records']
    pages = {}
    for module in modules:
        tree = ast.parse((ROOT / module.replace('.', '/') / '__init__.py').read_text('utf-8'))
        about = (ast.get_docstring(tree) or '').replace('``', '`')
        homes = {
            alias.asname or alias.name: f'{node.module}.{alias.name}'
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        names = [
            name
            for node in tree.body
            if isinstance(node, ast.Assign) and any(getattr(target, 'id', '') == '__all__' for target in node.targets)
            for name in ast.literal_eval(node.value)
        ]
        blocks = [
            f'::: {homes[name]}\n    options:\n      show_root_heading: true\n' for name in names if name in homes
        ]
        pages[f'reference/{module}.md'] = '\n'.join([f'# {module}', '', about, '', *blocks])
    return pages
