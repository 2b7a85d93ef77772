"""What an archive takes delivery of: PDF/A, ALTO, catalogue, archive XML, manifest.

In: the output folder of a batch (records and layouts). Out: files beside the untouched originals.
"""
