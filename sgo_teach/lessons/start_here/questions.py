"""The prediction and the warm-up of lesson 00."""

from sgo_teach.checks import Question, predict, quiz

LESSON = "start_here"

a_long_step = predict(
    "The ball lies at $\\theta = 2$ on $L(\\theta) = \\frac12\\theta^2$, where the slope is 2. "
    "It takes one step $\\Delta\\theta = -\\alpha L'(\\theta)$ with the step size $\\alpha = 2$. "
    "Where does it land?",
    [
        "At the bottom, $\\theta = 0$",
        "At $\\theta = -2$: as high as before",
        "At $\\theta = -4$: higher than before",
    ],
    answer=1,
    because=(
        "$2 - 2 \\cdot 2 = -2$, and $L(-2) = L(2)$. The sign of the step was right and its length was not: "
        "a slope says where down is, and only the curvature says how far."
    ),
    name="a_long_step",
    lesson=LESSON,
)

warm_up = quiz(
    [
        Question(
            "**Derivative.** $f(x) = x^3$. What is the slope of $f$ at $x = 2$?",
            ["6", "8", "12"],
            answer=2,
            because=(
                "$f'(x) = 3x^2$, so 12; 8 is the value $f(2)$. "
                "Refresher: exercise 1 above, or *Mathematics for Machine Learning*, section 5.1."
            ),
        ),
        Question(
            "**Chain rule.** What is the derivative of $(3x + 1)^2$?",
            ["$6\\,(3x + 1)$", "$2\\,(3x + 1)$", "$9 \\cdot 2x$"],
            answer=0,
            because=(
                "The outer derivative $2(3x+1)$ times the inner one, 3. The last option differentiates $9x^2 + 1$, "
                "but $(3x+1)^2 = 9x^2 + 6x + 1$. "
                "Refresher: *Mathematics for Machine Learning*, section 5.1."
            ),
        ),
        Question(
            "**Gradient.** $L(\\theta_1, \\theta_2) = \\theta_1^2 + 3\\,\\theta_1\\theta_2$. What is $\\nabla L$ at $(1, 2)$?",
            ["$(2, 3)$", "$(8, 3)$", "The number 7"],
            answer=1,
            because=(
                "$\\partial L/\\partial\\theta_1 = 2\\theta_1 + 3\\theta_2 = 8$ and "
                "$\\partial L/\\partial\\theta_2 = 3\\theta_1 = 3$; $(2, 3)$ leaves $3\\theta_2$ out of the first, and 7 is the value $L(1, 2)$. "
                "Refresher: *Mathematics for Machine Learning*, section 5.2."
            ),
        ),
        Question(
            "**Matrix times vector.** What is $\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}\\begin{pmatrix}1\\\\-1\\end{pmatrix}$?",
            [
                "$\\begin{pmatrix}1&-2\\\\3&-4\\end{pmatrix}$",
                "$\\begin{pmatrix}-2\\\\-2\\end{pmatrix}$",
                "$\\begin{pmatrix}-1\\\\-1\\end{pmatrix}$",
            ],
            answer=2,
            because=(
                "Row times column: $1 - 2$ and $3 - 4$. The first option is numpy's `A * v`, the second is $A^T v$; "
                "`A @ v` is what you want. Refresher: *Mathematics for Machine Learning*, section 2.2."
            ),
        ),
        Question(
            "**Eigenvalues.** Which are those of $\\begin{pmatrix}2&1\\\\1&2\\end{pmatrix}$?",
            ["3 and 1", "2 and 2", "4 and 3"],
            answer=0,
            because=(
                "$(1, 1)$ is stretched by 3 and $(1, -1)$ by 1. "
                "In a symmetric matrix the diagonal shows the eigenvalues only where the rest is zero; "
                "4 and 3 are their sum and product. Refresher: *Mathematics for Machine Learning*, section 4.2; "
                "Strang, *Introduction to Linear Algebra*, the chapter on eigenvalues."
            ),
        ),
        Question(
            "**Positive definite.** For which $H$ is $v^T H v > 0$ for every $v \\neq 0$?",
            [
                "$\\begin{pmatrix}1&2\\\\2&1\\end{pmatrix}$",
                "$\\begin{pmatrix}2&-1\\\\-1&2\\end{pmatrix}$",
                "$\\begin{pmatrix}1&1\\\\1&1\\end{pmatrix}$",
            ],
            answer=1,
            because=(
                "Its eigenvalues are 1 and 3. The first has $-1$ (try $v = (1, -1)$), the third has 0; "
                "positive entries prove nothing. Refresher: *Mathematics for Machine Learning*, section 3.2; "
                "Strang, *Introduction to Linear Algebra*, on positive definite matrices."
            ),
        ),
        Question(
            "**Shapes.** `A.shape` is `(3, 4)` and `v.shape` is `(4,)`. What is `(A @ v).shape`?",
            ["`(3, 1)`", "`(3, 4)`", "`(3,)`"],
            answer=2,
            because=(
                "The inner 4s are summed away, and a one-dimensional `v` gives a one-dimensional result. "
                "Refresher: numpy's page on `numpy.matmul`, in the references below."
            ),
        ),
        Question(
            "**Broadcasting.** `y` has shape `(4, 1)` and `p` has shape `(4,)`. What is the shape of `y - p`?",
            ["`(4,)`", "`(4, 4)`", "`(4, 1)`", "None: numpy raises an error"],
            answer=1,
            because=(
                "`p` counts as a row, so every entry meets every other: a matrix, without a warning. "
                "Lesson 03 meets a loss that was computed so. Refresher: numpy's guide *Broadcasting*."
            ),
        ),
        Question(
            "**Log–log slopes.** An error is $5h^3$. Drawn against $h$ with both axes logarithmic, it is …",
            ["a straight line of slope 3", "a straight line of slope 5", "a cubic curve"],
            answer=0,
            because=(
                "$\\log(5h^3) = \\log 5 + 3\\log h$: the power is the slope, the factor shifts the line. "
                "Refresher: lesson 01, *How fast does the error vanish?*"
            ),
        ),
        Question(
            "**Loops.** `s = 0`, and then `for k in range(4): s = s + k`. What is `s`?",
            ["4", "10", "6"],
            answer=2,
            because=(
                "`range(4)` is 0, 1, 2, 3. Refresher: the Python tutorial, *More Control Flow Tools*."
            ),
        ),
    ],
    name="warm_up",
    lesson=LESSON,
)
