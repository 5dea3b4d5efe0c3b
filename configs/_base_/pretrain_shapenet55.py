"""Pretraining on ShapeNet55 by the schedule of the reference (arXiv 2302.02318)."""

_base_ = ['./runtime.py', './datasets/shapenet55.py', './schedules/pretrain.py']
