from __future__ import annotations

import numpy as np
import torch

from tests.datasets.test_base import Toy
from tests.refusals import refused
from zoo.datasets import ObjectUnion


class Other(Toy):
    """Three beds and chairs whose points lie a hundred further."""

    classes = ('bed', 'chair')

    def __init__(self, **options):
        super().__init__(total=3, **options)
        self.fingerprint = 'e' * 64

    def points(self, index):
        return super().points(index) + 100


class Unlabeled(Toy):
    classes = ()

    def __init__(self, **options):
        super().__init__(total=2, **options)
        self.labels = np.full(2, -1)


def test_every_object_is_that_of_its_set():
    members = [Toy(), Other(), Toy(total=4)]
    union = ObjectUnion(members)
    assert len(union) == 17
    expected = [(member, place) for member in members for place in range(len(member))]
    for index, (member, place) in enumerate(expected):
        np.testing.assert_array_equal(union.points(index), member.points(place))
        np.testing.assert_array_equal(union.part(index), member.part(place))
        assert union.classes[union.labels[index]] == member.classes[member.labels[place]]
        assert union.caption(index) == member.caption(place)


def test_classes_of_one_name_are_one_class_and_objects_without_stay_without():
    union = ObjectUnion([Toy(), Other()])
    assert union.classes == ('TallLamp', 'bed', 'chair')
    assert union.labels[-3:].tolist() == [1, 2, 1]
    assert ObjectUnion([Toy(total=1), Unlabeled()]).labels.tolist() == [0, -1, -1]


def test_batches_carry_pictures_and_texts():
    batch = ObjectUnion([Toy(), Other()], images=True, texts=True).__getitems__([9, 10])
    assert batch['text'] == ['bed', 'bed']
    assert batch['image'].shape == (2, 3, 4, 5)
    assert batch['points'][:, 0, 0].tolist() == [9.0, 100.0]
    assert torch.equal(batch['label'], torch.tensor([1, 1]))


def test_the_fingerprint_follows_the_sets_and_their_order():
    one, other = Toy(), Other()
    prints = {ObjectUnion(members).fingerprint for members in ([one], [one, other], [other, one], [one, one])}
    assert len(prints) == 4


def test_sets_that_do_not_fit_are_refused():
    few = Other()
    few.num_views = 0
    assert 'Other has no pictures' in refused(ObjectUnion, [Toy(), few], images=True)
    assert 'at least one' in refused(ObjectUnion, [])
