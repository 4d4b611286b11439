"""Classic wrong answers to the exercises of lesson 12, each under the name of the slip it must earn."""

GGN_VECTOR_PRODUCT = {
    "no_output_hessian": """def ggn_vector_product(jvp, vjp, p, v):
    return vjp(jvp(v)) / len(p)
""",
    "no_output_hessian_no_mean": """def ggn_vector_product(jvp, vjp, p, v):
    return vjp(jvp(v))
""",
    "not_pulled_back": """def ggn_vector_product(jvp, vjp, p, v):
    Jv = jvp(v)
    return (p * Jv - p * (p * Jv).sum(1, keepdim=True)) / len(p)
""",
    "diagonal_only": """def ggn_vector_product(jvp, vjp, p, v):
    return vjp(p * jvp(v)) / len(p)
""",
    "own_variance": """def ggn_vector_product(jvp, vjp, p, v):
    return vjp(p * (1 - p) * jvp(v) / len(p))
""",
    "mean_over_images": """def ggn_vector_product(jvp, vjp, p, v):
    Jv = jvp(v)
    return vjp((p * Jv - p * (p * Jv).sum(0)) / len(p))
""",
    "plus": """def ggn_vector_product(jvp, vjp, p, v):
    Jv = jvp(v)
    return vjp((p * Jv + p * (p * Jv).sum(1, keepdim=True)) / len(p))
""",
    "sum_for_mean": """def ggn_vector_product(jvp, vjp, p, v):
    Jv = jvp(v)
    return vjp(p * Jv - p * (p * Jv).sum(1, keepdim=True))
""",
    "raised": """def ggn_vector_product(jvp, vjp, p, v):
    Jv = jvp(v)
    return vjp(p * Jv - p * (p * Jv).sum(1)) / len(p)
""",
}

REDUCTION_RATIO = {
    "upside_down": """def reduction_ratio(loss, new_loss, g, delta, G_delta):
    return float((g @ delta + 0.5 * delta @ G_delta) / (new_loss - loss))
""",
    "half_lost": """def reduction_ratio(loss, new_loss, g, delta, G_delta):
    return float((new_loss - loss) / (g @ delta + delta @ G_delta))
""",
    "slope_only": """def reduction_ratio(loss, new_loss, g, delta, G_delta):
    return float((new_loss - loss) / (g @ delta))
""",
    "curvature_only": """def reduction_ratio(loss, new_loss, g, delta, G_delta):
    return float((new_loss - loss) / (delta @ G_delta / 2))
""",
    "wrong_sign": """def reduction_ratio(loss, new_loss, g, delta, G_delta):
    return float((loss - new_loss) / (g @ delta + 0.5 * delta @ G_delta))
""",
    "not_a_change": """def reduction_ratio(loss, new_loss, g, delta, G_delta):
    return float(new_loss / (g @ delta + 0.5 * delta @ G_delta))
""",
    "model_with_value": """def reduction_ratio(loss, new_loss, g, delta, G_delta):
    model = loss + g @ delta + 0.5 * delta @ G_delta
    return float((new_loss - loss) / model)
""",
    "type": """def reduction_ratio(loss, new_loss, g, delta, G_delta):
    return (new_loss - loss) / (g @ delta + 0.5 * delta @ G_delta)
""",
}

DAMPING_RULE = {
    "swapped": """def damping_rule(damping, ratio):
    if not ratio >= 0.25:
        return 2 / 3 * damping
    return 3 / 2 * damping if ratio > 0.75 else damping
""",
    "factor_alone": """def damping_rule(damping, ratio):
    if not ratio >= 0.25:
        return 3 / 2
    return 2 / 3 if ratio > 0.75 else 1.0
""",
    "added": """def damping_rule(damping, ratio):
    if not ratio >= 0.25:
        return damping + 3 / 2
    return damping - 2 / 3 if ratio > 0.75 else damping
""",
    "two_zones": """def damping_rule(damping, ratio):
    return 2 / 3 * damping if ratio > 0.5 else 3 / 2 * damping
""",
    "nan": """def damping_rule(damping, ratio):
    if ratio < 0.25:
        return 3 / 2 * damping
    if ratio > 0.75:
        return 2 / 3 * damping
    return damping
""",
    "nan#2": """def damping_rule(damping, ratio):
    if ratio < 0.25:
        return 3 / 2 * damping
    elif ratio <= 0.75:
        return damping
    else:
        return 2 / 3 * damping
""",
    "stuck": """def damping_rule(damping, ratio):
    return 3 / 2 * damping if not ratio >= 0.25 else damping
""",
    "stuck#2": """def damping_rule(damping, ratio):
    return 2 / 3 * damping if ratio > 0.75 else damping
""",
    "other_factor": """def damping_rule(damping, ratio):
    if not ratio >= 0.25:
        return 2 * damping
    return damping / 2 if ratio > 0.75 else damping
""",
    "none": """def damping_rule(damping, ratio):
    if not ratio >= 0.25:
        damping = 3 / 2 * damping
    elif ratio > 0.75:
        damping = 2 / 3 * damping
""",
}

ACCURACY = {
    "count": """def accuracy(logits, labels):
    return float((logits.argmax(1) == labels).sum())
""",
    "per_cent": """def accuracy(logits, labels):
    return 100 * (logits.argmax(1) == labels).float().mean().item()
""",
    "errors": """def accuracy(logits, labels):
    return (logits.argmax(1) != labels).float().mean().item()
""",
    "per_logit": """def accuracy(logits, labels):
    return float((logits.argmax(1) == labels).sum() / logits.numel())
""",
    "wrong_axis": """def accuracy(logits, labels):
    best = logits.argmax(0)
    n = min(len(best), len(labels))
    return float((best[:n] == labels[:n]).float().mean())
""",
    "compares_values": """def accuracy(logits, labels):
    return (logits.max(1).values == labels).float().mean().item()
""",
    "type": """def accuracy(logits, labels):
    return (logits.argmax(1) == labels).float().mean()
""",
    "raised": """def accuracy(logits, labels):
    return (logits.argmax(1) == labels).mean().item()
""",
    "raised#2": """def accuracy(logits, labels):
    return (logits.argmax(0) == labels).float().mean().item()
""",
}

FIT = {
    "never_called": """def fit(network, images, labels, updates):
    optimizer = HessianFree(network.parameters(), damping=1.0)
    sgd = torch.optim.SGD(network.parameters(), lr=0.1)
    for _ in range(updates):
        optimizer.zero_grad()
        loss = cross_entropy(network(images), labels)
        loss.backward()
        sgd.step()
    return cross_entropy(network(images), labels).item()
""",
    "softmax_twice": """def fit(network, images, labels, updates):
    optimizer = HessianFree(network.parameters(), damping=1.0)
    def closure():
        p = network(images).softmax(1)
        return cross_entropy(p, labels), p
    for _ in range(updates):
        optimizer.step(closure)
    return cross_entropy(network(images), labels).item()
""",
    "both": """def fit(network, images, labels, updates):
    optimizer = HessianFree(network.parameters(), damping=1.0)
    sgd = torch.optim.SGD(network.parameters(), lr=0.1)
    def closure():
        logits = network(images)
        return cross_entropy(logits, labels), logits
    for _ in range(updates):
        optimizer.zero_grad()
        loss, _ = closure()
        loss.backward()
        sgd.step()
        optimizer.step(closure)
    return cross_entropy(network(images), labels).item()
""",
    "loss_before": """def fit(network, images, labels, updates):
    optimizer = HessianFree(network.parameters(), damping=1.0)
    def closure():
        logits = network(images)
        return cross_entropy(logits, labels), logits
    for _ in range(updates):
        loss = optimizer.step(closure)
    return loss.item()
""",
    "one_update": """def fit(network, images, labels, updates):
    optimizer = HessianFree(network.parameters(), damping=1.0)
    def closure():
        logits = network(images)
        return cross_entropy(logits, labels), logits
    for _ in range(updates):
        optimizer.step(closure)
        return cross_entropy(network(images), labels).item()
""",
    "no_update": """def fit(network, images, labels, updates):
    optimizer = HessianFree(network.parameters(), damping=1.0)
    for _ in range(updates):
        logits = network(images)
        loss = cross_entropy(logits, labels)
        loss.backward()
    return cross_entropy(network(images), labels).item()
""",
    "raised": """def fit(network, images, labels, updates):
    optimizer = HessianFree(network.parameters(), damping=1.0)
    for _ in range(updates):
        optimizer.step(lambda: cross_entropy(network(images), labels))
    return cross_entropy(network(images), labels).item()
""",
    "raised#2": """def fit(network, images, labels, updates):
    optimizer = HessianFree(network.parameters(), damping=1.0)
    for _ in range(updates):
        loss = cross_entropy(network(images), labels)
        loss.backward()
        optimizer.step()
    return cross_entropy(network(images), labels).item()
""",
}
