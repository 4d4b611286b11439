"""The predictions and the quiz of lesson 02."""

from sgo_teach.checks import Question, predict, quiz

LESSON = "gradient_descent_and_curvature"

on_the_floor = predict(
    "The valley has curvatures 1 and 10, and $\\alpha = 0.21$ is past $2/h_{\\max} = 0.2$. "
    "You start *exactly* on the floor of the valley, where the steep mode is zero. What does the loss do?",
    [
        "It grows from the first move on",
        "It falls to zero and stays there: the steep mode is not in play",
        "It falls for more than a hundred moves, then grows without end",
    ],
    answer=2,
    because=(
        "The flat mode shrinks by 0.79 a move. But numbers are rounded, so the steep mode is not 0 but about "
        "$10^{-16}$, and it grows by a tenth at every move. An unstable step size is unstable from any start "
        "that a computer can hold."
    ),
    name="on_the_floor",
    lesson=LESSON,
)

a_turned_valley = predict(
    "In a valley along the axes RMSprop needs 108 moves, whether $\\kappa$ is 1, 100 or 1000. "
    "Now the same valley is turned by 45°. What happens to the number of moves?",
    [
        "Nothing: the valley has the same shape",
        "It grows with $\\kappa$, as gradient descent's does",
        "It falls: the two coordinates help each other",
    ],
    answer=1,
    because=(
        "RMSprop gives each *coordinate* its own step size. Turned by 45° both coordinates feel the steep "
        "direction alike, so both get the same, short step size."
    ),
    name="a_turned_valley",
    lesson=LESSON,
)

smallest_h = predict(
    "You estimate $f'(1)$ for $f = e^x$ by $(f(1+h) - f(1))/h$ in float64. Which $h$ is best?",
    ["$10^{-16}$: the smaller the better", "$10^{-8}$", "$10^{-2}$"],
    answer=1,
    because=(
        "The formula's own error is about $h\\,f''/2$ and falls with $h$; the rounding of $f$, about $10^{-16}$, "
        "is divided by $h$ and grows. They meet near $h = 10^{-8}$. "
        "With $h = 10^{-16}$, $1 + h$ is 1 and the estimate is 0."
    ),
    name="smallest_h",
    lesson=LESSON,
)

questions = quiz(
    [
        Question(
            "$H$ has the eigenvalues 2, 5 and 8. For which fixed step sizes does gradient descent converge from every start?",
            [
                "$0 < \\alpha < 1/8$",
                "$0 < \\alpha < 2/15$",
                "$0 < \\alpha < 1/4$",
                "$0 < \\alpha < 1$",
            ],
            answer=2,
            because="All $|1 - \\alpha h_i| < 1$, so $\\alpha < 2/h_{\\max} = 2/8$.",
        ),
        Question(
            "Which step size is best for those curvatures, and what does it leave of the error in a move?",
            ["1/5 and 3/5", "1/8 and 3/4", "2/15 and 11/15", "1/4 and 1"],
            answer=0,
            because="$2/(2+8) = 1/5$, and $1 - 2/5 = 3/5 = (\\kappa-1)/(\\kappa+1)$ with $\\kappa = 4$.",
        ),
        Question(
            "$\\kappa$ becomes a hundred times larger. How many times more moves does the best heavy ball need, roughly?",
            ["10", "100", "as many as before"],
            answer=0,
            because="Its moves a digit grow like $\\sqrt\\kappa$; without momentum it would be 100.",
        ),
        Question(
            "Adam divides by $\\sqrt{v}$, a running mean of squared gradients. On a plane, $L = g^T\\theta$, where $H = 0$, this divisor is …",
            ["0, like the curvature", "undefined", "about $|g_i|$, coordinate by coordinate"],
            answer=2,
            because="It measures the size of the gradient and not how the gradient changes.",
        ),
        Question(
            "Somebody estimates the slope by $(L(\\theta-\\delta) - L(\\theta))/\\delta$. For small $\\delta > 0$ this is about …",
            ["$\\nabla L$", "$-\\nabla L$", "$\\nabla L$, with twice the error"],
            answer=1,
            because="$L(\\theta - \\delta) \\approx L(\\theta) - \\delta\\,L'$, so the quotient is about $-L'$.",
        ),
        Question(
            "Why does the complex step allow $h = 10^{-100}$?",
            [
                "It subtracts nothing, so nothing cancels",
                "Complex numbers have more digits",
                "Its formula has no truncation error",
            ],
            answer=0,
            because="$f(x + ih) = f(x) + ih f'(x) - \\dots$: the derivative stands alone in the imaginary part.",
        ),
        Question(
            "Your gradient check passes at $\\theta = 0$. You …",
            [
                "are done",
                "make $h$ smaller and see whether it still passes",
                "repeat it at a random point",
            ],
            answer=2,
            because="At special points a wrong term may be multiplied by zero.",
        ),
    ],
    name="questions",
    lesson=LESSON,
)
