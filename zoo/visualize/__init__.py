"""What a student looks at, in numbers and pictures."""

from __future__ import annotations

from zoo.visualize.attention_distance import attention_distance, attention_spread

__all__ = ['attention_distance', 'attention_spread']
