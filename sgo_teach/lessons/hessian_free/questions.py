"""The predictions and the quiz of lesson 11."""

# ruff: noqa: E501 (a sentence is one string)

from sgo_teach.checks import Question, predict, quiz

LESSON = "hessian_free"

no_damping = predict(
    "The careless optimiser takes every step, with $G$ of all 400 images and $\\lambda = 0$. What is the loss after four steps?",
    [
        "Lower than with damping: these are the full steps",
        "Higher than at the start, and finite",
        "No number at all",
    ],
    answer=2,
    because="In directions that the images say nothing about $G$ is flat, and CG goes as far as the model says. Two such steps and the numbers leave the floats.",
    name="no_damping",
    lesson=LESSON,
)

longer_cg = predict(
    "Curvature of 20 images, $\\lambda = 0.01$, fifty CG steps. The model $\\varphi$ falls with each of them. What does the loss of all 400 images do along the iterates?",
    [
        "It falls as well, ever more slowly",
        "It falls at first and then rises",
        "It rises from the first iterate on",
    ],
    answer=1,
    because="The first iterates follow directions on which the images agree. The later ones settle where these 20 images are flat, and the others are not.",
    name="longer_cg",
    lesson=LESSON,
)

where_lambda_goes = predict(
    "An optimiser takes the steps of the next cell, each with $\\Delta_0$ at 0.95 of the last, and steers $\\lambda$ by their ρ. Where does $\\lambda$ go?",
    ["It settles near the right value", "Towards 0", "Up, without end"],
    answer=2,
    because="A good warm start leaves little to gain on top, so this ρ is small and λ grows. Then the new step is shorter than the warm start, the gain turns negative, and λ grows for ever.",
    name="where_lambda_goes",
    lesson=LESSON,
)

questions = quiz(
    [
        Question(
            "What does Hessian-free compute exactly, up to rounding?",
            ["The gradient", "The Hessian", "The solution of $H\\Delta = -g$"],
            answer=0,
            because="The gradient is autograd's, nothing in it is approximated. The curvature is met in products alone, and the system is solved roughly, with damping, on purpose.",
        ),
        Question(
            "Why $G$ and not $H$ inside of CG?",
            [
                "$H$ costs more memory",
                "$p^TGp \\geq 0$ for every $p$, so with $\\lambda > 0$ CG never divides by a number that is not positive",
                "$G$ has more accurate entries",
            ],
            answer=1,
            because="It is the sign that matters. Neither matrix is ever stored.",
        ),
        Question(
            "A step is refused. What must happen before the next one?",
            ["λ grows", "The gradient is computed anew", "CG makes more steps"],
            answer=0,
            because="θ has not moved, so gradient and model are the same. With the same λ the same step would be refused again.",
        ),
        Question(
            "On a quadratic loss, with all of its Hessian for the curvature, ρ is 0.4. What follows?",
            ["λ is too small", "There is a mistake in the program", "CG has stopped too early"],
            answer=1,
            because="On a quadratic the undamped model is exact, so $\\rho = 1$ for *every* step, short or long. This is the best test of a ρ there is.",
        ),
        Question(
            "The model falls along CG and the loss, on all data, rises after the ninth iterate. Which step is taken?",
            [
                "The last: it solves the system best",
                "The ninth or one near it, found by walking back from the last",
                "None, and λ grows",
            ],
            answer=1,
            because="The iterates are there already; each trial costs one pass forward.",
        ),
        Question(
            "`opt = HessianFree(net.parameters())` stands in a program, the loss falls, and `opt.last_step` says that there is no last step yet. What happened?",
            [
                "Every step was refused",
                "The record is switched off",
                "`opt.step` was never called",
            ],
            answer=2,
            because="A refused step leaves a record, too. Another optimiser has done the training.",
        ),
    ],
    name="questions",
    lesson=LESSON,
)
