"""The predictions and the quiz of lesson 08."""

# ruff: noqa: E501 (a sentence is one string)

from sgo_teach.checks import Question, predict, quiz

LESSON = "conjugate_gradients"

two_variables = predict(
    "A quadratic of two variables has $\\kappa = 10^6$. Steepest descent needs millions of steps from a bad start. "
    "How many does a method need that never spoils what it has gained?",
    [
        "2",
        "about 20, the logarithm of $\\kappa$",
        "about 1,000, the root of $\\kappa$",
        "also millions",
    ],
    answer=0,
    because=(
        "There are only two directions. If each step finishes one of them for good, two steps do, whatever $\\kappa$ is. "
        "The art is to choose the second so that it leaves the first one finished."
    ),
    name="two_variables",
    lesson=LESSON,
)

three_values = predict(
    "$H$ is 300 × 300, but has only three different eigenvalues: 1, 10 and 1000. "
    "After how many steps of CG is the residual practically zero?",
    [
        "3",
        "about 30, the root of $\\kappa$",
        "300, the number of unknowns",
        "never: it only converges in the limit",
    ],
    answer=0,
    because=(
        "After $k$ steps the error is $q(H)e_0$ with the best polynomial $q$ of degree $k$ that has $q(0) = 1$. "
        "Degree 3 is enough to be zero at 1, 10 and 1000."
    ),
    name="three_values",
    lesson=LESSON,
)

does_the_residual_fall = predict(
    "CG runs on a badly conditioned bowl. Which of these falls at every step?",
    [
        "The residual $\\|r_k\\|$",
        "The model $\\varphi(x_k)$",
        "Both",
        "Neither",
    ],
    answer=1,
    because=(
        "Each step is the exact minimum of $\\varphi$ along $p$, and of the whole space searched so far. "
        "$\\|r_k\\| = \\|\\nabla\\varphi(x_k)\\|$ may rise, and often does."
    ),
    name="does_the_residual_fall",
    lesson=LESSON,
)

on_a_saddle = predict(
    "$H$ is diagonal with entries 1, −2 and 3, so $\\varphi$ has no minimum, and $b = (1, 1, 1)$. What does your `cg` do?",
    [
        "It divides by zero",
        "It runs off to infinity",
        "It ends after three steps, with a residual of zero, and says nothing",
        "It ends after one step, at negative curvature",
    ],
    answer=2,
    because=(
        "Three different eigenvalues, three steps: it solves $Hx = b$, which is what was asked. "
        "The solution is a saddle of $\\varphi$, and no line of your program looks at the sign of $p^THp$."
    ),
    name="on_a_saddle",
    lesson=LESSON,
)

questions = quiz(
    [
        Question(
            "Two directions are conjugate when …",
            ["$p^Tq = 0$", "$p^THq = 0$", "$Hp = q$"],
            answer=1,
            because="They are perpendicular after stretching by $\\sqrt H$, where the level ellipses are circles.",
        ),
        Question(
            "In exact arithmetic CG on $n$ unknowns needs at most …",
            [
                "$\\sqrt\\kappa$ steps",
                "$\\log_2 n$ steps",
                "as many steps as $H$ has distinct eigenvalues",
            ],
            answer=2,
            because="A polynomial with a root at each of them and the value 1 at 0 ends the run; there are at most $n$ of them.",
        ),
        Question(
            "$\\kappa$ becomes a hundred times larger. The bound on the number of steps grows by a factor of about …",
            ["2", "10", "100", "10,000"],
            answer=1,
            because="It grows like $\\sqrt\\kappa$; that of gradient descent grows like $\\kappa$.",
        ),
        Question(
            "What does one step of CG cost?",
            [
                "One product $Hp$ and a few operations on vectors",
                "A factorisation of $H$",
                "As many products as steps before it",
            ],
            answer=0,
            because="All earlier directions are taken care of by $\\beta$ and the last one: four vectors of memory.",
        ),
        Question(
            "With a preconditioner $M$ the number in $\\alpha$ and $\\beta$ is …",
            ["$r^Tr$", "$z^Tz$ with $z = M^{-1}r$", "$r^Tz$ with $z = M^{-1}r$"],
            answer=2,
            because="$r^Tr$ in the coordinates $M^{1/2}x$ is $r^TM^{-1}r$.",
        ),
        Question(
            "CG meets $p^THp < 0$. What is known?",
            [
                "$H$ is not positive definite, and $p$ is a direction in which the model falls without end",
                "Rounding has destroyed conjugacy",
                "The preconditioner is wrong",
            ],
            answer=0,
            because="Steihaug follows $p$ to the rim of the trust region; Newton–CG with a line search stops before it.",
        ),
        Question(
            "Far from the minimum, how exactly should an inexact Newton method solve $H\\Delta = -g$?",
            [
                "To rounding: a wrong step costs more than products",
                "Always to half of $\\|g\\|$",
                "Roughly, and more exactly as $\\|g\\|$ falls",
            ],
            answer=2,
            because="Far away the model is wrong anyway. A forcing term that tends to 0 keeps the fast finish, a fixed one does not.",
        ),
    ],
    name="questions",
    lesson=LESSON,
)
