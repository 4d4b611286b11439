"""The predictions and the quiz of lesson 03."""

from sgo_teach.checks import Question, predict, quiz

LESSON = "newtons_method"

two_more_moves = predict(
    "Newton's method is close to a simple root and its error is about $10^{-3}$. "
    "What is it, roughly, after two more moves (the constant $c$ being about 1)?",
    ["$10^{-4}$", "$10^{-6}$", "$10^{-9}$", "$10^{-12}$"],
    answer=3,
    because="Each move squares the error: $10^{-3} \\to 10^{-6} \\to 10^{-12}$. The number of right digits doubles.",
    name="two_more_moves",
    lesson=LESSON,
)

near_a_hilltop = predict(
    "$L(x) = x\\cos 2x$ has a maximum at $x \\approx 0.43$ and a minimum at $x \\approx -0.43$. "
    "Where does Newton's method end from $x = 0.5$?",
    [
        "At the minimum: the method minimises",
        "At the maximum",
        "Between the two, where the slope is steepest",
    ],
    answer=1,
    because=(
        "The method looks for $L' = 0$, and 0.5 is close to such a point. "
        "There $L'' < 0$, so the parabola hangs downwards and its flat point is its top."
    ),
    name="near_a_hilltop",
    lesson=LESSON,
)

forgotten_two = predict(
    "The loss is $\\|X\\theta - y\\|^2/m$, the gradient in your code is right, "
    "but the Hessian lacks its factor 2: $X^TX/m$ instead of $2X^TX/m$. What does Newton's method do?",
    [
        "It still arrives in one step: a factor does not change the direction",
        "It arrives, in a few more steps",
        "It bounces between two points for ever",
        "It flies off to infinity",
    ],
    answer=2,
    because=(
        "Half the curvature doubles the step: $\\theta - \\theta^* \\mapsto -(\\theta - \\theta^*)$. "
        "You land exactly opposite, and the next step brings you back."
    ),
    name="forgotten_two",
    lesson=LESSON,
)

questions = quiz(
    [
        Question(
            "Newton's method for minimising $L$ on the line is Newton's root finding applied to …",
            ["$L$", "$L'$", "$L''$"],
            answer=1,
            because="A minimum is a root of the slope; the tangent to $L'$ is the derivative of the parabola.",
        ),
        Question(
            "The errors of a method are 0.1, 0.02, 0.0008, 0.00000128. It converges …",
            ["linearly", "quadratically", "cubically", "not at all"],
            answer=1,
            because="$e_{k+1} = 2e_k^2$. Linear would be a constant factor, as in 0.1, 0.02, 0.004.",
        ),
        Question(
            "A quadratic bowl has $\\kappa = 10^6$. How many Newton steps does it need, rounding aside?",
            ["1", "about 20, the logarithm of $\\kappa$", "about $10^3$", "about $10^6$"],
            answer=0,
            because="The model is the loss itself, whatever its condition. $\\kappa$ costs digits, not steps.",
        ),
        Question(
            "You measure one of two lengths in millimetres instead of metres. Which method takes the same path, only relabelled?",
            ["gradient descent", "Newton's method", "both", "neither"],
            answer=1,
            because="For $\\theta = A\\varphi$ the Newton step is $A^{-1}\\Delta$; the gradient becomes $A^Tg$, another direction.",
        ),
        Question(
            "Which of these is a reason to write `solve(H, -g)` and not `inv(H) @ -g`?",
            [
                "It needs fewer operations and its residual is smaller",
                "`inv` fails for matrices larger than 100 × 100",
                "`solve` works where $H$ is singular",
            ],
            answer=0,
            because="An inverse costs three to four times the work, and it is multiplied by $g$ with its rounding errors.",
        ),
        Question(
            "Newton's method has stopped: the gradient is zero. What have you found?",
            [
                "The global minimum",
                "A local minimum",
                "A flat point: look at the eigenvalues of $H$",
            ],
            answer=2,
            because="Minima, maxima and saddles all attract it. Only the signs of the curvatures tell which one it is.",
        ),
        Question(
            "$L(x) = x^4$ and the error shrinks by the factor 2/3 a step. Why is it not squared?",
            [
                "The step size is too large",
                "$L'' = 0$ at the minimum",
                "Rounding errors",
            ],
            answer=1,
            because="The proof of order 2 divides by $L''(x^*)$. Here it vanishes, and what is left is linear.",
        ),
    ],
    name="questions",
    lesson=LESSON,
)
