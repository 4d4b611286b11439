"""Classic wrong power iterations, lesson 09, each under the name of its slip."""

LARGEST_CURVATURE = {
    "vector": """def largest_curvature(product, v, steps):
    v = v / v.norm()
    for _ in range(steps):
        Hv = product(v)
        v = Hv / Hv.norm()
    return v
""",
    "length_of_image": """def largest_curvature(product, v, steps):
    v = v / v.norm()
    for _ in range(steps):
        Hv = product(v)
        v = Hv / Hv.norm()
    return float(product(v).norm())
""",
    "never_shortened": """def largest_curvature(product, v, steps):
    for _ in range(steps):
        v = product(v)
    return float(v @ product(v))
""",
    "start_length": """def largest_curvature(product, v, steps):
    for _ in range(steps):
        Hv = product(v)
        v = Hv / Hv.norm()
    return float(v @ product(v))
""",
    "largest_entry": """def largest_curvature(product, v, steps):
    v = v / v.norm()
    for _ in range(steps):
        Hv = product(v)
        v = Hv / Hv.abs().max()
    return float(v @ product(v))
""",
    "miscounted": """def largest_curvature(product, v, steps):
    v = v / v.norm()
    for _ in range(steps):
        Hv = product(v)
        value = float(v @ Hv)
        v = Hv / Hv.norm()
    return value if steps else float(v @ product(v))
""",
    "miscounted#2": """def largest_curvature(product, v, steps):
    v = v / v.norm()
    for _ in range(steps):
        Hv = product(v)
        v = Hv / Hv.norm()
        return float(v @ product(v))
    return float(v @ product(v))
""",
    "image": """def largest_curvature(product, v, steps):
    v = v / v.norm()
    for _ in range(steps):
        Hv = product(v)
        v = Hv / Hv.norm()
    return product(v)
""",
    "sign_lost": """def largest_curvature(product, v, steps):
    v = v / v.norm()
    for _ in range(steps):
        Hv = product(v)
        v = Hv / Hv.norm()
    return abs(float(v @ product(v)))
""",
    "shortened_once": """def largest_curvature(product, v, steps):
    v = v / v.norm()
    for _ in range(steps):
        v = product(v)
    return float(v @ product(v))
""",
    "old_length": """def largest_curvature(product, v, steps):
    v = v / v.norm()
    for _ in range(steps):
        Hv = product(v)
        v = Hv / v.norm()
    return float(v @ product(v))
""",
    "length_squared": """def largest_curvature(product, v, steps):
    v = v / (v @ v)
    for _ in range(steps):
        Hv = product(v)
        v = Hv / (Hv @ Hv)
    return float(v @ product(v))
""",
    "largest_entry#2": """def largest_curvature(product, v, steps):
    v = v / v.norm()
    for _ in range(steps):
        Hv = product(v)
        v = Hv / Hv.max()
    return float(v @ product(v))
""",
}
