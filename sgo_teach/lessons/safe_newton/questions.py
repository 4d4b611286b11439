"""The predictions and the quiz of lesson 04."""

# ruff: noqa: E501 (a sentence is one string)

from sgo_teach.checks import Question, predict, quiz

LESSON = "safe_newton"

two_signs = predict(
    "The gradient is not zero, and $H$ has one positive and one negative eigenvalue. "
    "Does the Newton step go downhill or uphill?",
    [
        "Downhill: the method minimises",
        "Uphill: one negative eigenvalue spoils it",
        "It depends on how $g$ lies to the eigenvectors",
    ],
    answer=2,
    because=(
        "In the eigenbasis $g^T\\Delta = -\\sum_i c_i^2/h_i$, where $c_i$ is the share of $g$ along eigenvector $i$. "
        "The positive eigenvalue pulls down, the negative one up, and the shares decide."
    ),
    name="two_signs",
    lesson=LESSON,
)

better_than_promised = predict(
    "The model promised a fall of 1, and the loss fell by 3: $\\rho = 3$. What should the rule do?",
    [
        "Reject the step: the model was wrong",
        "Take it and shrink the region: the model was wrong",
        "Take it and trust the model at least as far as before",
    ],
    answer=2,
    because=(
        "The model was wrong, but on the safe side, and the loss is what counts. "
        "The usual rules reduce trust only when less came than was promised."
    ),
    name="better_than_promised",
    lesson=LESSON,
)

full_step = predict(
    "On a quadratic bowl you stand away from the minimum; the full Newton step lands exactly on it. "
    "For which $c_1$ does Armijo's condition *reject* that step?",
    ["For none", "For $c_1 > \\frac12$", "For $c_1 > 0.9$", "For all $c_1 > 0$"],
    answer=1,
    because=(
        "The step brings $\\frac12 g^Tp$, half of what the slope foretells, and the condition asks for $c_1 g^Tp$. "
        "So $c_1$ stays well below ½; $10^{-4}$ is customary."
    ),
    name="full_step",
    lesson=LESSON,
)

questions = quiz(
    [
        Question(
            "$B$ is positive definite, $g \\neq 0$ and $Bp = -g$. Then $p$ …",
            [
                "descends: $g^Tp < 0$",
                "lowers the loss at $\\theta + p$",
                "descends only where $B$ is the Hessian",
            ],
            answer=0,
            because="$g^Tp = -g^TB^{-1}g < 0$, whatever $B$ has to do with $L$. How far it is good to go is another question.",
        ),
        Question(
            "The eigenvalues of $H$ are −2 and 5. Just which $\\lambda$ make $H + \\lambda I$ positive definite?",
            ["$\\lambda > 0$", "$\\lambda > 2$", "$\\lambda > 5$", "$\\lambda > -2$"],
            answer=1,
            because="The eigenvalues become $-2 + \\lambda$ and $5 + \\lambda$.",
        ),
        Question(
            "The model promised a change of −2, the loss changed by +1. What follows?",
            [
                "$\\rho = -½$: rejected, more damping",
                "$\\rho = -2$: rejected, more damping",
                "$\\rho = ½$: accepted, damping kept",
            ],
            answer=0,
            because="Actual over promised: $1/(-2) = -½$. The loss rose, so the step is not taken.",
        ),
        Question(
            "The best step in a circle of radius $r$ has a multiplier $\\lambda = 0$. Then …",
            [
                "the Hessian is singular",
                "the radius does not bind: the step is Newton's",
                "the step is along $-g$",
            ],
            answer=1,
            because="$\\lambda(r - \\|p\\|) = 0$ and $(H + \\lambda I)p = -g$: with $\\lambda = 0$ the circle has no say.",
        ),
        Question(
            "The radius of the trust region shrinks towards 0. The best step inside it turns …",
            [
                "towards $-g$",
                "not at all: it is the Newton step, shortened",
                "towards the eigenvector of the smallest eigenvalue",
            ],
            answer=0,
            because="A small radius means a large $\\lambda$: close by, a smooth loss is a plane, and on a plane $-g$ is best.",
        ),
        Question(
            "The dogleg point is …",
            [
                "the best point of the model in the circle",
                "the best point of the loss in the circle",
                "the best point of the model on one bent path, as far as the circle lets it go",
            ],
            answer=2,
            because="It needs one solve instead of a search for $\\lambda$, and gives away a little of the model's fall.",
        ),
        Question(
            "Which of the two Wolfe conditions forbids steps that are too *short*?",
            ["Sufficient decrease (Armijo)", "The curvature condition", "Both", "Neither"],
            answer=1,
            because="Near $\\alpha = 0$ the slope is still that of the start, so it is not flat enough; Armijo accepts every short step.",
        ),
        Question(
            "Where $y^Ts < 0$, BFGS leaves $B$ as it is, because with the update …",
            [
                "$B$ would not stay positive definite",
                "one would divide by zero",
                "the loss would rise",
            ],
            answer=0,
            because="$s^TBs = y^Ts$ after the update: with a negative right side $B$ would have a negative curvature.",
        ),
    ],
    name="questions",
    lesson=LESSON,
)
