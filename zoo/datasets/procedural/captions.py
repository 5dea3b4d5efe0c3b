"""Sentences from the parameters of an object."""

from __future__ import annotations

from collections.abc import Sequence

NUMBERS = ('no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve')


def article(phrase: str) -> str:
    """Put the indefinite article before a phrase, e.g. ``'an oak desk'``."""
    return f'{"an" if phrase[0].lower() in "aeiou" else "a"} {phrase}'


def counted(number: int, noun: str) -> str:
    """Return e.g. ``'one drawer'``, ``'four legs'``; numbers above twelve stay figures."""
    word = NUMBERS[number] if number < len(NUMBERS) else str(number)
    return f'{word} {noun}' if number == 1 else f'{word} {noun}s'


def listed(items: Sequence[str]) -> str:
    """Join phrases as in ``'a, b and c'``."""
    return ' and '.join(filter(None, [', '.join(items[:-1]), items[-1]])) if items else ''


def graded(value: float, low: float, below: str, high: float, above: str) -> str:
    """Return the word for a value outside of a range, nothing for one inside of it."""
    return below if value < low else above if value > high else ''


def sentence(noun: str, before: Sequence[str] = (), features: Sequence[str] = ()) -> str:
    """Write a caption.

    Args:
        noun: The class name.
        before: Adjectives; empty ones are left out.
        features: Phrases after "with"; empty ones are left out.
    """
    head = article(' '.join([*filter(None, before), noun]))
    tail = listed([feature for feature in features if feature])
    return f'{head} with {tail}' if tail else head
