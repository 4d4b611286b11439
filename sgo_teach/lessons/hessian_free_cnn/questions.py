"""The predictions and the quiz of lesson 12."""

from sgo_teach.checks import Question, predict, quiz

LESSON = "hessian_free_cnn"

small_curvature_batch = predict(
    "Gradient and loss see all 1,437 digits, the curvature only 240 of them. What is a step "
    "built on 240 images likely to be, compared with what it promises?",
    [
        "Uphill for the other images: the direction is wrong",
        "Downhill, but the model promises more than the loss gives",
        "Just as good: curvature is the same on every batch",
    ],
    answer=1,
    because=(
        "The gradient is that of all images and $G$ is positive semidefinite, so the step starts "
        "downhill. But it is long where *these* 240 images hardly bend, and others bend there."
    ),
    name="small_curvature_batch",
    lesson=LESSON,
)

forgotten_state = predict(
    "You save the network's weights, and nothing else, and load them the next day into a new "
    "optimiser. What is lost?",
    [
        "λ, the start of conjugate gradients, and the order of the images",
        "Nothing: the weights are all there is",
        "The gradient, which takes an epoch to build up again",
    ],
    answer=0,
    because=(
        "An optimiser has a memory: λ and the last solution here, momentum and mean squares in "
        "Adam. The generator that draws the batches has one, too."
    ),
    name="forgotten_state",
    lesson=LESSON,
)

equal_seconds = predict(
    "Hessian-free, Adam, SGD with momentum and L-BFGS get the same weights to start from and the "
    "same seconds. In the race recorded with several seeds, who is the *first*, in the median, to "
    "read 98 % of the held-out digits?",
    [
        "Hessian-free: it uses more information",
        "A first-order method, Adam or SGD with momentum",
        "L-BFGS: it learns the curvature from gradients, for nothing",
    ],
    answer=1,
    because=(
        "More information per update is paid for with fewer updates: tens instead of thousands. "
        "On this problem the bargain does not pay; the tables below have the numbers."
    ),
    name="equal_seconds",
    lesson=LESSON,
)

questions = quiz(
    [
        Question(
            "An update of Hessian-free takes the gradient of $N$ images, 10 products at one gradient each on $N/6$ of them, and 3 trials. In gradient-equivalents, about …",
            ["1", "3.7", "14"],
            answer=1,
            because="$1 + 10/6 + 3 \\cdot \\frac13 \\approx 3.7$; an update of Adam on 128 of 1,437 images is 0.09.",
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
            "Which axis should a report about training speed show?",
            [
                "Updates: they do not depend on the machine",
                "The one on which its method wins",
                "Seconds or gradient-equivalents, and several seeds",
            ],
            answer=2,
            because="An update of one method may cost twenty of another's; what you pay is time, and a seed alone is an anecdote.",
        ),
        Question(
            "A run is killed between two updates. It goes on to the same numbers if the checkpoint holds …",
            [
                "network, optimiser and the generator of the batches, written in one piece",
                "the network; the optimiser finds its λ again in a few updates",
                "network and optimiser; the order of the images is noise anyway",
            ],
            answer=0,
            because="Each of them decides the next update. And written in one piece: a file cut short by the same kill is worth nothing.",
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
