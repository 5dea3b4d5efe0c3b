"""What text teachers share: lists of strings in, the tokenizer of a folder of transformers."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from zoo.errors import UsageError
from zoo.teachers.base import Teacher
from zoo.teachers.sources import TOKENIZER, WEIGHTS, present
from zoo.teachers.transformers_files import load_tokenizer


class TextTeacher(Teacher):
    """A teacher that reads texts."""

    modality = 'text'

    @cached_property
    def _folder(self) -> Path:
        """Where network and tokenizer are; implemented by subclasses."""
        raise NotImplementedError

    @cached_property
    def _tokenizer(self) -> Any:
        """The tokenizer, loaded at the first use."""
        return load_tokenizer(self._folder)

    def _files(self) -> tuple[Path, ...]:
        """Return configuration, weights and tokenizer."""
        return present(self._folder, ('config.json', *TOKENIZER)) + present(self._folder, WEIGHTS)[:1]

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

    def tokens(self, texts: list[str], length: int) -> Any:
        """Return the ids and the mask of B texts on the device, each cut at ``length`` tokens."""
        found = self._tokenizer(texts, padding=True, truncation=True, max_length=length, return_tensors='pt')
        return found.to(self.device)
