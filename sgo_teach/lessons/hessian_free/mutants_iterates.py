"""Classic wrong choices among CG's iterates, each under the name of the slip it must earn."""

BEST_ITERATE = {
    "a_number": """def best_iterate(loss, theta, iterates):
    return min(range(len(iterates)), key=lambda k: loss(theta + iterates[k]))
""",
    "a_number#2": """def best_iterate(loss, theta, iterates):
    lowest = loss(theta + iterates[-1])
    for delta in iterates[:-1].flip(0):
        tried = loss(theta + delta)
        if tried > lowest:
            break
        lowest = tried
    return lowest
""",
    "the_point": """def best_iterate(loss, theta, iterates):
    best = theta + iterates[-1]
    for delta in iterates[:-1].flip(0):
        if loss(theta + delta) > loss(best):
            break
        best = theta + delta
    return best
""",
    "lowest_of_all": """def best_iterate(loss, theta, iterates):
    return min(iterates, key=lambda delta: loss(theta + delta))
""",
    "lowest_of_all#2": """def best_iterate(loss, theta, iterates):
    best = iterates[-1]
    for delta in iterates[:-1].flip(0):
        if loss(theta + delta) <= loss(theta + best):
            best = delta
    return best
""",
    "forwards": """def best_iterate(loss, theta, iterates):
    best = iterates[0]
    for delta in iterates[1:]:
        if loss(theta + delta) > loss(theta + best):
            break
        best = delta
    return best
""",
    "last": """def best_iterate(loss, theta, iterates):
    return iterates[-1]
""",
    "first": """def best_iterate(loss, theta, iterates):
    best = iterates[-1]
    for delta in iterates[:-1].flip(0):
        best = delta
    return best
""",
    "stops_at_a_tie": """def best_iterate(loss, theta, iterates):
    best = iterates[-1]
    for delta in iterates[:-1].flip(0):
        if loss(theta + delta) >= loss(theta + best):
            break
        best = delta
    return best
""",
    "one_too_far": """def best_iterate(loss, theta, iterates):
    best, lowest = iterates[-1], loss(theta + iterates[-1])
    for delta in iterates[:-1].flip(0):
        best, tried = delta, loss(theta + delta)
        if tried > lowest:
            break
        lowest = tried
    return best
""",
    "compared_with_the_last": """def best_iterate(loss, theta, iterates):
    best, lowest = iterates[-1], loss(theta + iterates[-1])
    for delta in iterates[:-1].flip(0):
        if loss(theta + delta) > lowest:
            break
        best = delta
    return best
""",
    "without_theta": """def best_iterate(loss, theta, iterates):
    k = len(iterates) - 1
    while k > 0 and loss(iterates[k - 1]) <= loss(iterates[k]):
        k -= 1
    return iterates[k]
""",
    "first_left_out": """def best_iterate(loss, theta, iterates):
    k = len(iterates) - 1
    while k > 1 and loss(theta + iterates[k - 1]) <= loss(theta + iterates[k]):
        k -= 1
    return iterates[k]
""",
    "climbs": """def best_iterate(loss, theta, iterates):
    best = iterates[-1]
    for delta in iterates[:-1].flip(0):
        if loss(theta + delta) < loss(theta + best):
            break
        best = delta
    return best
""",
}
