"""Many tensors, one vector."""

from __future__ import annotations

import pytest
import torch

from sgo_teach.nets.parameters import ParameterVector


def tensors():
    generator = torch.Generator().manual_seed(0)
    shapes = [(2, 3), (4,), (1, 2, 2)]
    return [torch.randn(s, generator=generator).requires_grad_() for s in shapes]


def test_split_undoes_flatten():
    params = tensors()
    vector = ParameterVector(params)
    assert len(vector) == 14
    parts = vector.split(vector.flatten(params))
    assert all(torch.equal(part, p) for part, p in zip(parts, params, strict=True))


def test_write_undoes_read():
    params = tensors()
    vector = ParameterVector(params)
    theta = vector.read()
    vector.write(theta + 1)
    assert torch.equal(vector.read(), theta + 1)
    vector.write(theta)
    assert torch.equal(params[0], tensors()[0])


def test_read_is_a_copy():
    params = tensors()[:1]
    theta = ParameterVector(params).read()
    theta += 1
    assert torch.equal(params[0], tensors()[0])


def test_memory_order_does_not_change_the_vector():
    p = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    last = p.to(memory_format=torch.channels_last).requires_grad_()
    assert torch.equal(ParameterVector([last]).read(), p.reshape(-1))
    vector = ParameterVector([last])
    vector.write(2 * p.reshape(-1))
    assert torch.equal(last, 2 * p)


def test_mixed_precision_meets_in_the_wider_one():
    narrow = torch.ones(2, requires_grad=True)
    wide = torch.full((3,), 1 / 3, dtype=torch.float64, requires_grad=True)
    vector = ParameterVector([narrow, wide])
    theta = vector.read()
    assert theta.dtype == torch.float64
    assert [part.dtype for part in vector.split(theta)] == [torch.float32, torch.float64]
    vector.write(theta)
    assert torch.equal(wide, torch.full((3,), 1 / 3, dtype=torch.float64))


def test_frozen_tensors_are_left_out_and_missing_parts_are_zero():
    params = tensors()
    params[1].requires_grad_(False)
    vector = ParameterVector(params)
    assert len(vector) == 10
    assert torch.equal(vector.flatten([None, None]), torch.zeros(10))


def test_nothing_to_train_is_an_error():
    with pytest.raises(ValueError, match="requires_grad"):
        ParameterVector([torch.ones(3)])


@pytest.mark.parametrize("shape", [(13,), (15,), (14, 1), ()])
def test_a_vector_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"\(14,\)"):
        ParameterVector(tensors()).split(torch.zeros(shape))


def test_a_sparse_part_is_flattened_like_a_dense_one():
    vector = ParameterVector([torch.ones(3, 2, requires_grad=True)])
    part = torch.tensor([[0.0, 0.0], [1.0, 2.0], [0.0, 0.0]])
    assert torch.equal(vector.flatten([part.to_sparse(1)]), part.flatten())
