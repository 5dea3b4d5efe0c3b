from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmarks.protocols.base import Student
from benchmarks.protocols.part_seg import PAPER_CONFIG, PartSegmentation, measure_parts, part_options
from tests.benchmarks.protocols.parts import measured
from tests.datasets.layouts.writers_shapenetpart import NUM_PARTS, write_shapenetpart
from tests.engine.test_metrics import iou_by_sets
from zoo.datasets import ObjectDataset, ProceduralShapes
from zoo.datasets.layouts.shapenetpart import ShapeNetPart
from zoo.engine.metrics import PartIoU
from zoo.errors import UsageError
from zoo.registry import MODELS

CLASSES = ('bowl', 'pillow', 'table')
BACKBONE = dict(
    type='PointTransformer', embed_dim=12, depth=1, num_heads=3, queries=(), fusion='none', num_groups=8, group_size=6
)


def shapes(split='test', count=9, **more):
    return ProceduralShapes(split, count, num_points=96, classes=CLASSES, seed=7, workers=1, **more)


def segmenter(dataset, points=48):
    torch.manual_seed(0)
    options = part_options(dataset)
    test = [dict(type='FPSSubsample', num_points=points), dict(type='UnitSphere')]
    return MODELS.build(
        dict(
            type='PartSegmenter',
            backbone={**BACKBONE, 'patch_widths': (4, 8, 8)},
            parts=options['model.parts'],
            numbered=options['model.numbered'],
            widths=(12, 8),
            head_widths=(8,),
            data_preprocessor=dict(type='BatchPreprocessor', test=test),
        )
    )


def test_figures_equal_a_loop_over_clouds():
    dataset = shapes()
    model, metric = segmenter(dataset).eval(), PartIoU(per_class=True, keep_predictions=True)
    assert measure_parts(model, dataset, metric, batch_size=4) == 48
    values = metric.evaluate(len(dataset))
    ious = []
    with torch.inference_mode():
        for index in range(len(dataset)):
            batch = model.data_preprocessor(dataset.__getitems__([index]), False)
            first = sum(len(dataset.parts[name]) for name in CLASSES[: int(batch['label'])])
            count = len(dataset.parts[CLASSES[int(batch['label'])]])
            logits = model(batch['points'], label=batch['label'])[0, :, first : first + count]
            ious.append(np.mean(iou_by_sets(batch['part'][0].tolist(), logits.argmax(-1).tolist(), count)))
    np.testing.assert_allclose(metric.predictions['iou'], ious, rtol=1e-6)
    np.testing.assert_array_equal(metric.predictions['label'], dataset.labels)
    assert values['instance_miou'] == pytest.approx(100 * np.mean(ious))
    by_class = [100 * np.mean(np.array(ious)[dataset.labels == label]) for label in range(3)]
    assert [values[f'iou/{name}'] for name in CLASSES] == pytest.approx(by_class)


def test_the_model_is_given_points_and_classes_alone_in_an_order_that_says_nothing():
    dataset, given = shapes(), []
    model = segmenter(dataset)
    predict = model.predict
    model.predict = lambda points, **batch: given.append({'points': points, **batch}) or predict(points, **batch)
    measure_parts(model, dataset, PartIoU(), batch_size=4)
    assert all(set(batch) == {'points', 'label'} for batch in given)
    assert not torch.equal(torch.cat([batch['label'] for batch in given]), torch.as_tensor(dataset.labels))


def test_parts_of_both_kinds_of_datasets(tmp_path):
    assert part_options(shapes()) == {
        'model.parts': [len(shapes().parts[name]) for name in CLASSES],
        'model.numbered': 'by_class',
    }
    write_shapenetpart(tmp_path)
    official = ShapeNetPart('test', num_points=64, data_root=tmp_path)
    assert part_options(official) == {'model.parts': list(NUM_PARTS), 'model.numbered': 'through'}


class WithoutParts(ObjectDataset):
    classes, labels, fingerprint = ('a', 'b'), np.zeros(2, np.int64), 'f'


def test_data_without_parts_is_refused():
    with pytest.raises(UsageError, match='WithoutParts names no parts of a'):
        part_options(WithoutParts())
    odd = WithoutParts()
    odd.parts = {'a': [3, 4], 'b': [0]}
    with pytest.raises(UsageError, match='from 0 through all classes'):
        part_options(odd)


class Small(PartSegmentation):
    """Changes that make it small."""

    def __init__(self, changes=(), **settings):
        super().__init__(**settings)
        object.__setattr__(self, 'changes', dict(changes))

    def options(self, encoder, data, context, rate):
        return {**super().options(encoder, data, context, rate), **self.changes, 'model.backbone.num_groups': 8}


def segmented(tmp_path, protocol, student, train, test, rate=None):
    inputs = {'recipe': {'rate': rate, 'selection': ''}}
    return measured(protocol, Student(student), train, test, 64, 3, work=tmp_path / 'run', out=tmp_path, inputs=inputs)


def test_training_on_the_built_in_shapes(tmp_path):
    common = dict(type='ProceduralShapes', num_points=96, classes=list(CLASSES), seed=7, workers=1, num_objects=9)
    train, test = ({**common, 'split': split} for split in ('train', 'test'))
    found = segmented(tmp_path, Small(samples=9), 'point-mae-nano', train, test, 1e-3)
    assert set(found.metrics) == {'instance_miou', 'class_miou', 'point_accuracy'}
    assert set(found.per_class) == set(CLASSES)
    assert found.metrics['class_miou'] == pytest.approx(np.mean(list(found.per_class.values())))
    assert found.metrics['instance_miou'] == pytest.approx(100 * found.scores.mean())
    np.testing.assert_array_equal(found.labels, shapes().labels)
    expected = {'name': 'part_seg', 'version': 2, 'epoch_selection': 'last', 'points': 64, 'groups': '8 of 16'}
    expected |= {'layers': [2, 4, 6], 'epochs': 1, 'parts': sum(len(shapes().parts[name]) for name in CLASSES)}
    assert expected.items() <= found.protocol.items()
    assert (tmp_path / found.files[0]).is_file()


def test_the_official_config_reads_the_official_layout(tmp_path):
    write_shapenetpart(tmp_path, train=4, val=1, test=2)
    official = dict(type='ShapeNetPart', num_points=256, data_root=str(tmp_path))
    changes = {f'{part}_dataloader.num_workers': 0 for part in ('train', 'test')}
    changes |= {'train_dataloader.batch_size': 5, 'model.widths': [16, 8], 'train_cfg.max_epochs': 1}
    changes |= {'param_scheduler.total': 1, 'param_scheduler.warmup': 0}
    splits = ({**official, 'split': split} for split in ('trainval', 'test'))
    found = segmented(tmp_path, Small(changes, config=PAPER_CONFIG), 'recon-nano', *splits)
    assert len(found.scores) == 2
    expected = {'parts': 50, 'points': 256, 'augmentation': ['UnitSphere', 'RandomScale', 'RandomTranslate']}
    assert expected.items() <= found.protocol.items()
