"""Measurements: accuracy, speed and size, with floors that hold them (`make bench`)."""

import os

# Times are told for one core, as the workers of a batch run; NumPy reads this when it is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
