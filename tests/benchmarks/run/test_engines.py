from __future__ import annotations

import sys

import pytest
from joblib import cpu_count

from benchmarks.run.engines import Local, engine_of, minutes
from tests.benchmarks.run.toy import broken, execute, suite, table
from zoo.errors import UsageError

SLURM = {
    'sbatch': """\
cat "$1" >> "$SLURM_FAKE/scripts"
id=$(ls "$SLURM_FAKE"/*.job 2>/dev/null | wc -l)
touch "$SLURM_FAKE/$id.job"
cp "$1" "$SLURM_FAKE/$id.sh"
(SLURM_JOB_ID=$id SLURM_CPUS_PER_TASK=1 sh "$SLURM_FAKE/$id.sh"; echo FAILED > "$SLURM_FAKE/$id.job") > /dev/null 2>&1 &
echo "Submitted batch job $id"
""",
    'srun': """\
while [ "${1#-}" != "$1" ]; do case "$1" in --output|--error) shift 2;; *) shift;; esac; done
echo "threads $OMP_NUM_THREADS" >> "$SLURM_FAKE/scripts"
exec "$@"
""",
    'sacct': """\
echo 'JobID|State|NodeList'
for job in "$SLURM_FAKE"/*.job; do echo "$(basename "$job" .job)|$(cat "$job")|here"; done
""",
    'scancel': 'echo "$@" >> "$SLURM_FAKE/cancelled"\n',
}
"""Commands that do at once here what Slurm does elsewhere."""


@pytest.mark.parametrize(
    ('jobs', 'visible', 'slots', 'gpus'),
    [
        (None, '', cpu_count(), ()),
        (None, '-1', cpu_count(), ()),
        (7, '', 7, ()),
        (None, '4,5', 2, ('4', '5')),
        (3, '4,5', 3, ('4', '5')),
    ],
)
def test_a_process_for_every_gpu_that_is_not_hidden_or_else_for_every_core(jobs, visible, slots, gpus, monkeypatch):
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', visible)
    made = Local(jobs)
    assert (made.slots, made.gpus) == (slots, gpus)


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """A Slurm of one machine without a queue; what it was told."""
    submitit = pytest.importorskip('submitit')
    monkeypatch.setattr(submitit.SlurmJob, '_results_timeout_s', 0)  # of a file system that is slow
    (tmp_path / 'bin').mkdir()
    for name, text in SLURM.items():
        (tmp_path / 'bin' / name).write_text(f'#!/bin/sh\n{text}')
        (tmp_path / 'bin' / name).chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path / "bin"}:/usr/bin:/bin')
    monkeypatch.setenv('SLURM_FAKE', str(tmp_path))
    monkeypatch.delenv('ZOO_SBATCH', raising=False)
    return tmp_path / 'scripts'


@pytest.mark.slow
def test_jobs_are_batch_jobs_of_slurm(tmp_path, slurm):
    out, bad = tmp_path / 'out', broken('kill')
    jobs = [*suite(seeds=1), bad]
    state, shown = execute(jobs, out, engine=engine_of('slurm', 3, '--partition=gpu --exclusive --time=8:00:00', out))
    assert len(state.done) == 4
    assert len(table(jobs[:3], out)) == 3
    assert state.failed == {bad.key: 'its batch job ended: FAILED'}
    assert any('tried again' in line for line in shown)
    told = slurm.read_text().splitlines()
    for line in ('partition=gpu', 'exclusive', 'time=8:00:00', 'cpus-per-task=1', 'job-name=benchmark'):
        assert told.count(f'#SBATCH --{line}') == 6
    assert told.count('threads 1') == 6


def test_a_batch_job_that_slurm_refuses_ends_the_run_with_one_line_and_takes_back_the_others(tmp_path, slurm):
    (slurm.parent / 'bin' / 'sbatch').write_text(
        '#!/bin/sh\n[ -e "$SLURM_FAKE/first" ] && { echo no such; echo QOS >&2; exit 1; }\n'
        'touch "$SLURM_FAKE/first"; echo Submitted batch job 17\n'
    )
    (slurm.parent / 'bin' / 'sacct').write_text('#!/bin/sh\n')
    with pytest.raises(UsageError, match=r'sbatch refuses: QOS$'):
        execute(suite(seeds=2), tmp_path / 'out', engine=engine_of('slurm', 2, '--time=1', tmp_path / 'out'))
    assert (slurm.parent / 'cancelled').read_text() == '17\n'


def test_wrong_use_of_slurm(tmp_path, slurm, monkeypatch):
    for options, words in {
        '"': 'No closing quotation',
        '-p gpu --time=5': 'write -p in its long form',
        '--mem=4G': 'how long a job may take',
        '--time=soon': "'soon' is no time limit",
    }.items():
        with pytest.raises(UsageError, match=words):
            engine_of('slurm', 1, options, tmp_path)
        monkeypatch.setenv('ZOO_SBATCH', options)
        with pytest.raises(UsageError, match=words):
            engine_of('slurm', 1, '', tmp_path)
    with pytest.raises(UsageError, match='--jobs N'):
        engine_of('slurm', None, '--time=5', tmp_path)
    with pytest.raises(UsageError, match='goes with --executor slurm'):
        engine_of('local', 1, '--mem=1G', tmp_path)


@pytest.mark.parametrize(
    ('text', 'expected'),
    [('90', 90), ('90:30', 90), ('8:00:00', 480), ('1-2', 1560), ('1-2:03', 1563), ('2-00:05:59', 2885)],
)
def test_time_limits_are_read_as_slurm_reads_them(text, expected):
    assert minutes(text) == expected


def test_without_slurm_or_ray_the_message_says_what_is_missing(monkeypatch, tmp_path, slurm):
    for name in ('submitit', 'ray'):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError, match=r"pip install '\.\[slurm\]'"):
        engine_of('slurm', 1, '--time=5', tmp_path)
    with pytest.raises(UsageError, match=r"pip install '\.\[ray\]'"):
        engine_of('ray', None, '', tmp_path)
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(UsageError, match='srun, which are not on the path'):
        engine_of('slurm', 1, '--time=5', tmp_path)
