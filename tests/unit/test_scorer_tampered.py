"""Scorer folders that somebody else wrote: a matching manifest around anything at all.

Every folder is refused with one message, and nothing is allocated by what a file says of itself.
"""

import io
import json
import os
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clustering.errors import ModelFolderError
from clustering.scorer import Scorer
from clustering.scorer.stored import storage
from snapshots import book, scorer_of

NAMES = ("scorer.json", "standardiser.json", "model.npz", "study_facts.json", "model_card.md")
Arrays = dict[str, Any]


@pytest.fixture(scope="module")
def originals() -> dict[str, Scorer]:
    return {kind: scorer_of(book(n=200), kind) for kind in ("kmeans", "mixture")}


@pytest.fixture
def folder_of(originals: dict[str, Scorer], tmp_path: Path) -> Callable[[str], Path]:
    def folder_of(kind: str) -> Path:
        originals[kind].save(tmp_path / "scorer")
        return tmp_path / "scorer"

    return folder_of


def put(folder: Path, name: str, content: bytes) -> None:
    """Replace a file, and write a manifest that matches."""
    (folder / name).write_bytes(content)
    files = {file: (folder / file).read_bytes() for file in NAMES}
    (folder / "manifest.json").write_bytes(storage._manifest(files))


def refused(folder: Path) -> str:
    """The one message with which a folder is refused, within little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(ModelFolderError) as error:
            Scorer.load(folder)
        assert tracemalloc.get_traced_memory()[1] < 2**26  # a scorer has some kilobytes
    finally:
        tracemalloc.stop()
    assert "Nothing of it was used" in str(error.value)
    return str(error.value)


def change_json(folder: Path, name: str, change: Callable[[Any], Any]) -> None:
    content = json.loads((folder / name).read_text())
    change(content)
    put(folder, name, json.dumps(content).encode())


def change_arrays(folder: Path, change: Callable[[Arrays], Any], **how: Any) -> None:
    with np.load(folder / "model.npz") as stored:
        arrays = dict(stored)
    change(arrays)
    packed = io.BytesIO()
    (np.savez_compressed if how.get("compressed") else np.savez)(packed, **arrays)
    put(folder, "model.npz", packed.getvalue())


def fill(name: str, value: float) -> Callable[[Arrays], None]:
    def change(arrays: Arrays) -> None:
        arrays[name].flat[0] = value

    return change


ARRAYS = [
    ("kmeans", fill("centres", np.nan), "array 'centres' holds values that are not finite"),
    ("kmeans", fill("centres", np.inf), "array 'centres' holds values that are not finite"),
    ("kmeans", fill("centres", 1e300), "centres lie further than 1,000,000 from zero"),
    ("kmeans", fill("variance", -1.0), "'variance' cannot be -1.0"),
    ("kmeans", fill("variance", np.nan), "array 'variance' holds values that are not finite"),
    ("kmeans", fill("trim", 0.1), "'trim' of kmeans cannot be 0.1"),
    ("kmeans", fill("limits", np.nan), "array 'limits' holds values that are not finite"),
    ("kmeans", fill("limits", -2.0), "a limit of distance cannot be -2.0"),
    ("kmeans", fill("temperature", 0.0), "a temperature must be above 0 and at most 50"),
    ("mixture", fill("temperature", 1e6), "a temperature must be above 0 and at most 50"),
    ("kmeans", lambda a: a.update(centres=a["centres"][:, :3]), "(3, 6), }"),
    ("kmeans", lambda a: a.update(centres=a["centres"][:2]), "(3, 6), }"),
    ("kmeans", lambda a: a.update(centres=a["centres"].T), "(3, 6), }"),
    ("kmeans", lambda a: a.update(centres=a["centres"].ravel()), "(18,), }"),
    ("kmeans", lambda a: a.update(centres=np.asfortranarray(a["centres"])), "order': True"),
    ("kmeans", lambda a: a.update(centres=a["centres"].astype("f4")), "<f4"),
    ("kmeans", lambda a: a.update(centres=a["centres"].astype(">f8")), ">f8"),
    ("kmeans", lambda a: a.update(centres=a["centres"].astype("i8")), "<i8"),
    ("kmeans", lambda a: a.update(centres=a["centres"].astype("c16")), "<c16"),
    ("kmeans", lambda a: a.update(centres=a["centres"].astype(str)), "takes"),
    ("kmeans", lambda a: a.update(centres=np.array([[{"a": 1}] * 6] * 3)), "|O"),
    ("kmeans", lambda a: a.update(variance=np.array(1.0)), "(), }"),
    ("kmeans", lambda a: a.update(limits=a["limits"][:2]), "(2,), }"),
    ("kmeans", lambda a: a.update(extra=np.zeros(2)), "found centres.npy, extra.npy, limits.npy"),
    ("kmeans", lambda a: a.update(weights=np.ones(3) / 3), "expected centres.npy, limits.npy"),
    ("kmeans", lambda a: a.pop("variance"), "found centres.npy, limits.npy"),
    ("kmeans", lambda a: a.clear(), "found nothing"),
    ("kmeans", lambda a: a.update(centres=np.zeros((3, 10**5))), "bytes"),
    ("mixture", fill("weights", -0.5), "weights are not positive shares that sum to 1"),
    ("mixture", fill("weights", 5.0), "weights are not positive shares that sum to 1"),
    ("mixture", fill("weights", np.nan), "array 'weights' holds values that are not finite"),
    ("mixture", fill("covariances", -1.0), "covariances are not symmetric and positive"),
    ("mixture", fill("covariances", 0.0), "covariances are not symmetric and positive"),
    ("mixture", fill("covariances", np.inf), "array 'covariances' holds values that are not"),
    ("mixture", fill("covariances", 1e200), "covariances are not symmetric and positive"),
    ("mixture", lambda a: a["covariances"].__setitem__((0, 0, 1), 0.9), "covariances are not"),
    ("mixture", lambda a: a.update(covariances=a["covariances"][:2]), "(2, 6, 6), }"),
    ("mixture", lambda a: a.update(covariances=a["covariances"][..., :5]), "(3, 6, 5), }"),
    (
        "mixture",
        lambda a: a.pop("covariances"),
        "found centres.npy, limits.npy, temperature.npy, usual.npy, weights.npy",
    ),
    ("mixture", lambda a: a.update(variance=np.ones(1)), "found centres.npy, covariances.npy"),
]


@pytest.mark.parametrize(("kind", "change", "message"), ARRAYS)
def test_wrong_arrays_are_named(folder_of, kind, change, message):
    folder = folder_of(kind)
    change_arrays(folder, change)
    assert message in refused(folder)


DESCRIPTIONS = [
    (
        lambda c: c.update(algorithm="dbscan"),
        "algorithm: Input should be 'kmeans', 'mixture' or 'trimmed'",
    ),
    (lambda c: c.update(algorithm="mixture"), "mixture does not go with covariances 'None'"),
    (lambda c: c.update(covariance_type="full"), "kmeans does not go with covariances 'full'"),
    (lambda c: c.update(verdict="splendid"), "verdict: Input should be"),
    (lambda c: c["group_word"].update(singular="cluster"), "'reproducible' are not clusters"),
    (lambda c: c["segments"].pop(), "(3,), }"),
    (lambda c: c["segments"].clear(), "segments are not numbered from 0"),
    (lambda c: c["segments"].reverse(), "segments are not numbered from 0"),
    (lambda c: c["segments"][0].update(name=" "), "two segments have one name, or one has none"),
    (lambda c: c["segments"][0].update(name=c["segments"][1]["name"]), "have one name"),
    (lambda c: c["segments"][0].update(name=7), "segments.0.name: Input should be a valid string"),
    (lambda c: c["segments"][0].update(n_accounts=-1), "fewer than 0 accounts"),
    (lambda c: c.update(segments={"0": 1}), "segments: Input should be a valid"),
    (lambda c: c.update(as_of="tomorrow"), "as_of: Input should be a valid date"),
    (lambda c: c.pop("features"), "features: Field required"),
    (lambda c: c["features"].update(surprise=1), "features.surprise"),
    (lambda c: c["features"].update(window_days=-5), "features.window_days"),
    (lambda c: c.update(more="x"), "more"),
]


@pytest.mark.parametrize(("change", "message"), DESCRIPTIONS)
def test_a_wrong_description_is_named(folder_of, change, message):
    folder = folder_of("kmeans")
    change_json(folder, "scorer.json", change)
    assert message in refused(folder)


NUMBERS = [
    (lambda c: c["columns"][2].update(scale=-1.0), "'scale' of"),
    (lambda c: c["columns"][2].update(weight=float("nan")), "finite number"),
    (lambda c: c["prototypes"][0].__setitem__(0, 1e300), "cannot be used"),
    (lambda c: c["prototypes"][0].__setitem__(0, None), "prototypes.0.0"),
    (lambda c: [c["columns"].pop(), c["scales"].pop(), c["ranges"].pop()], "other widths"),
    (lambda c: c.update(winsorise="0.005"), "winsorise"),
    (lambda c: c["ranges"][0].update(sizes=[-1.0] * 5), "the range of"),
]


@pytest.mark.parametrize(("change", "message"), NUMBERS)
def test_wrong_numbers_of_the_standardiser_are_named(folder_of, change, message):
    folder = folder_of("kmeans")
    change_json(folder, "standardiser.json", change)
    assert message in refused(folder)


RAW = [
    ("scorer.json", b""),
    ("scorer.json", b"null"),
    ("scorer.json", b"[" * 200_000),
    ("scorer.json", b'{"a":' * 100_000),
    ("scorer.json", b"\xff\xfe\x00"),
    ("scorer.json", b"1" * 100_000),
    ("standardiser.json", b"[]"),
    ("standardiser.json", b'{"columns": NaN}'),
    ("standardiser.json", b'{"prototypes": [[' + b"9" * 5000 + b"]]}"),
    ("model.npz", b""),
    ("model.npz", b"PK\x05\x06" + bytes(18)),
    ("model.npz", b"PK\x03\x04" + bytes(40)),
    ("model.npz", b"\x93NUMPY\x01\x00" + bytes(100)),
    ("model.npz", b"not an archive at all"),
    ("study_facts.json", b""),
    ("study_facts.json", b"[]"),
    ("study_facts.json", b'{"facts": {"title": 1}}'),
    ("study_facts.json", b'{"facts": null, "more": 1}'),
]


@pytest.mark.parametrize(("name", "content"), RAW)
def test_files_of_something_else_are_one_message(folder_of, name, content):
    folder = folder_of("kmeans")
    put(folder, name, content)
    assert "cannot be used" in refused(folder)


def npy(shape: str, dtype: str = "<f8", version: bytes = b"\x01\x00", body: bytes = b"") -> bytes:
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    length = struct.pack("<H" if version == b"\x01\x00" else "<I", len(header))
    return b"\x93NUMPY" + version + length + header + body


HEADERS = [
    npy("(3, 1000000000000)"),
    npy("(3, 6)", body=bytes(8)),
    npy("(3, 6)", dtype="|O", body=bytes(144)),
    npy("(3, 6)", version=b"\x02\x00", body=bytes(144)),
    npy("(-3, -6)", body=bytes(144)),
    npy("(3, " + "(" * 300 + "6)", body=bytes(144)),
    npy("__import__('os')", body=bytes(144)),
    npy("(" + "3," * 400 + ")", body=bytes(144)),
    b"\x93NUMPY\x01\x00\xff\xff" + b"{" * 600,
    b"",
]


@pytest.mark.parametrize("member", HEADERS)
def test_what_a_header_claims_is_not_believed(folder_of, member):
    folder = folder_of("kmeans")
    archive = io.BytesIO()
    with (
        np.load(folder / "model.npz") as stored,
        zipfile.ZipFile(archive, "w") as written,
    ):
        for name in stored.files:
            content = io.BytesIO()
            np.save(content, stored[name])
            written.writestr(f"{name}.npy", member if name == "centres" else content.getvalue())
    put(folder, "model.npz", archive.getvalue())
    assert "cannot be used" in refused(folder)


def test_a_small_archive_that_expands_to_gigabytes_is_not_expanded(folder_of):
    folder = folder_of("kmeans")
    change_arrays(folder, lambda a: a.update(centres=np.zeros((3, 100_000))), compressed=True)
    assert "is compressed" in refused(folder)


@pytest.mark.parametrize("size", [2**33, 2**40])
def test_a_file_of_any_length_is_not_read_whole(folder_of, size):
    folder = folder_of("kmeans")
    os.truncate(folder / "scorer.json", size)
    assert "file 'scorer.json' is larger than 4,194,304 bytes" in refused(folder)
    with (folder / "notes.bin").open("wb") as sparse:
        sparse.truncate(size)
    assert "file 'notes.bin' does not belong here" in refused(folder)


@pytest.mark.parametrize(
    "litter", [".DS_Store", "Thumbs.db", "desktop.ini", "Desktop.ini", "._model.npz", "Icon\r"]
)
def test_what_an_operating_system_leaves_is_to_be_deleted(folder_of, litter):
    folder = folder_of("kmeans")
    (folder / litter).write_bytes(b"x")
    message = refused(folder)
    assert "was put there by the operating system: delete it." in message
    assert "Write it again" not in message
    (folder / litter).unlink()
    assert Scorer.load(folder).model.k == 3


def test_pipes_folders_and_links_are_no_files_of_a_scorer(folder_of):
    folder = folder_of("kmeans")
    (folder / "model.npz").unlink()
    os.mkfifo(folder / "model.npz")
    assert "file 'model.npz' was changed" in refused(folder)
    (folder / "model.npz").unlink()
    (folder / "model.npz").mkdir()
    assert "file 'model.npz' was changed" in refused(folder)
    (folder / "model.npz").rmdir()
    (folder / "model.npz").symlink_to("/dev/zero")
    assert "file 'model.npz' was changed" in refused(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.pop("format"),
        lambda m: m.update(format="2"),
        lambda m: m.update(files=[]),
        lambda m: m["files"].update({"more.json": "0" * 64}),
        lambda m: m["files"].pop("model.npz"),
        lambda m: m["files"].update({"../scorer.json": "0" * 64}),
        lambda m: m.update(extra=1),
    ],
)
def test_a_manifest_that_matches_itself_and_is_none_is_refused(folder_of, change):
    folder = folder_of("kmeans")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest.pop("checksum")
    change(manifest)
    checksum = storage._sha256(storage.as_json(manifest))
    (folder / "manifest.json").write_bytes(storage.as_json({**manifest, "checksum": checksum}))
    refused(folder)
