"""What README, tables and cards say is what the results files hold."""

from __future__ import annotations

import gzip
import re
import shutil

import pytest

from benchmarks import load_results
from benchmarks.records import mean_interval
from tests.shared import run_python
from zoo.config import ROOT

RESULTS = ROOT / 'docs' / 'results'
FIGURE = r'\d+\.\d+ ± \d+\.\d+'


@pytest.mark.parametrize('profile', ['demo', 'packs', 'night', pytest.param('laptop', marks=pytest.mark.slow)])
def test_tables_are_made_from_their_file_alone(profile, tmp_path):
    shutil.copy(RESULTS / profile / 'results.jsonl.gz', tmp_path)
    said = run_python('tools/benchmark.py', '--all', '--profile', profile, '--report', '--out', tmp_path)
    assert said.rstrip() == (RESULTS / profile / 'tables.md').read_text('utf-8').rstrip()
    curves = {path.name for path in (RESULTS / profile).glob('*.svg')}
    assert curves == {path.name for path in (tmp_path / 'tables' / profile).glob('*.svg')}


def figures(frame, digits=1):
    """Means with intervals of all that differs in nothing but its seed."""
    said = [name for name in frame if name.split('.')[0] in ('model', 'dataset', 'protocol')]
    said = [name for name in said if 'fingerprint' not in name and name not in ('protocol.key', 'protocol.seed')]
    found = set()
    for _, group in frame.groupby(frame[said].map(str).agg(' '.join, axis=1)):
        for name in group.columns[group.columns.str.startswith('metrics.')]:
            if len(values := group[name].dropna()) > 1:
                found.add(mean_interval(values.to_numpy()).text(digits))
    return found


@pytest.mark.parametrize(
    ('title', 'folder'),
    [
        ('recon-nano from scratch on ProceduralShapes', 'scan_variants'),
        ('Accuracy under corruptions', 'robustness'),
        ('Newer methods on the built-in shapes', 'newer weights'),
    ],
)
def test_tables_of_older_studies_say_what_their_records_say(title, folder):
    text = ''.join((RESULTS / name).read_text('utf-8') for name in ('README.md', 'robustness/table.md'))
    table = text[text.index(f'**{title}') :].split('\n\n')[1]
    found = re.findall(FIGURE, table)
    assert len(found) >= 6
    assert set(found) <= set().union(*(figures(load_results(RESULTS / name), 1) for name in folder.split()))


def test_readme_quotes_the_file_of_the_pretrainings_on_real_packs():
    cells = ' '.join([rf'\| ({FIGURE}|–)'] * 4)
    row = rf'\| (random weights|random PointNet|Point-MAE|CMC|CMC by InfoNCE|ReCon) {cells} \|'
    quoted = {name: said for name, *said in re.findall(row, (ROOT / 'README.md').read_text('utf-8'))}
    models = {'random weights': 'from scratch', 'random PointNet': 'smc-pointnet-nano from scratch'}
    models |= {name: f'{name.lower()}-nano' for name in ('Point-MAE', 'CMC', 'ReCon')} | {
        'CMC by InfoNCE': 'cmc-nce-nano'
    }
    assert quoted.keys() == models.keys()
    frame = load_results(RESULTS / 'night')
    frame = frame[frame['protocol.epoch'].isna()]
    few = (frame['protocol.ways'] == 5) & (frame['protocol.shots'] == 10)
    svm, few_shot, zero_shot = (
        frame[chosen]
        for chosen in (
            (frame['protocol.name'] == 'svm'),
            (frame['protocol.name'] == 'few_shot_svm') & few,
            (frame['protocol.name'] == 'zero_shot'),
        )
    )
    there = [column[column['dataset.name'] == DATA[1]] for column in (svm, few_shot, zero_shot)]
    columns = [svm[svm['dataset.name'] == DATA[0]], *there]
    most = 'protocol.train_samples'  # few labels are another table
    columns[:2] = [column[column[most] == column[most].max()] for column in columns[:2]]
    for name, said in quoted.items():
        groups = [column[column['model'] == models[name]]['metrics.oa'].to_numpy() for column in columns]
        assert said == [mean_interval(group).text(1) if len(group) else '–' for group in groups], name
        assert {len(group) for group in groups} <= {0, 3 if name == 'CMC by InfoNCE' else 4}, name


def test_the_page_of_figures_quotes_the_tables():
    said = re.findall(FIGURE, (ROOT / 'docs' / 'figures.md').read_text('utf-8'))
    assert len(said) > 10
    tables = ''.join((RESULTS / name / 'tables.md').read_text('utf-8') for name in ('packs', 'night'))
    assert set(said) <= set(re.findall(FIGURE, tables))


DATA = ('shapedb69', 'modelnet10-voxels')


def test_results_name_no_folder_of_the_machine_they_were_made_on():
    for path in RESULTS.glob('*/results.jsonl.gz'):
        found = re.findall(r'"(/(?:[\w.-]+/)+[\w.-]+)"', gzip.decompress(path.read_bytes()).decode())
        assert not found, f'{path}: {found[0]}'


def test_the_clone_stays_small():
    kept = [path for path in (ROOT / 'docs').rglob('*') if path.is_file()]
    assert len(kept) < 100
    assert not [path for path in kept if path.suffix in ('.json', '.npz')]
    assert sum(path.stat().st_size for path in kept) < 3e6
