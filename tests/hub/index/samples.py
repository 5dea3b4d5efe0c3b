"""A small index that is right, to be spoilt."""

from __future__ import annotations

from pathlib import Path

import yaml

DIGEST = '0123456789abcdef' * 4

MODELS = [
    {
        'Name': 'recon-nano_procedural',
        'In Collection': 'ReCon',
        'Config': 'configs/recon/nano.py',
        'Metadata': {'Task': 'pretrain', 'Training Data': 'ProceduralShapes'},
    },
    {
        'Name': 'recon-nano_shapes',
        'In Collection': 'ReCon',
        'Config': 'configs/recon/nano.py',
        'Weights': 'weights/recon-nano_shapes.safetensors',
        'Metadata': {
            'Task': 'pretrain',
            'Training Data': 'shapes',
            'Fingerprint': DIGEST,
            'Objects': 100,
            'Fraction': 0.5,
            'Epochs': 3,
            'Seed': 0,
            'Teachers': ['coordinates', 'MiniLM'],
            'Points': 512,
            'SHA256': DIGEST,
            'Bytes': 1234,
            'Mirrors': ['https://example.org/recon.safetensors', 'hf://owner/name/recon.safetensors@main'],
            'Licence': 'CC0',
            'Features': 'weights/features/recon-nano_shapes.safetensors',
            'Reproduce': 'python tools/train.py configs/recon/nano.py',
            'Date': '2026-11-24',
        },
        'Results': [
            {
                'Task': '3D Point Cloud Linear Classification',
                'Dataset': 'shapes',
                'Metrics': {'oa': 71.5, 'macc': 70},
                'Protocol': 'svm, 512 points',
                'Interval': {'oa': 1.5},
                'Seeds': [0, 1],
                'By': 'measured',
                'Records': ['docs/results/weights/results.jsonl.gz#a', 'docs/results/weights/results.jsonl.gz#b'],
                'Date': '2026-11-24',
            }
        ],
    },
    {
        'Name': 'recon-base_shapenet55-official_scan-hardest',
        'In Collection': 'ReCon',
        'Config': 'configs/recon/base.py',
        'Weights': 'gdrive://0123456789abcdef',
        'Metadata': {
            'Task': 'classify',
            'Training Data': 'ShapeNet55',
            'Classes': ['bag', 'bin'],
            'Licence': 'not stated',
            'Official': {'Method': 'recon', 'Groups': 128, 'Group Size': 32},
        },
        'Results': [
            {
                'Task': 'Classification',
                'Dataset': 'ScanObjectNN',
                'Metrics': {'oa': 91.26},
                'Protocol': 'full, voting',
                'By': 'published',
                'Source': 'README',
            }
        ],
    },
]

COLLECTIONS = [{'Name': 'ReCon', 'Paper': {'Title': 'ReCon', 'URL': 'https://arxiv.org/abs/2302.02318'}}]


def write_index(folder: Path, models=MODELS, collections=COLLECTIONS, **more) -> Path:
    """An index that imports one metafile."""
    metafile = folder / 'configs' / 'recon' / 'metafile.yml'
    metafile.parent.mkdir(parents=True, exist_ok=True)
    metafile.write_text(yaml.safe_dump({'Collections': collections, 'Models': models, **more}, sort_keys=False))
    index = folder / 'model_index.yml'
    index.write_text('Import: [configs/recon/metafile.yml]\n')
    return index
