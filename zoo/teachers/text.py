"""What text teachers share: lists of strings in."""

from __future__ import annotations

from typing import Any

from zoo.errors import UsageError
from zoo.teachers.base import Teacher


class TextTeacher(Teacher):
    """A teacher that reads texts."""

    modality = 'text'

    def check(self, texts: Any) -> list[str]:
        """Return the texts as a list.

        Args:
            texts: A list or tuple of B strings.

        Raises:
            UsageError: It is something else; a single string too, since its letters would be taken for texts.
        """
        if isinstance(texts, str) or not isinstance(texts, list | tuple):
            raise UsageError(f'{type(self).__name__} needs a list of strings, got {type(texts).__name__}')
        for text in texts:
            if not isinstance(text, str):
                raise UsageError(f'{type(self).__name__} needs a list of strings, got one of {type(text).__name__}')
        return list(texts)
