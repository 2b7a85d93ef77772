"""Numbers and days filled in by hand, read where a letter prints room for them.

In: a page after layout, and its image. Out: the same page with readings beside its lines. What
Tesseract read well is left alone; what cannot be read surely stays unread (docs/handwriting.md).
"""

from pipeline.handwriting.read import with_handwriting

__all__ = ["with_handwriting"]
