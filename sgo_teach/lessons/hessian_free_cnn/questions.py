"""The predictions and the quiz of lesson 12."""

from sgo_teach.checks import Question, predict, quiz

LESSON = "hessian_free_cnn"

price_of_a_product = predict(
    "The network has $n = 72{,}842$ parameters. What does *one* product $Gv$ cost, "
    "measured in gradients of the same images?",
    [
        "One gradient, or a few",
        "Some hundred gradients",
        "About $n$ gradients, one for each column",
    ],
    answer=0,
    because=(
        "$Jv$ and $J^Tw$ are one pass each through the network, as are the two halves of a "
        "gradient; the columns of $G$ are never looked at."
    ),
    name="price_of_a_product",
    lesson=LESSON,
)

much_damping = predict(
    "In $(G + \\lambda I)\\Delta = -g$ you make $\\lambda$ larger and larger. What becomes of the step?",
    [
        "It turns towards the Gauss–Newton step and grows",
        "It keeps its direction and shrinks",
        "It turns towards $-g$ and shrinks like $1/\\lambda$",
    ],
    answer=2,
    because=(
        "$\\lambda I$ drowns $G$, so $\\Delta \\approx -g/\\lambda$: gradient descent with a small "
        "step size. With $\\lambda \\to 0$ it is the Gauss–Newton step."
    ),
    name="much_damping",
    lesson=LESSON,
)

equal_seconds = predict(
    "Hessian-free, Adam and SGD with momentum get the same weights to start from and the same "
    "seconds. In the race recorded with several seeds, who is the *first*, on average, to read "
    "98 % of the held-out digits?",
    [
        "Hessian-free: it uses more information",
        "One of the first-order methods, and Hessian-free comes last",
        "They arrive together, within a tenth of the time",
    ],
    answer=1,
    because=(
        "More information per update is paid for with fewer updates: tens instead of thousands. "
        "On this problem the bargain does not pay; the table below has the numbers."
    ),
    name="equal_seconds",
    lesson=LESSON,
)

questions = quiz(
    [
        Question(
            "What does Hessian-free do without?",
            [
                "Curvature: it approximates the Hessian by the gradient",
                "The matrix: it only multiplies by it",
                "Gradients: the products replace them",
            ],
            answer=1,
            because="Conjugate gradients ask for $Gv$ and nothing else; the matrix is never formed.",
        ),
        Question(
            "A network ends in a softmax, and the loss is `cross_entropy`. What happens?",
            [
                "Nothing: softmax of a softmax is the softmax",
                "The loss of a digit read well can still not reach 0, and a gross mistake has almost no gradient",
                "torch raises an error",
            ],
            answer=1,
            because="The second softmax sees numbers between 0 and 1, so its largest probability is below $e/(e + 9) \\approx 0.23$ for ten classes.",
        ),
        Question(
            "$\\rho = -0.8$. The rule …",
            [
                "lowers λ: the step was in the wrong direction",
                "keeps λ and tries again",
                "raises λ: the model promised a fall, and the loss rose",
            ],
            answer=2,
            because="A negative ratio is below ¼: the next step will be shorter and closer to $-g$.",
        ),
        Question(
            "Why does the lesson use $G$ in place of $H$?",
            [
                "$v^TGv \\ge 0$ always, so the model never bends downwards",
                "$G$ has fewer entries than $H$",
                "$G = H$ for every network",
            ],
            answer=0,
            because="Conjugate gradients and $\\lambda$ both rely on a model with a lowest point.",
        ),
        Question(
            "Curvature is measured on 240 images, the gradient on 1,437. The price of that saving is …",
            [
                "none: curvature is the same on every batch",
                "a model that fits other images less well; ρ and λ have to watch it",
                "a step that is no longer a descent direction for the 1,437",
            ],
            answer=1,
            because="$G$ of any batch is positive semidefinite, so the step still starts downhill; how far it can be trusted is another matter.",
        ),
        Question(
            "Somebody reports that second-order training beat Adam. What do you ask first?",
            [
                "How many parameters the network has",
                "Whether it was at equal seconds, with Adam tuned as well, over several seeds",
                "Which framework was used",
            ],
            answer=1,
            because="At equal *updates* almost any second-order method wins, and an untuned rival loses to anything.",
        ),
    ],
    name="questions",
    lesson=LESSON,
)
