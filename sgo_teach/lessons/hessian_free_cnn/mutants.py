"""Classic wrong answers to the exercises of lesson 12, each under the name of the slip it must earn."""

OWN_UPDATE = {
    "curvature_on_the_batch": """def own_update(logits, labels, theta, damping, batch, part, max_steps):
    def loss(at):
        return cross_entropy(logits(at, batch), labels[batch])
    def product(v):
        return ggn_vector_product(
            lambda at: logits(at, batch), output_hessian_product, theta, v)
    g = torch.func.grad(loss)(theta)
    return hessian_free_step(loss, g, product, theta, damping, max_steps)
""",
    "curvature_on_all": """def own_update(logits, labels, theta, damping, batch, part, max_steps):
    def loss(at):
        return cross_entropy(logits(at, batch), labels[batch])
    def product(v):
        return ggn_vector_product(
            lambda at: logits(at, slice(None)), output_hessian_product, theta, v)
    g = torch.func.grad(loss)(theta)
    return hessian_free_step(loss, g, product, theta, damping, max_steps)
""",
    "gradient_on_the_part": """def own_update(logits, labels, theta, damping, batch, part, max_steps):
    def loss(at):
        return cross_entropy(logits(at, batch), labels[batch])
    def on_part(at):
        return cross_entropy(logits(at, part), labels[part])
    def product(v):
        return ggn_vector_product(
            lambda at: logits(at, part), output_hessian_product, theta, v)
    g = torch.func.grad(on_part)(theta)
    return hessian_free_step(loss, g, product, theta, damping, max_steps)
""",
    "judged_on_the_part": """def own_update(logits, labels, theta, damping, batch, part, max_steps):
    def loss(at):
        return cross_entropy(logits(at, batch), labels[batch])
    def on_part(at):
        return cross_entropy(logits(at, part), labels[part])
    def product(v):
        return ggn_vector_product(
            lambda at: logits(at, part), output_hessian_product, theta, v)
    g = torch.func.grad(loss)(theta)
    return hessian_free_step(on_part, g, product, theta, damping, max_steps)
""",
    "all_on_the_part": """def own_update(logits, labels, theta, damping, batch, part, max_steps):
    def loss(at):
        return cross_entropy(logits(at, part), labels[part])
    def product(v):
        return ggn_vector_product(
            lambda at: logits(at, part), output_hessian_product, theta, v)
    g = torch.func.grad(loss)(theta)
    return hessian_free_step(loss, g, product, theta, damping, max_steps)
""",
    "all_images": """def own_update(logits, labels, theta, damping, batch, part, max_steps):
    def loss(at):
        return cross_entropy(logits(at, slice(None)), labels)
    def product(v):
        return ggn_vector_product(
            lambda at: logits(at, part), output_hessian_product, theta, v)
    g = torch.func.grad(loss)(theta)
    return hessian_free_step(loss, g, product, theta, damping, max_steps)
""",
    "no_output_hessian": """def own_update(logits, labels, theta, damping, batch, part, max_steps):
    def loss(at):
        return cross_entropy(logits(at, batch), labels[batch])
    def product(v):
        return ggn_vector_product(
            lambda at: logits(at, part), lambda z, w: w, theta, v)
    g = torch.func.grad(loss)(theta)
    return hessian_free_step(loss, g, product, theta, damping, max_steps)
""",
    "step_for_theta": """def own_update(logits, labels, theta, damping, batch, part, max_steps):
    def loss(at):
        return cross_entropy(logits(at, batch), labels[batch])
    def product(v):
        return ggn_vector_product(
            lambda at: logits(at, part), output_hessian_product, theta, v)
    g = torch.func.grad(loss)(theta)
    new, damping, ratio = hessian_free_step(loss, g, product, theta, damping, max_steps)
    return new - theta, damping, ratio
""",
    "theta_twice": """def own_update(logits, labels, theta, damping, batch, part, max_steps):
    def loss(at):
        return cross_entropy(logits(at, batch), labels[batch])
    def product(v):
        return ggn_vector_product(
            lambda at: logits(at, part), output_hessian_product, theta, v)
    g = torch.func.grad(loss)(theta)
    new, damping, ratio = hessian_free_step(loss, g, product, theta, damping, max_steps)
    return theta + new, damping, ratio
""",
    "damping_lost": """def own_update(logits, labels, theta, damping, batch, part, max_steps):
    def loss(at):
        return cross_entropy(logits(at, batch), labels[batch])
    def product(v):
        return ggn_vector_product(
            lambda at: logits(at, part), output_hessian_product, theta, v)
    g = torch.func.grad(loss)(theta)
    new, _, ratio = hessian_free_step(loss, g, product, theta, damping, max_steps)
    return new, damping, ratio
""",
    "not_moved": """def own_update(logits, labels, theta, damping, batch, part, max_steps):
    def loss(at):
        return cross_entropy(logits(at, batch), labels[batch])
    def product(v):
        return ggn_vector_product(
            lambda at: logits(at, part), output_hessian_product, theta, v)
    g = torch.func.grad(loss)(theta)
    _, damping, ratio = hessian_free_step(loss, g, product, theta, damping, max_steps)
    return theta, damping, ratio
""",
    "raised": """def own_update(logits, labels, theta, damping, batch, part, max_steps):
    def loss(at):
        return cross_entropy(logits(at, batch), labels)
    def product(v):
        return ggn_vector_product(
            lambda at: logits(at, part), output_hessian_product, theta, v)
    g = torch.func.grad(loss)(theta)
    return hessian_free_step(loss, g, product, theta, damping, max_steps)
""",
}

GRADIENT_EQUIVALENTS = {
    "gradient_missing": """def gradient_equivalents(N, batch, part, products, trials):
    return (5 * products * part + trials * batch) / (3 * N)
""",
    "trials_missing": """def gradient_equivalents(N, batch, part, products, trials):
    return batch / N + 5 / 3 * products * part / N
""",
    "products_missing": """def gradient_equivalents(N, batch, part, products, trials):
    return batch / N * (1 + trials / 3)
""",
    "products_on_the_batch": """def gradient_equivalents(N, batch, part, products, trials):
    return batch / N * (1 + 5 / 3 * products + trials / 3)
""",
    "trials_on_the_part": """def gradient_equivalents(N, batch, part, products, trials):
    return (batch + part * (5 / 3 * products + trials / 3)) / N
""",
    "in_images": """def gradient_equivalents(N, batch, part, products, trials):
    return batch + 5 / 3 * products * part + trials * batch / 3
""",
    "per_batch": """def gradient_equivalents(N, batch, part, products, trials):
    return 1 + 5 / 3 * products * part / batch + trials / 3
""",
    "trial_for_a_gradient": """def gradient_equivalents(N, batch, part, products, trials):
    return (batch + 5 / 3 * products * part + trials * batch) / N
""",
    "product_for_a_gradient": """def gradient_equivalents(N, batch, part, products, trials):
    return (batch + products * part + trials * batch / 3) / N
""",
    "rounded": """def gradient_equivalents(N, batch, part, products, trials):
    return batch // N + 5 * products * part // (3 * N) + trials * batch // (3 * N)
""",
}

SPENT_UNTIL = {
    "never": """def spent_until(spent, accuracies, goal):
    for s, a in zip(spent, accuracies):
        if a >= goal:
            return s
    return spent[-1]
""",
    "never#2": """def spent_until(spent, accuracies, goal):
    for s, a in zip(spent, accuracies):
        if a >= goal:
            return s
    return -1.0
""",
    "must_exceed": """def spent_until(spent, accuracies, goal):
    for s, a in zip(spent, accuracies):
        if a > goal:
            return s
    return np.inf
""",
    "index": """def spent_until(spent, accuracies, goal):
    for i, a in enumerate(accuracies):
        if a >= goal:
            return float(i)
    return np.inf
""",
    "accuracy": """def spent_until(spent, accuracies, goal):
    for a in accuracies:
        if a >= goal:
            return a
    return np.inf
""",
    "last": """def spent_until(spent, accuracies, goal):
    found = np.inf
    for s, a in zip(spent, accuracies):
        if a >= goal:
            found = s
    return found
""",
    "best": """def spent_until(spent, accuracies, goal):
    if max(accuracies) < goal:
        return np.inf
    return spent[accuracies.index(max(accuracies))]
""",
    "before": """def spent_until(spent, accuracies, goal):
    before = np.inf
    for s, a in zip(spent, accuracies):
        if a >= goal:
            return before
        before = s
    return np.inf
""",
    "raised": """def spent_until(spent, accuracies, goal):
    return spent[[a >= goal for a in accuracies].index(True)]
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
