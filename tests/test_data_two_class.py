"""The tumours: ten columns, standardised without a look at what is held out."""

from __future__ import annotations

import numpy as np
import pytest

from sgo_teach.data import two_class


@pytest.fixture(scope="module")
def data():
    return two_class()


def test_shapes_types_and_names(data):
    assert data.train_inputs.shape == (400, 10)
    assert data.test_inputs.shape == (169, 10)
    assert data.train_labels.shape == (400,)
    assert data.test_labels.shape == (169,)
    assert data.train_inputs.dtype == data.test_inputs.dtype == np.float64
    assert data.train_labels.dtype == data.test_labels.dtype == np.int64
    assert set(data.train_labels) == set(data.test_labels) == {0, 1}
    assert data.classes == ("malignant", "benign")
    assert len(data.features) == 10
    assert all(name.startswith("mean ") for name in data.features)


def test_the_training_part_alone_is_standardised(data):
    np.testing.assert_allclose(data.train_inputs.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(data.train_inputs.std(axis=0), 1, atol=1e-12)
    assert np.abs(data.test_inputs.mean(axis=0)).max() > 1e-3


def test_each_column_is_scikit_learns_up_to_scale_and_shift(data):
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    ours = np.concatenate([data.train_inputs, data.test_inputs])
    labels = np.concatenate([data.train_labels, data.test_labels])
    assert np.sum(labels == 0) == np.sum(bunch["target"] == 0) == 212
    for column, theirs in zip(ours.T, bunch["data"][:, :10].T, strict=True):
        spread = np.ptp(theirs) / np.ptp(column)
        rescaled = np.sort(column) * spread + theirs.min() - column.min() * spread
        np.testing.assert_allclose(rescaled, np.sort(theirs), rtol=1e-9)


def test_the_split_is_fixed_by_its_seed_and_stratified(data):
    again, other = two_class(), two_class(seed=1)
    np.testing.assert_array_equal(again.test_inputs, data.test_inputs)
    assert not np.array_equal(other.test_labels, data.test_labels)
    assert abs(np.sum(data.test_labels == 0) - 169 * 212 / 569) <= 1


def test_the_classes_can_be_told_apart_by_a_line(data):
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression().fit(data.train_inputs, data.train_labels)
    assert model.score(data.test_inputs, data.test_labels) > 0.9


@pytest.mark.parametrize("test_size", [0, 1, 568, 569])
def test_a_split_without_both_classes_is_refused(test_size):
    with pytest.raises(ValueError, match="from 2 to 567"):
        two_class(test_size=test_size)
