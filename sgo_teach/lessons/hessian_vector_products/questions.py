"""The predictions and the quiz of lesson 09."""

from sgo_teach.checks import Question, predict, quiz

LESSON = "hessian_vector_products"

which_way = predict(
    "A bowl has curvature 1 along the first axis and 10 along the second. "
    "You nudge θ by $v = (1, 1)$. Into which direction does the gradient change?",
    [
        "Along $v$, longer or shorter",
        "Mostly along the steep second axis",
        "Along $-g$, wherever you stand",
    ],
    answer=1,
    because=(
        "$Hv = (1, 10)$: each axis is stretched by its own curvature. "
        "Only where $v$ is an eigenvector does the gradient change along $v$."
    ),
    name="which_way",
    lesson=LESSON,
)

price = predict(
    "The network has $n = 1{,}210$ parameters. Measured in gradients, what does one product $Hv$ cost by two backward passes?",
    [
        "About 1,210: one for each row of $H$",
        "About 600: $H$ is symmetric, half of it will do",
        "A few, whatever $n$ is",
    ],
    answer=2,
    because=(
        "$g^Tv$ is one number, and the gradient of one number costs a small multiple of computing it, "
        "whatever the number of parameters: that is what backward passes are good at."
    ),
    name="price",
    lesson=LESSON,
)

diagonal_trace = predict(
    "You estimate a trace by $z^THz$ with one vector $z$ of random signs. "
    "How large is the error if $H$ happens to be *diagonal*?",
    [
        "As large as for any matrix with these eigenvalues",
        "None at all",
        "It depends on how the eigenvalues are spread",
    ],
    answer=1,
    because=(
        "$z^THz = \\sum_i h_{ii} z_i^2 + \\sum_{i \\ne j} h_{ij} z_i z_j$, and $z_i^2 = 1$: "
        "the first sum is the trace, and only what is off the diagonal makes an error."
    ),
    name="diagonal_trace",
    lesson=LESSON,
)

one_cg_step = predict(
    "Newton–CG solves $(H + \\lambda I)\\Delta = -g$ by conjugate gradients, started at 0. "
    "You allow *one* CG step. Where does Δ point?",
    [
        "Along $-g$: it is a gradient step",
        "Along the Newton step, only shorter",
        "Along the eigenvector of the largest curvature",
    ],
    answer=0,
    because=(
        "The first direction of CG is the residual, which is $-g$ at the start; one product sets the length. "
        "Further products turn the step towards Newton's. The gradient is exact throughout."
    ),
    name="one_cg_step",
    lesson=LESSON,
)

questions = quiz(
    [
        Question(
            "Which of these is $Hv$?",
            [
                "the gradient of $g^Tv$ by θ, with $v$ held fixed",
                "the gradient of $g^Tv$ by $v$",
                "$g\\,(g^Tv)$",
                "the gradient of $g^Tg$",
            ],
            answer=0,
            because="By $v$ it is $g$; $gg^Tv$ has only first derivatives; $g^Tg$ gives $2Hg$.",
        ),
        Question(
            "You call `torch.autograd.grad(g.sum(), theta)` and get $n$ numbers. They are …",
            [
                "the diagonal of $H$",
                "the row sums of $H$",
                "the eigenvalues of $H$",
                "the gradient again",
            ],
            answer=1,
            because="`g.sum()` is $g^T\\mathbf 1$, so it is $H\\mathbf 1$. The diagonal alone would need $n$ products.",
        ),
        Question(
            "In 64-bit numbers, central differences with the best $h$ give about how many right digits of $Hv$?",
            ["all 16", "about 10", "about 3"],
            answer=1,
            because="The error $h^2 + \\epsilon/h$ is smallest near $h = \\epsilon^{1/3}$, where it is about $\\epsilon^{2/3}$: two thirds of the digits.",
        ),
        Question(
            "How would you test a routine for $Hv$ on a network with a million parameters?",
            [
                "compare it with the whole $H$",
                "check $u^THv = v^THu$ for random $u$, $v$, and one difference quotient",
                "look whether $Hv$ is positive",
            ],
            answer=1,
            because="The whole $H$ would need eight terabytes. Symmetry costs two products; the quotient checks the scale, which symmetry cannot.",
        ),
        Question(
            "Power iteration on a Hessian settles at $v^THv = -7$. What do you know?",
            [
                "the smallest eigenvalue is $-7$, and the largest is below 7",
                "nothing: a negative value means that it failed",
                "the point is a maximum",
            ],
            answer=0,
            because="It finds the eigenvalue of largest *size*, sign included, and all others are smaller in size. Other directions may well bend upwards.",
        ),
        Question(
            "A blog says: “Hessian-free methods compute the Hessian cheaply.” Better:",
            [
                "they approximate the gradient by the Hessian",
                "they compute products $Hv$, and never $H$",
                "they compute a sparse Hessian",
            ],
            answer=1,
            because="A few dozen products of a few gradients each. The matrix is never formed, whole, sparse or otherwise, and the gradient is exact.",
        ),
        Question(
            "Where do the $n$ products for a whole Hessian hurt first: $n = 100{,}000$ parameters, 64-bit numbers, 16 GB of memory?",
            ["time", "memory", "neither"],
            answer=1,
            because="$8n^2$ bytes are 80 GB. A hundred thousand products are slow, but they end; the matrix has no place to go.",
        ),
    ],
    name="questions",
    lesson=LESSON,
)
