"""Arrays in one `.npz` file: written whole or not at all, equal arrays as equal bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

_ANY_DAY = (1980, 1, 1, 0, 0, 0)  # what an entry bears, so that a file does not tell when


def write_arrays(
    path: Path,
    arrays: Mapping[str, npt.NDArray[np.generic]],
    is_noise: Callable[[str], bool] = lambda _: False,
) -> None:
    """Write arrays by name. Those that are noise are not packed: it would only cost time at
    loading."""
    aside = path.with_name(path.name + ".part")
    with zipfile.ZipFile(aside, "w") as file:
        for name, array in arrays.items():
            data = io.BytesIO()
            np.lib.format.write_array(data, array, allow_pickle=False)
            how = zipfile.ZIP_STORED if is_noise(name) else zipfile.ZIP_DEFLATED
            file.writestr(zipfile.ZipInfo(f"{name}.npy", _ANY_DAY), data.getvalue(), how, 9)
    aside.replace(path)
