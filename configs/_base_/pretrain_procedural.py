"""Pretraining on ProceduralShapes by a schedule for a laptop CPU."""

_base_ = ['./runtime.py', './datasets/procedural.py', './schedules/pretrain_nano.py']
