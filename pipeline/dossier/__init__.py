"""Several letters in one file: where each begins, how surely, and what is doubtful about it.

In: the restored pages of a file. Out: `LetterSpan`s, which together hold every page once.
"""

from pipeline.dossier.spans import LetterSpan, find_letters, several_letters

__all__ = ["LetterSpan", "find_letters", "several_letters"]
