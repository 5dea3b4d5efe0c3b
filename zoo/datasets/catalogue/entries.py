"""The datasets that are known: where they are looked for, how to get them, under which terms."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

from zoo.datasets.catalogue.entry import Entry, Part
from zoo.datasets.corpus import Commons, MeshCollection
from zoo.datasets.corpus.collections import COLLECTIONS, Collection
from zoo.datasets.corpus.commons import MEMBERS
from zoo.datasets.layouts.few_shot import ModelNetFewShot
from zoo.datasets.layouts.modelnet import ModelNet
from zoo.datasets.layouts.modelnet_c import SEVERITIES, ModelNet40C, ModelNetC
from zoo.datasets.layouts.scanobjectnn import VARIANTS, ScanObjectNN
from zoo.datasets.layouts.shapenetpart import FOLDER, ShapeNetPart
from zoo.datasets.procedural import ProceduralShapes
from zoo.datasets.shapenet55 import ShapeNet55
from zoo.datasets.sweethome3d import SweetHome3D
from zoo.datasets.sweethome3d.sources import INSTALLED
from zoo.errors import UsageError

RECON = 'https://github.com/qizekun/ReCon/blob/main/DATASET.md'
POINT_BERT = 'https://github.com/Julie-tang00/Point-BERT/blob/master/DATASET.md'

SHAPENET_TERMS = 'terms of ShapeNet: research and education, not for sale; register at https://shapenet.org'
MODELNET_TERMS = 'academic use; the models were collected from the Internet and belong to their makers'
STANFORD = 'https://shapenet.cs.stanford.edu/media has refused connections since autumn 2024'

FEW_SHOT = ((5, 10), (5, 20), (10, 10), (10, 20))
QUERIES = 20
"""Test objects of every class in a published episode."""


def entries() -> Mapping[str, Entry]:
    """Return everything that is known, by name, in the order of ``tools/data.py list``."""
    return _entries()


def find(name: str) -> Entry:
    """Return one entry.

    Raises:
        UsageError: There is none of that name; the message lists them.
    """
    try:
        return _entries()[name]
    except KeyError as error:
        raise UsageError(f'there is no dataset {name!r}: known are {", ".join(_entries())}') from error


@functools.cache
def _entries() -> Mapping[str, Entry]:
    known: Iterable[Entry] = (
        _procedural(),
        _sweethome3d(),
        *map(_collection, COLLECTIONS.values()),
        _commons(),
        _shapenet55(),
        _modelnet(40, 9843, 2468),
        _modelnet(10, 3991, 908),
        _few_shot(),
        _scanobjectnn('obj_bg', 'the object with the background in its box', 2309, 581),
        _scanobjectnn('obj_only', 'the object alone', 2309, 581),
        _scanobjectnn('pb_t50_rs', 'the hardest: moved by half its size, turned, scaled', 11416, 2882),
        _shapenetpart(),
        _modelnet_c(),
        _modelnet40_c(),
        _meshes(),
    )
    return {entry.name: entry for entry in known}


def _splits(config: Mapping[str, object], **expected: int | None) -> dict[str, Part]:
    """Return one part for every split."""
    return {name: Part({**config, 'split': name}, count, name) for name, count in expected.items()}


def _procedural() -> Entry:
    return Entry(
        name='procedural',
        title='parametric objects of 43 everyday classes with parts, pictures and captions',
        places=(),
        get='nothing to get: it is made when it is asked for and kept under $ZOO_HOME',
        terms='none: made by this program',
        source='this project',
        parts=_splits({'type': ProceduralShapes.__name__, 'num_objects': 2150}, train=None, test=None),
        hints=(
            '--options variant=pb_t50_rs makes scans of it; num_objects, num_points, seed and images=True work too',
        ),
    )


def _shapenet55() -> Entry:
    return Entry(
        name='shapenet55',
        title='ShapeNet55, the pretraining set: 8192 points and one rendering of objects of 55 classes',
        places=('ShapeNet55-34',),
        get=f'clouds: {POINT_BERT}; lists, renderings and shapenet55.json: {RECON}',
        terms=SHAPENET_TERMS,
        source='arXiv 1512.03012; lists and clouds: arXiv 2111.14819',
        parts=_splits({'type': ShapeNet55.__name__, 'data_root': None}, train=41952, test=10518),
        notes=('ReCon gives out shorter lists beside its renderings: fewer objects than published are then no damage',),
        hints=('--options images=True takes the renderings too',),
    )


def _modelnet(classes: int, train: int, test: int) -> Entry:
    names = ('modelnet40_normal_resampled', 'modelnet40_ply_hdf5_2048', f'ModelNet{classes}')
    lacking = {9840: 'the HDF5 files lack three'} if classes == 40 else {}
    parts = _splits({'type': ModelNet.__name__, 'num_classes': classes, 'data_root': None}, train=train, test=test)
    parts['train'] = Part(parts['train'].config, train, 'train', also=lacking)
    return Entry(
        name=f'modelnet{classes}',
        title=f'ModelNet{classes}: CAD models of {classes} classes',
        places=tuple(f'{folder}{name}' for folder in ('ModelNet/', '') for name in names),
        get=(
            f'meshes: https://modelnet.cs.princeton.edu; 8192 points in the order of farthest point sampling, on which '
            f'Point-BERT and its successors train: {POINT_BERT}'
        ),
        terms=MODELNET_TERMS,
        source='arXiv 1406.5670',
        parts=parts,
        dead=(
            f'{STANFORD} (KPConv issue 171, Point-MAE issue 56); copies: '
            'https://huggingface.co/datasets/Pointcept/modelnet40_normal_resampled-compressed and '
            'https://huggingface.co/datasets/Msun/modelnet40'
        ),
        hints=('--options layout=fps, normal_resampled, hdf5 or off chooses where several are there',),
    )


def _few_shot() -> Entry:
    parts = {}
    for ways, shots in FEW_SHOT:
        for fold in range(10):
            group = f'{ways}way_{shots}shot_{fold}'
            config = {'type': ModelNetFewShot.__name__, 'ways': ways, 'shots': shots, 'fold': fold, 'data_root': None}
            for role, count in (('train', ways * shots), ('test', ways * QUERIES)):
                parts[f'{group}_{role}'] = Part({**config, 'split': role}, count, role, group)
    return Entry(
        name='modelnet40-few-shot',
        title='ModelNet40 few-shot: ten published episodes each of 5 or 10 classes with 10 or 20 objects',
        places=('ModelNetFewshot',),
        get=f'{POINT_BERT}, or let tools/benchmark.py --suite few_shot draw episodes from ModelNet40',
        terms=MODELNET_TERMS,
        source='arXiv 2009.14168; the episodes: arXiv 2111.14819',
        parts=parts,
        notes=('the files are pickles: they are read by a reader that accepts arrays and nothing else',),
    )


def _scanobjectnn(variant: str, what: str, train: int, test: int) -> Entry:
    folder, name = VARIANTS[variant]
    return Entry(
        name=f'scanobjectnn-{variant}',
        title=f'ScanObjectNN {variant.upper()}: real scans of 15 classes, {what}',
        places=tuple(f'ScanObjectNN/{between}{folder}/training_{name}.h5' for between in ('', 'h5_files/')),
        get='fill in the form at https://hkust-vgd.github.io/scanobjectnn, it answers with the address of h5_files.zip',
        terms='terms of use in the form: research; made from scans of SceneNN and ScanNet',
        source='arXiv 1908.04616',
        parts=_splits({'type': ScanObjectNN.__name__, 'variant': variant, 'data_root': None}, train=train, test=test),
        dead='http://103.24.77.34/scanobjectnn and the direct address of the zip (scanobjectnn issues 31 and 41)',
        notes=('clouds are neither centered nor of one size in the files',),
    )


def _shapenetpart() -> Entry:
    config = {'type': ShapeNetPart.__name__, 'num_points': None, 'data_root': None}
    return Entry(
        name='shapenetpart',
        title='ShapeNetPart: 16 classes with 50 parts, points with normals',
        places=(FOLDER,),
        get=f'{RECON} names the official archive; https://github.com/SkyworkAI/PointCloudMamba (data) has a copy',
        terms=SHAPENET_TERMS,
        source='Yi et al., A Scalable Active Framework for Region Annotation, SIGGRAPH Asia 2016',
        parts=_splits(config, train=12137, val=1870, test=2874),
        dead=f'{STANFORD} (Point-MAE issue 56, Point-BERT issue 75)',
        notes=(
            'the published splits share 35 objects; 2,295 of 2,873 test models are in the train list of shapenet55',
        ),
    )


def _modelnet_c() -> Entry:
    return Entry(
        name='modelnet-c',
        title='ModelNet-C (PointCloud-C): the test set of ModelNet40 under seven corruptions of five severities',
        places=ModelNetC.folders,
        get='https://pointcloud-c.github.io/download.html; https://github.com/jiawei-ren/ModelNet-C',
        terms='non-commercial, and those of ModelNet',
        source='arXiv 2202.03377',
        parts=_corruptions(ModelNetC, with_clean=True),
        notes=('a test set: training on it, or choosing by it, spoils it',),
    )


def _modelnet40_c() -> Entry:
    return Entry(
        name='modelnet40-c',
        title='ModelNet40-C: the test set of ModelNet40 under fifteen corruptions of five severities',
        places=ModelNet40C.folders,
        get='https://zenodo.org/records/6017834',
        terms='those of the Zenodo record, and those of ModelNet',
        source='arXiv 2201.12296',
        parts=_corruptions(ModelNet40C, with_clean=False),
        dead='its Google Drive folder (ModelNet40-C issues 13 and 18)',
        notes=('a test set: training on it, or choosing by it, spoils it',),
    )


def _corruptions(kind: type[ModelNetC] | type[ModelNet40C], with_clean: bool) -> dict[str, Part]:
    """Return one part for every corruption and severity, and one for the clean set where the archive has it."""
    config = {'type': kind.__name__, 'data_root': None}
    parts = {kind.clean: Part({**config, 'corruption': kind.clean}, 2468)} if with_clean else {}
    for name in kind.corruptions:
        for severity in SEVERITIES:
            parts[f'{name}_{severity}'] = Part({**config, 'corruption': name, 'severity': severity}, 2468)
    return parts


def _sweethome3d() -> Entry:
    config = {'type': SweetHome3D.__name__, 'images': True, 'texts': True}
    return Entry(
        name='sweethome3d',
        title='furniture of Sweet Home 3D: 12 categories with names, tags, icons and pictures',
        places=('sweethome3d', str(INSTALLED)),
        get=(
            'apt-get download sweethome3d-furniture sweethome3d in the folder sweethome3d of the data root, or apt '
            'install them, or prepare sweethome3d --deb FILE...'
        ),
        terms='by object: CC0, CC-BY-3.0, GPL-2+; licence and creator of each are kept in the pack and printed',
        source='Debian packages sweethome3d-furniture and sweethome3d, https://www.sweethome3d.com',
        parts=_splits(config, train=None, test=None),
        notes=('the splits are those of this program: nothing official divides the set',),
        folder_option='files',
    )


def _collection(item: Collection) -> Entry:
    return Entry(
        name=item.name,
        title=item.title,
        places=(item.name, *([item.installed] if item.installed else [])),
        get=item.get,
        terms=f'{item.terms}; the licence of each object is kept in the pack and printed',
        source='',
        parts={'train': Part({'type': MeshCollection.__name__, 'name': item.name, 'images': True, 'texts': True})},
        notes=(f'{item.objects:,} objects; {item.seen}',),
        hints=('--from FOLDER, ZIP or DEB prepares it from where it is; num_points, views and image_size are options',),
        folder_option='root',
    )


def _commons() -> Entry:
    return Entry(
        name='commons',
        title='the union of the open collections that are there, to pretrain on: one of each near-duplicate',
        places=tuple(f'packs/{name}' for name in MEMBERS),
        get='prepare one or more of these collections, then prepare commons',
        terms='by object: those of its collection, kept in the pack and printed',
        source='this project',
        parts=_splits({'type': Commons.__name__, 'images': True, 'texts': True}, train=None, test=None),
        notes=('one object in twenty is the test split, by the hash of the id that its source gives it',),
    )


def _meshes() -> Entry:
    return Entry(
        name='meshes',
        title='any folder of OBJ, OFF, PLY, GLB or STL files: root/<class>/[train|test/]<object>.<mesh>',
        places=(),
        get='give the folder itself instead of this name',
        terms='yours',
        source='',
        parts={},
    )
