"""Classic wrong answers for Martens' rule, each under the name of the slip it must earn."""

_RIGHT = """def martens_stop(phi):
    for i in range(len(phi)):
        k = max(10, int(np.ceil(i / 10)))
        if i > k and phi[i] < 0 and (phi[i] - phi[i - k]) / phi[i] < 0.0005 * k:
            return i
    return len(phi) - 1
"""


def _with(old: str, new: str) -> str:
    """The right answer with one piece exchanged."""
    return _RIGHT.replace(old, new)


MARTENS_STOP = {
    "value_of_phi": _with("return i\n", "return phi[i]\n"),
    "at_once": _with("(phi[i] - phi[i - k])", "(phi[i - k] - phi[i])"),
    "at_once#2": _with("< 0.0005 * k", "> 0.0005 * k"),
    "another_start": _with("/ phi[i] <", "/ phi[i - k] <"),
    "before_the_window": _with("i > k and ", ""),
    "zero_too": _with("phi[i] < 0", "phi[i] <= 0"),
    "too_far_back": _with("phi[i - k]", "phi[i - k - 1]"),
    "rounded_too_far": _with("int(np.ceil(i / 10))", "i // 10 + 1"),
    "window_returned": _with("return i\n", "return k\n"),
    "beyond_the_end": _with("return len(phi) - 1", "return len(phi)"),
    "beyond_the_end#2": _with("return len(phi) - 1", "return -1"),
    "positive_values": _with("phi[i] < 0 and ", ""),
    "one_step_back": _with("phi[i - k]", "phi[i - 1]"),
    "without_k": _with("0.0005 * k", "0.0005"),
    "absolute": _with("(phi[i] - phi[i - k]) / phi[i] <", "phi[i - k] - phi[i] <"),
    "always_ten": _with("max(10, int(np.ceil(i / 10)))", "10"),
    "rounded_down#2": _with("int(np.ceil(i / 10))", "round(i / 10)"),
    "rounded_down": _with("int(np.ceil(i / 10))", "i // 10"),
    "not_ten": _with("max(10, int(np.ceil(i / 10)))", "max(1, int(np.ceil(i / 10)))"),
    "too_soon": _with("i > k", "i >= k"),
    "counted_from_one": _with("return i\n", "return i + 1\n"),
    "never": _with("phi[i] < 0", "phi[i] > 0"),
    "never#2": _with("return i\n", "print(i)\n"),
}
