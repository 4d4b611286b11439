"""CIFAR-10 from small files in its format: whole or refused, and never anything but bytes."""

from __future__ import annotations

import hashlib
import io
import socket
import tarfile

import numpy as np
import pooch
import pytest
import requests

from sgo_teach.data import DataUnavailable, cifar10, cifar10_or_digits
from sgo_teach.data.archive import fetch, unpack
from sgo_teach.data.cifar import CHECKSUM, CLASSES, FOLDER, TEST, TRAIN, URL

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
ARCHIVE = URL.rpartition("/")[2]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a test reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def record(label, pixels):
    return bytes([label]) + np.asarray(pixels, np.uint8).tobytes()


def contents(per_file=4, seed=0):
    """Name -> bytes of a small CIFAR-10."""
    rng = np.random.default_rng(seed)
    files = {CLASSES: ("\n".join(NAMES) + "\n\n").encode()}
    for name in (*TRAIN, *TEST):
        rows = [record(rng.integers(10), rng.integers(0, 256, 3072)) for _ in range(per_file)]
        files[name] = b"".join(rows)
    return files


def write_folder(path, files):
    path.mkdir(parents=True)
    for name, data in files.items():
        (path / name).write_bytes(data)
    return path


def write_archive(path, files, *more, folder=FOLDER):
    """A tar.gz of `files`, and of further (TarInfo, bytes); its checksum comes back."""
    with tarfile.open(path, "w:gz") as tar:
        for name, data in files.items():
            add(tar, tarfile.TarInfo(f"{folder}/{name}"), data)
        for member, data in more:
            add(tar, member, data)
    return checksum(path)


def add(tar, member, data):
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def checksum(path):
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def link(name, target, kind):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member, b""


def files_under(path):
    return sorted(str(p.relative_to(path)) for p in path.rglob("*"))


def test_images_and_labels_are_those_of_the_files(tmp_path):
    files = contents()
    data = cifar10(write_folder(tmp_path / FOLDER, files))
    assert data.train_images.shape == (20, 3, 32, 32)
    assert data.test_images.shape == (4, 3, 32, 32)
    assert data.train_images.dtype == data.test_images.dtype == np.float32
    assert data.train_labels.dtype == data.test_labels.dtype == np.int64
    assert data.classes == tuple(NAMES)
    raw = np.frombuffer(b"".join(files[name] for name in TRAIN), np.uint8).reshape(20, 3073)
    np.testing.assert_array_equal(data.train_labels, raw[:, 0])
    np.testing.assert_allclose(data.train_images.reshape(20, -1), raw[:, 1:] / 255, rtol=1e-6)


def test_planes_are_red_green_blue_and_each_goes_row_by_row(tmp_path):
    files = contents()
    pixels = np.zeros((3, 32, 32), np.uint8)
    pixels[0] = 255  # all red,
    pixels[1, 2, 5] = 51  # a little green in row 2, column 5
    files[TEST[0]] = 4 * record(7, pixels)
    data = cifar10(write_folder(tmp_path / FOLDER, files))
    assert data.test_labels.tolist() == [7] * 4
    assert np.all(data.test_images[0, 0] == 1)
    assert data.test_images[0, 1, 2, 5] == pytest.approx(0.2)
    assert data.test_images[0, 1:].sum() == pytest.approx(0.2)


@pytest.mark.parametrize("name", [TRAIN[0], TRAIN[-1], TEST[0]])
def test_a_batch_that_is_cut_at_a_whole_record_is_refused(tmp_path, name):
    files = contents()
    files[name] = files[name][:-3073]
    with pytest.raises(DataUnavailable, match=f"{name} holds 9219"):
        cifar10(write_folder(tmp_path / FOLDER, files))


def test_every_place_the_data_may_lie_gives_the_same(tmp_path):
    files = contents()
    inside = write_folder(tmp_path / "a" / FOLDER, files)
    (tmp_path / "b").mkdir()
    archive = tmp_path / "b" / ARCHIVE
    right = write_archive(archive, files)
    by_folder = cifar10(inside)
    places = [(inside.parent, True), (archive, True), (tmp_path / "b", False)]
    for place, download in places:
        data = cifar10(str(place), download, checksum=right)
        np.testing.assert_array_equal(data.train_images, by_folder.train_images)
        np.testing.assert_array_equal(data.test_labels, by_folder.test_labels)


def test_an_archive_in_its_folder_needs_no_download(tmp_path):
    right = write_archive(tmp_path / ARCHIVE, contents())
    assert len(cifar10(tmp_path, checksum=right).test_labels) == 4
    assert {p.name for p in tmp_path.iterdir()} == {ARCHIVE, FOLDER}
    (tmp_path / ARCHIVE).unlink()
    assert len(cifar10(tmp_path, download=False).test_labels) == 4


def test_a_part_of_the_data_is_the_beginning(tmp_path):
    folder = write_folder(tmp_path / FOLDER, contents())
    whole, part = cifar10(folder), cifar10(folder, train_size=6, test_size=1)
    np.testing.assert_array_equal(part.train_images, whole.train_images[:6])
    np.testing.assert_array_equal(part.test_labels, whole.test_labels[:1])


@pytest.mark.parametrize("sizes", [{"train_size": 21}, {"test_size": 5}, {"train_size": 0}])
def test_more_images_than_there_are_is_refused(tmp_path, sizes):
    folder = write_folder(tmp_path / FOLDER, contents())
    with pytest.raises(ValueError, match=r"must be from 1 to (20|4), not"):
        cifar10(folder, **sizes)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        (TRAIN[2], contents()[TRAIN[2]][:-1], "whole records of 3073 bytes, not 12291"),
        (TRAIN[0], b"", "whole records of 3073 bytes, not 0"),
        (TEST[0], b"<html>not found</html>", "whole records"),
        (TRAIN[4], record(10, np.zeros(3072)), "labels must be below 10.*label 10"),
        (CLASSES, b"cat\ndog\n", "labels must be below 2"),
        (CLASSES, b"", "labels must be below 0"),
        (CLASSES, b"\xff\xfe", "cannot be read"),
    ],
)
def test_what_is_broken_is_named_and_the_digits_offered(tmp_path, name, data, said):
    folder = write_folder(tmp_path / FOLDER, {**contents(), name: data})
    with pytest.raises(DataUnavailable, match=f"(?s){said}.*digits"):
        cifar10(folder)


@pytest.mark.parametrize("name", [CLASSES, *TRAIN[1:], *TEST])
def test_a_missing_file_is_named(tmp_path, name):
    folder = write_folder(tmp_path / FOLDER, contents())
    (folder / name).unlink()
    with pytest.raises(DataUnavailable, match=name):
        cifar10(folder)


def test_an_archive_with_another_checksum_is_not_opened(tmp_path):
    write_archive(tmp_path / ARCHIVE, contents())
    for place in (tmp_path, tmp_path / ARCHIVE):
        with pytest.raises(DataUnavailable, match="checksum"):
            cifar10(place, download=False)
    assert files_under(tmp_path) == [ARCHIVE]


def test_the_checksum_is_a_sha256():
    kind, _, digits = CHECKSUM.partition(":")
    assert kind == "sha256"
    assert len(bytes.fromhex(digits)) == 32


BAD_MEMBERS = {
    "upwards": (tarfile.TarInfo("../outside.txt"), b"x"),
    "upwards within": (tarfile.TarInfo(f"{FOLDER}/../../outside.txt"), b"x"),
    "absolute": (tarfile.TarInfo("/outside.txt"), b"x"),
    "a drive": (tarfile.TarInfo("C:outside.txt"), b"x"),
    "a backslash": (tarfile.TarInfo("..\\outside.txt"), b"x"),
    "a symbolic link": link(f"{FOLDER}/link", "/etc", tarfile.SYMTYPE),
    "a hard link": link(f"{FOLDER}/link", "../../outside.txt", tarfile.LNKTYPE),
    "a pipe": link(f"{FOLDER}/pipe", "", tarfile.FIFOTYPE),
}


@pytest.mark.parametrize("bad", BAD_MEMBERS)
@pytest.mark.parametrize("first", [True, False])
def test_an_archive_that_reaches_outside_is_refused_whole(tmp_path, bad, first):
    inside = tmp_path / "data"
    inside.mkdir()
    files, more = ({}, contents()) if first else (contents(), {})
    late = [(tarfile.TarInfo(f"{FOLDER}/{name}"), data) for name, data in more.items()]
    right = write_archive(inside / ARCHIVE, files, BAD_MEMBERS[bad], *late)
    with pytest.raises(DataUnavailable, match="plain files inside its own folder"):
        cifar10(inside, download=False, checksum=right)
    assert files_under(tmp_path) == ["data", f"data/{ARCHIVE}"]


def test_a_wanted_name_that_is_a_folder_or_missing_is_refused(tmp_path):
    files = contents()
    del files[TEST[0]]
    right = write_archive(tmp_path / ARCHIVE, files)
    with pytest.raises(DataUnavailable, match=TEST[0]):
        cifar10(tmp_path, download=False, checksum=right)
    member = tarfile.TarInfo(f"{FOLDER}/{TEST[0]}")
    member.type = tarfile.DIRTYPE
    right = write_archive(tmp_path / ARCHIVE, files, (member, b""))
    with pytest.raises(DataUnavailable, match="folder"):
        cifar10(tmp_path, download=False, checksum=right)
    assert files_under(tmp_path) == [ARCHIVE]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_half_an_archive_leaves_nothing_behind(tmp_path, share):
    archive = tmp_path / ARCHIVE
    write_archive(archive, contents())
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(DataUnavailable, match="could not be unpacked|must hold"):
        unpack(archive, (CLASSES, *TRAIN, *TEST), tmp_path / FOLDER)
    assert files_under(tmp_path) == [ARCHIVE]


def test_a_flipped_byte_is_found_by_the_checksum(tmp_path):
    archive = tmp_path / ARCHIVE
    right = write_archive(archive, contents())
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1
    archive.write_bytes(bytes(data))
    with pytest.raises(DataUnavailable, match="checksum"):
        cifar10(archive, checksum=right)


def test_a_folder_that_another_process_unpacked_meanwhile_is_kept(tmp_path):
    archive, target = tmp_path / ARCHIVE, tmp_path / FOLDER
    write_archive(archive, contents())
    write_folder(target, {"there": b"first"})
    unpack(archive, (CLASSES, *TRAIN, *TEST), target)
    assert {p.name for p in tmp_path.iterdir()} == {ARCHIVE, FOLDER}
    assert (target / "there").read_bytes() == b"first"


def test_a_download_takes_its_name_only_when_it_is_whole(tmp_path):
    whole = b"all of it"
    right = "md5:" + hashlib.md5(whole).hexdigest()
    seen = []

    def downloader(data, error=None):
        def download(url, path, _):
            seen.append(files_under(tmp_path))
            with open(path, "wb") as file:
                file.write(data)
            if error:
                raise error

        return download

    for broken in (
        downloader(whole[:4]),
        downloader(whole[:4], requests.ConnectionError("the line broke")),
        downloader(b"", OSError("no space left on device")),
    ):
        with pytest.raises(DataUnavailable, match="could not be fetched whole"):
            fetch(URL, right, tmp_path, broken)
        assert files_under(tmp_path) == []
    assert fetch(URL, right, tmp_path, downloader(whole)).read_bytes() == whole
    assert all(ARCHIVE not in names for names in seen)
    fetch(URL, right, tmp_path, downloader(b"", AssertionError("it was there already")))
    (tmp_path / ARCHIVE).write_bytes(whole[:4])  # a broken one is replaced
    assert fetch(URL, right, tmp_path, downloader(whole)).read_bytes() == whole


def offline(*args, **kwargs):
    raise requests.ConnectionError("no route to host")


def test_without_a_network_the_error_names_the_digits(tmp_path, monkeypatch):
    monkeypatch.setattr(pooch, "retrieve", offline)
    with pytest.raises(DataUnavailable, match=r"(?s)no route to host.*`folder`.*digits\(\)"):
        cifar10(tmp_path)
    with pytest.raises(DataUnavailable, match=r"(?s)download=True.*digits\(\)"):
        cifar10(tmp_path, download=False)
    with pytest.raises(DataUnavailable, match="download=True"):
        cifar10(tmp_path / "nowhere", download=False)


def test_a_broken_archive_named_by_its_path_is_not_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(pooch, "retrieve", offline)
    (tmp_path / "mine.tar.gz").write_bytes(b"mine")
    with pytest.raises(DataUnavailable, match="checksum"):
        cifar10(tmp_path / "mine.tar.gz")
    assert (tmp_path / "mine.tar.gz").read_bytes() == b"mine"


def test_the_users_cache_is_the_default_and_the_archive_is_fetched_there(tmp_path, monkeypatch):
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)
    right = []

    def retrieve(url, known_hash, name, folder, *rest):
        folder.mkdir()
        right.append(write_archive(folder / name, contents()))
        assert (url, known_hash) == (URL, CHECKSUM)
        return str(folder / name)

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    assert len(cifar10().train_labels) == 20
    assert len(cifar10().train_labels) == 20
    assert len(right) == 1
    assert (tmp_path / "sgo_teach" / FOLDER).is_dir()


def test_the_fallback_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(pooch, "retrieve", offline)
    data, note = cifar10_or_digits(tmp_path)
    assert data.train_images.shape == (1437, 1, 8, 8)
    assert "digits instead of CIFAR-10" in note
    assert "no route to host" in note
    write_folder(tmp_path / FOLDER, contents())
    data, note = cifar10_or_digits(tmp_path, train_size=3)
    assert data.train_images.shape == (3, 3, 32, 32)
    assert note == ""
    with pytest.raises(ValueError, match="train_size"):
        cifar10_or_digits(tmp_path, train_size=99)


def test_nothing_is_printed(tmp_path, capfd):
    right = write_archive(tmp_path / ARCHIVE, contents())
    cifar10(tmp_path, checksum=right)
    cifar10_or_digits(tmp_path / "nowhere", download=False)
    assert capfd.readouterr() == ("", "")
