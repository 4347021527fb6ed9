"""Text and NPZ files, written piece by piece."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from visualizer.core.system import csv_file


def number(weight: float) -> str:
    """Nine digits: as many as tell any float32 from its neighbours."""
    return f"{weight:.9g}"


@contextmanager
def text_file(path: Path) -> Iterator[TextIO]:
    """A file for text in UTF-8; a table is opened as `csv_file.opened` does."""
    if path.suffix.lower() == ".csv":
        with csv_file.opened(path) as file:
            yield file
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        yield file


@contextmanager
def npz_file(path: Path) -> Iterator[zipfile.ZipFile]:
    """An archive that `numpy.load` reads."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        yield archive


def stream_array(
    archive: zipfile.ZipFile, name: str, shape: tuple[int, ...], parts: Iterator[npt.NDArray[np.float32]]
) -> None:
    """Adds a float32 array to an NPZ file from its parts in C order, without ever holding it."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": np.lib.format.dtype_to_descr(np.dtype("<f4")), "fortran_order": False, "shape": shape}
    )
    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
        member.write(header.getvalue())
        for part in parts:
            member.write(np.ascontiguousarray(part, dtype="<f4").data.cast("B"))


def add_array(archive: zipfile.ZipFile, name: str, array: npt.NDArray[Any]) -> None:
    """Adds an array that is at hand."""
    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
        np.lib.format.write_array(member, array, allow_pickle=False)
