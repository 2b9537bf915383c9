"""The NumPy form without its short way for complete data.

All rows are scattered into days by series, whatever is missing is carried forward, and segments are
added up by `np.add.reduceat`.
"""

from __future__ import annotations

from functools import partial

import numpy_form
from numpy_columns import load

__all__ = ["load", "score", "score_files"]

score = partial(numpy_form.score, view=False)
score_files = partial(numpy_form.score_files, view=False)
