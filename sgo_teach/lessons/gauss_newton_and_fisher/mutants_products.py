"""Classic wrong answers to the products of lesson 10, each under the slip it must earn."""

OUTPUT_HESSIAN_PRODUCT = {
    "logits_for_probabilities": """def output_hessian_product(z, w):
    return (z * w - z * (z * w).sum(1, keepdim=True)) / len(z)
""",
    "softmax_over_images": """def output_hessian_product(z, w):
    p = z.softmax(0)
    return (p * w - p * (p * w).sum(1, keepdim=True)) / len(z)
""",
    "diagonal_only": """def output_hessian_product(z, w):
    return z.softmax(1) * w / len(z)
""",
    "own_variance": """def output_hessian_product(z, w):
    p = z.softmax(1)
    return p * (1 - p) * w / len(z)
""",
    "sum_over_images": """def output_hessian_product(z, w):
    p = z.softmax(1)
    return (p * w - p * (p * w).sum(0)) / len(z)
""",
    "sum_over_all": """def output_hessian_product(z, w):
    p = z.softmax(1)
    return (p * w - p * (p * w).sum()) / len(z)
""",
    "plus": """def output_hessian_product(z, w):
    p = z.softmax(1)
    return (p * w + p * (p * w).sum(1, keepdim=True)) / len(z)
""",
    "sum_for_mean": """def output_hessian_product(z, w):
    p = z.softmax(1)
    return p * w - p * (p * w).sum(1, keepdim=True)
""",
    "mean_over_all": """def output_hessian_product(z, w):
    p = z.softmax(1)
    return (p * w - p * (p * w).sum(1, keepdim=True)) / z.numel()
""",
    "logarithms": """def output_hessian_product(z, w):
    p = z.log_softmax(1)
    return (p * w - p * (p * w).sum(1, keepdim=True)) / len(z)
""",
    "softmax_twice": """def output_hessian_product(z, w):
    p = z.softmax(1).softmax(1)
    return (p * w - p * (p * w).sum(1, keepdim=True)) / len(z)
""",
    "softmax_over_all": """def output_hessian_product(z, w):
    p = z.exp() / z.exp().sum()
    return (p * w - p * (p * w).sum(1, keepdim=True)) / len(z)
""",
    "diagonal_only#2": """def output_hessian_product(z, w):
    return z.softmax(1) * w
""",
    "own_variance#2": """def output_hessian_product(z, w):
    p = z.softmax(1)
    return p * (1 - p) * w
""",
    "sum_over_images#2": """def output_hessian_product(z, w):
    p = z.softmax(1)
    return (p * w - (p @ w.T) @ p) / len(z)
""",
    "mean_over_classes": """def output_hessian_product(z, w):
    p = z.softmax(1)
    return (p * w - p * (p * w).mean(1, keepdim=True)) / len(z)
""",
    "sum_of_w": """def output_hessian_product(z, w):
    p = z.softmax(1)
    return (p * w - p * w.sum(1, keepdim=True)) / len(z)
""",
    "negative": """def output_hessian_product(z, w):
    p = z.softmax(1)
    return (p * (p * w).sum(1, keepdim=True) - p * w) / len(z)
""",
    "mean_over_all#2": """def output_hessian_product(z, w):
    p = z.softmax(1)
    return (p * w - p * (p * w).sum(1, keepdim=True)) / z.shape[1]
""",
    "raised": """def output_hessian_product(z, w):
    p = z.softmax(1)
    return (p * w - p * (p * w).sum(1)) / len(z)
""",
}

GGN_VECTOR_PRODUCT = {
    "no_output_hessian": """def ggn_vector_product(network, output_hessian, theta, v):
    z, Jv = torch.func.jvp(network, (theta,), (v,))
    _, vjp = torch.func.vjp(network, theta)
    return vjp(Jv)[0]
""",
    "not_pulled_back": """def ggn_vector_product(network, output_hessian, theta, v):
    z, Jv = torch.func.jvp(network, (theta,), (v,))
    return output_hessian(z, Jv)
""",
    "not_pulled_back#2": """def ggn_vector_product(network, output_hessian, theta, v):
    return torch.func.jvp(network, (theta,), (v,))[1]
""",
    "swapped_arguments": """def ggn_vector_product(network, output_hessian, theta, v):
    z, Jv = torch.func.jvp(network, (theta,), (v,))
    _, vjp = torch.func.vjp(network, theta)
    return vjp(output_hessian(Jv, z))[0]
""",
    "outputs_for_tangent": """def ggn_vector_product(network, output_hessian, theta, v):
    z, vjp = torch.func.vjp(network, theta)
    return vjp(output_hessian(z, z))[0]
""",
    "row_sums": """def ggn_vector_product(network, output_hessian, theta, v):
    z, Jv = torch.func.jvp(network, (theta,), (v,))
    _, vjp = torch.func.vjp(network, theta)
    return vjp(output_hessian(z, torch.ones_like(z)) * Jv)[0]
""",
    "at_v": """def ggn_vector_product(network, output_hessian, theta, v):
    z, Jv = torch.func.jvp(network, (v,), (theta,))
    _, vjp = torch.func.vjp(network, v)
    return vjp(output_hessian(z, Jv))[0]
""",
    "pulled_back_at_v": """def ggn_vector_product(network, output_hessian, theta, v):
    z, Jv = torch.func.jvp(network, (theta,), (v,))
    _, vjp = torch.func.vjp(network, v)
    return vjp(output_hessian(z, Jv))[0]
""",
    "twice_output_hessian": """def ggn_vector_product(network, output_hessian, theta, v):
    z, Jv = torch.func.jvp(network, (theta,), (v,))
    w = output_hessian(z, Jv)
    _, vjp = torch.func.vjp(network, theta)
    return vjp(output_hessian(z, w))[0]
""",
    "at_the_shifted_point": """def ggn_vector_product(network, output_hessian, theta, v):
    z, Jv = torch.func.jvp(network, (theta,), (v,))
    _, vjp = torch.func.vjp(network, theta)
    return vjp(output_hessian(z + Jv, Jv))[0]
""",
    "output_hessian_at_the_tangent": """def ggn_vector_product(network, output_hessian, theta, v):
    z, Jv = torch.func.jvp(network, (theta,), (v,))
    _, vjp = torch.func.vjp(network, theta)
    return vjp(output_hessian(Jv, Jv))[0]
""",
    "whole_step": """def ggn_vector_product(network, output_hessian, theta, v):
    z, vjp = torch.func.vjp(network, theta)
    return vjp(output_hessian(z, network(theta + v) - z))[0]
""",
    "negative": """def ggn_vector_product(network, output_hessian, theta, v):
    z, Jv = torch.func.jvp(network, (theta,), (v,))
    _, vjp = torch.func.vjp(network, theta)
    return -vjp(output_hessian(z, Jv))[0]
""",
    "type": """def ggn_vector_product(network, output_hessian, theta, v):
    z, Jv = torch.func.jvp(network, (theta,), (v,))
    _, vjp = torch.func.vjp(network, theta)
    return vjp(output_hessian(z, Jv))
""",
}
