"""The predictions and the quiz of lesson 10."""

# ruff: noqa: E501 (a sentence is one string)

from sgo_teach.checks import Question, predict, quiz

LESSON = "gauss_newton_and_fisher"

sum_of_squares = predict(
    "$L = \\frac12\\sum_i r_i^2$ is a sum of squares, and each $\\frac12r^2$ is a convex function of $r$. "
    "Can the Hessian of $L$ with respect to $\\theta$ have a negative eigenvalue?",
    [
        "No: a sum of convex functions is convex",
        "Yes, if the curve bends as $\\theta$ moves",
        "Only at a maximum of $L$",
    ],
    answer=1,
    because="$L$ is convex in $r$, but $r$ depends on $\\theta$ in a curved way, and that bending enters $H$ as $\\sum r_i\\nabla^2r_i$.",
    name="sum_of_squares",
    lesson=LESSON,
)

price = predict(
    "The product runs the network forward with a tangent (`jvp`), then forward and backward (`vjp`). "
    "What does it cost, measured in gradients of the same 200 images?",
    ["A few gradients", "About 10, one for each class", "About 172, one for each parameter"],
    answer=0,
    because="A gradient is one pass forward and one backward. Neither `jvp` nor `vjp` asks how many outputs or parameters there are; only forming $J$ would.",
    name="price",
    lesson=LESSON,
)

fitted_labels = predict(
    "After 2,048 steps the network reads all its training images rightly and is sure of it, loss 0.003. "
    "How large is the empirical Fisher $\\hat F$, made with the labels of the data, beside the Fisher matrix $F$?",
    [
        "About the same: the labels are now what the model expects",
        "Much smaller",
        "Much larger: the model is overconfident",
    ],
    answer=1,
    because=(
        "On a fitted image the slope $p - e_y$ is some small $\\varepsilon$, and $\\hat F$ holds $\\varepsilon^2$. "
        "$F$ also counts the wrong labels: rarely, with weight $\\varepsilon$, but with slopes of size 1. So $F$ shrinks like $\\varepsilon$ only."
    ),
    name="fitted_labels",
    lesson=LESSON,
)

four_coordinates = predict(
    "You fit a Gaussian by small steps, once with the parameters $(\\mu, \\sigma)$ and once with $(\\mu, \\log\\sigma)$. "
    "Which method takes the same path both times?",
    ["Gradient descent", "Natural gradient", "Both: the loss is the same", "Neither"],
    answer=1,
    because="A gradient changes with the ruler. $F$ changes twice as much, and in $F^{-1}g$ the two cancel down to a mere relabelling, up to the bend within a step.",
    name="four_coordinates",
    lesson=LESSON,
)

questions = quiz(
    [
        Question(
            "In $H = J^TJ + \\sum_i r_i\\nabla^2r_i$, when is the second term exactly zero?",
            [
                "When the curve fits all data, or depends on $\\theta$ linearly",
                "When $J^TJ$ has full rank",
                "At every minimum of $L$",
            ],
            answer=0,
            because="Either all $r_i = 0$ or all $\\nabla^2r_i = 0$. At a minimum with residuals left it is there, and slows Gauss–Newton down.",
        ),
        Question(
            "$G = J^TH_{out}J$ has no negative eigenvalue. What is needed for that?",
            [
                "The loss is convex in the parameters",
                "The loss is convex in the outputs",
                "The network is near a minimum",
            ],
            answer=1,
            because="$v^TGv = (Jv)^TH_{out}(Jv)$, and $H_{out}$ is positive semidefinite if the loss is convex in $z$. The network may do what it likes.",
        ),
        Question(
            "A network has 10 logits and 200 images, and 100,000 parameters. What is the rank of $G$ for the cross-entropy at most?",
            ["1,800", "2,000", "100,000"],
            answer=0,
            because="$H_{out}$ has a block for each image, and each block of 10 × 10 is zero on the vector of ones: rank 9. In the other directions $G$ is flat, which is why $\\lambda I$ is needed.",
        ),
        Question(
            "What is between $J^T$ and $J$ if the loss is the mean of $\\frac12(z_i - y_i)^2$ over $N$ numbers?",
            ["$I/N$", "$\\mathrm{diag}(p) - pp^T$", "The residuals"],
            answer=0,
            because="The second derivative of $\\frac12(z-y)^2$ is 1, and the mean brings $1/N$.",
        ),
        Question(
            "Which matrix can be computed without knowing the labels of the data?",
            ["The Hessian $H$", "The Fisher matrix $F$", "The empirical Fisher $\\hat F$"],
            answer=1,
            because="$F$ is an expectation over labels drawn from the model. For softmax with cross-entropy it is $G$, so neither does $G$ know them.",
        ),
        Question(
            "For which of these is $F = G$?",
            [
                "Softmax with cross-entropy, and a Gaussian of fixed variance with squared error",
                "Every loss that is convex in the outputs",
                "Every network that has been trained to a minimum",
            ],
            answer=0,
            because="It holds where the loss is the negative log-likelihood of a distribution whose natural parameters are the outputs. Convexity alone gives no labels to draw.",
        ),
        Question(
            "What does it mean that the natural gradient is invariant?",
            [
                "Its steps are as long in any coordinates",
                "In the limit of small steps it takes the same path in any smooth coordinates",
                "It reaches the minimum in one step in any coordinates",
            ],
            answer=1,
            because="For finite steps the paths agree up to an error that falls with $\\alpha$. For linear changes of coordinates they agree exactly, like Newton's.",
        ),
    ],
    name="questions",
    lesson=LESSON,
)
