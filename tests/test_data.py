"""The digits: real, whole, split once and for all."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from sgo_teach.data import digits


@pytest.fixture(scope="module")
def data():
    return digits()


def test_shapes_and_types(data):
    assert data.train_images.shape == (1437, 1, 8, 8)
    assert data.test_images.shape == (360, 1, 8, 8)
    assert data.train_labels.shape == (1437,)
    assert data.test_labels.shape == (360,)
    assert data.train_images.dtype == data.test_images.dtype == np.float32
    assert data.train_labels.dtype == data.test_labels.dtype == np.int64
    assert data.classes == tuple("0123456789")


def test_pixels_fill_the_unit_interval(data):
    images = np.concatenate([data.train_images, data.test_images])
    assert images.min() == 0
    assert images.max() == 1


def test_every_digit_of_scikit_learn_is_there_exactly_once(data):
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    ours = np.concatenate([data.train_images, data.test_images]).reshape(-1, 64) * 16
    ours = np.column_stack([ours, np.concatenate([data.train_labels, data.test_labels])])
    theirs = np.column_stack([pixels, labels])

    def in_order(rows):
        return rows[np.lexsort(rows.T)]

    np.testing.assert_array_equal(in_order(ours), in_order(theirs))


def test_the_split_is_fixed_by_its_seed(data):
    again, other = digits(), digits(seed=1)
    np.testing.assert_array_equal(again.test_images, data.test_images)
    assert not np.array_equal(other.test_images, data.test_images)


def test_each_class_has_its_share_of_the_test_images(data):
    train, test = np.bincount(data.train_labels), np.bincount(data.test_labels)
    assert np.abs(test - 360 * (train + test) / 1797).max() <= 1


@pytest.mark.parametrize("test_size", [0, 9, 1788, 1797, -5])
def test_a_split_without_all_classes_is_refused(test_size):
    with pytest.raises(ValueError, match="from 10 to 1787"):
        digits(test_size=test_size)


def test_data_does_not_need_torch():
    code = "import sys, sgo_teach.data as d; d.digits(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
