"""The predictions and the quiz of lesson 01."""

from sgo_teach.checks import Question, predict, quiz

LESSON = "taylor_expansion"

more_terms = predict(
    "You expand $1/(1+x^2)$ about $a = 0$ and raise the order from 2 to 10. "
    "What happens to the interval in which the error stays below 0.1?",
    [
        "It grows and grows: more terms always help",
        "It grows ever more slowly and never reaches $x = \\pm 1$",
        "It shrinks: high powers are dangerous everywhere",
    ],
    answer=1,
    because=(
        "At $x = \\pm 1$ the error is exactly $\\frac12$ for every even order, so a band with error 0.1 "
        "ends before; beyond, the terms $x^{2k}$ grow without end, though nothing happens to the function there. "
        "(The reason sits at $x = \\pm i$, where $1 + x^2 = 0$.)"
    ),
    name="more_terms",
    lesson=LESSON,
)

halve_the_distance = predict(
    "You halve the distance $h$ from the expansion point. "
    "By which factor does the error of the *second-order* polynomial shrink, once $h$ is small?",
    ["2", "4", "8", "16"],
    answer=2,
    because="The first term left out is of order $h^3$, and $(1/2)^3 = 1/8$.",
    name="halve_the_distance",
    lesson=LESSON,
)

on_a_dome = predict(
    "At a point near the *top* of a hill both eigenvalues of $H$ are negative. "
    "Where does the Newton step $\\Delta = -H^{-1}g$ lead?",
    [
        "Downhill, away from the top: Newton minimises",
        "Towards the top: the model's only flat point is its maximum",
        "Nowhere: $H$ has no inverse there",
    ],
    answer=1,
    because=(
        "The step solves $\\nabla m = 0$ and does not ask whether that point is a minimum. "
        "On a dome $g^T\\Delta = -g^T H^{-1} g > 0$: uphill."
    ),
    name="on_a_dome",
    lesson=LESSON,
)

questions = quiz(
    [
        Question(
            "A quadratic model $m$ of $L$ at $\\theta$ agrees with $L$ …",
            [
                "everywhere near $\\theta$",
                "in value, slope and curvature at $\\theta$",
                "at the minimum of $L$",
            ],
            answer=1,
            because="It copies three things at one point; how far that carries depends on the rest of $L$.",
        ),
        Question(
            "$L(\\theta) = 3\\theta^2 + 2\\theta$. Which point does one Newton step from $\\theta = 10$ reach?",
            ["$-1/3$", "$9.67$", "$10 - 62 = -52$", "It depends on the step size"],
            answer=0,
            because="$\\Delta = -(6\\theta + 2)/6$, so $10 - 62/6 = -1/3$: for a quadratic the model is exact.",
        ),
        Question(
            "On log–log axes the error of a first-order model falls along a line of slope …",
            ["1", "2", "3"],
            answer=1,
            because="The first missing term is $\\frac12 L'' h^2$.",
        ),
        Question(
            "$\\nabla L = 0$ and the eigenvalues of $H$ are 4 and −0.1. The point is …",
            ["a minimum, for 4 outweighs 0.1", "a maximum", "a saddle", "undecided"],
            answer=2,
            because="One direction curves down, however gently; sizes do not matter, signs do.",
        ),
        Question(
            "Your code has `delta = -solve(H, g)`. The next point is …",
            ["`theta - delta`", "`theta + delta`", "`theta - lr * delta`"],
            answer=1,
            because="The minus is already inside; taking it away once more walks uphill.",
        ),
        Question(
            "The gradient is not zero and $H$ is positive definite. Is the Newton step a descent direction?",
            ["Always", "Only close to the minimum", "Only if $L$ is quadratic"],
            answer=0,
            because="$g^T\\Delta = -g^T H^{-1} g < 0$. Downhill at first; how far to go is lesson 04's question.",
        ),
    ],
    name="questions",
    lesson=LESSON,
)
