"""Frozen students: linear SVM, nearest neighbours, MLP-Linear, MLP-3.

Source: arXiv 2302.02318 (linear SVM on ModelNet40, MLP-Linear and MLP-3 on ScanObjectNN). All read one extraction of
features for each set of weights.
"""

from __future__ import annotations

from benchmarks.suites.plans.common import column, ends, rows_of, sheet, with_substitutes
from benchmarks.suites.setup import Setup
from benchmarks.suites.sheet import Sheet
from benchmarks.suites.suite import suite

PACKS = ['shapedb69', 'modelnet10-voxels']


@suite('svm')
def svm(setup: Setup) -> list[Sheet]:
    """Linear SVM on frozen features (ModelNet40, ModelNet10), and nearest neighbours beside it."""
    models = setup.models()
    notes = ['SVM: LinearSVC, C = 0.075, nothing tuned. kNN: 20 neighbours by cosine.']
    made = sheet(setup, 'svm', 'Linear SVM and nearest neighbours on frozen features, OA %', models, notes)
    sources = with_substitutes(setup, made, ['modelnet40', 'modelnet10'], [*ends(setup), *PACKS])
    for source in sources:
        for kind, title in (('svm', 'SVM'), ('knn', 'kNN')):
            for model in rows_of(setup, models):
                for seed in setup.repetitions:
                    made.add(model.label, column(source, title), seed, setup.measure(kind, model, source, seed))
    return [made]


@suite('frozen')
def frozen(setup: Setup) -> list[Sheet]:
    """MLP-Linear and MLP-3 on frozen features (ScanObjectNN, ModelNet40)."""
    models = setup.models()
    notes = ['Nothing of the student is trained, not even its class token, unlike the released code; last epoch.']
    made = sheet(setup, 'frozen', 'MLP-Linear and MLP-3 on frozen features, OA %', models, notes)
    official = ['scanobjectnn-obj_bg', 'scanobjectnn-obj_only', 'scanobjectnn-pb_t50_rs', 'modelnet40']
    for source in with_substitutes(setup, made, official, ends(setup)):
        for head, title in (('linear', 'MLP-Linear'), ('mlp3', 'MLP-3')):
            for model in rows_of(setup, models):
                for seed in setup.repetitions:
                    epochs = setup.profile.head_epochs
                    job = setup.measure('probe', model, source, seed, head=head, head_epochs=epochs)
                    made.add(model.label, column(source, title), seed, job)
    return [made]
