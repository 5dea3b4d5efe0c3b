"""Teachers: what supervises a student output. Importing this loads no network and none of the heavy packages."""

from __future__ import annotations

from zoo.teachers.base import Teacher
from zoo.teachers.clip import CLIPImageTeacher, CLIPTextTeacher
from zoo.teachers.conse import ConSETeacher
from zoo.teachers.efficientnet_lite import EfficientNetLite0Teacher
from zoo.teachers.feature_bank import FeatureBank
from zoo.teachers.image import ImageTeacher
from zoo.teachers.moving_average import MovingAverage
from zoo.teachers.point_identity import PointIdentity
from zoo.teachers.prompts import PROMPTS
from zoo.teachers.sentence import SentenceTeacher
from zoo.teachers.timm_image import TimmImageTeacher
from zoo.teachers.tokenizers import CrossModalTokenizer, DVAETokenizer

__all__ = [
    'PROMPTS',
    'CLIPImageTeacher',
    'CLIPTextTeacher',
    'ConSETeacher',
    'CrossModalTokenizer',
    'DVAETokenizer',
    'EfficientNetLite0Teacher',
    'FeatureBank',
    'ImageTeacher',
    'MovingAverage',
    'PointIdentity',
    'SentenceTeacher',
    'Teacher',
    'TimmImageTeacher',
]
