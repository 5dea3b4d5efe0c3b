"""Registries of the zoo: children of mmengine's, scope ``zoo``.

A config names a component by the string under which it was registered. Each registry knows the modules that register
into it and imports them on the first look-up, so that ``import zoo`` stays light.
"""

from __future__ import annotations

from mmengine import registry as parent
from mmengine.registry import Registry

SCOPE = 'zoo'

MODELS = Registry('model', parent=parent.MODELS, scope=SCOPE, locations=['zoo.models'])
"""Trainable wholes (mmengine ``BaseModel``): Pretrainer, PointClassifier, ZeroShotClassifier, FeatureExtractor."""

BACKBONES = Registry('backbone', scope=SCOPE, locations=['zoo.backbones'])
"""Students: modules that turn points into global queries and patch tokens."""

TEACHERS = Registry('teacher', scope=SCOPE, locations=['zoo.teachers'])
"""What supervises a student output."""

OBJECTIVES = Registry('objective', scope=SCOPE, locations=['zoo.objectives'])
"""(student output, teacher, loss) triples."""

MASKS = Registry('mask', scope=SCOPE, locations=['zoo.layers'])
"""What a student does not see."""

DATASETS = Registry('dataset', parent=parent.DATASETS, scope=SCOPE, locations=['zoo.datasets'])
TRANSFORMS = Registry('transform', parent=parent.TRANSFORMS, scope=SCOPE, locations=['zoo.transforms'])
HOOKS = Registry('hook', parent=parent.HOOKS, scope=SCOPE, locations=['zoo.engine'])
LOOPS = Registry('loop', parent=parent.LOOPS, scope=SCOPE, locations=['zoo.engine'])
METRICS = Registry('metric', parent=parent.METRICS, scope=SCOPE, locations=['zoo.engine'])
OPTIM_WRAPPERS = Registry('optimizer wrapper', parent=parent.OPTIM_WRAPPERS, scope=SCOPE, locations=['zoo.engine'])
OPTIM_WRAPPER_CONSTRUCTORS = Registry(
    'optimizer wrapper constructor', parent=parent.OPTIM_WRAPPER_CONSTRUCTORS, scope=SCOPE, locations=['zoo.engine']
)
PARAM_SCHEDULERS = Registry(
    'parameter scheduler', parent=parent.PARAM_SCHEDULERS, scope=SCOPE, locations=['zoo.engine']
)
LOG_PROCESSORS = Registry('log processor', parent=parent.LOG_PROCESSORS, scope=SCOPE, locations=['zoo.engine'])
FUNCTIONS = Registry('function', parent=parent.FUNCTIONS, scope=SCOPE, locations=['zoo.datasets'])
