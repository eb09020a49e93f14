"""One GGUF file → one transformers folder: float32 safetensors, the repaired tokenizer, quiet configuration.

Run as ``python -m knowwhen.models._gguf FILE FOLDER`` by `_packaged`, in a process of its own. No network, no code
from the file: GGUF holds arrays and key-value pairs only.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

UNBOUNDED = 1 << 40
"""A model_max_length beyond this is transformers' way to say that none was stated."""


def convert(gguf: Path, folder: Path) -> None:
    """Write the model in `gguf` to `folder` so that it loads without a word.

    The weights are what the file's blocks stand for, in float32: bit-equal to those that llama.cpp dequantises to.
    ``save_pretrained`` refuses a model that came from GGUF until its marks of quantisation are taken off.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model: Any
    source: dict[str, Any] = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    tokenizer = AutoTokenizer.from_pretrained(**source)
    model = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.float32)
    repair(tokenizer, _pre_tokenizer(gguf))

    config = model.config
    if tokenizer.model_max_length > UNBOUNDED:
        tokenizer.model_max_length = config.max_position_embeddings
    tokenizer.clean_up_tokenization_spaces = False
    for key in ("bos_token_id", "eos_token_id", "pad_token_id"):
        value = getattr(tokenizer, key)
        setattr(config, key, value)
        setattr(model.generation_config, key, value)

    del config.quantization_config
    model.hf_quantizer, model.is_quantized, model.quantization_method = None, False, None
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    _drop(folder / "config.json", "_model_name_or_path", "_name_or_path")
    _drop(folder / "tokenizer_config.json", "is_local", "local_files_only", "name_or_path")
    check(folder, tokenizer)


def repair(tokenizer: Any, pre: str) -> None:
    """Put back what the conversion of the tokenizer loses, by the name of the pre-tokenizer in the GGUF file.

    ``smollm`` splits numbers into single digits before it splits words (llama.cpp, ``LLAMA_VOCAB_PRE_TYPE_SMOLLM``);
    transformers 5 keeps only the second half, so that white space before a digit came out as other tokens.
    """
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence

    if pre == "smollm":
        tokenizer.backend_tokenizer.pre_tokenizer = Sequence(
            [Digits(individual_digits=True), ByteLevel(add_prefix_space=False, use_regex=True)]
        )
    elif pre != "default":
        raise ValueError(f"the pre-tokenizer '{pre}' is not known; its conversion was never checked")


def check(folder: Path, tokenizer: Any) -> None:
    """The folder, read back, gives the tokens that were meant, and they spell the text."""
    from transformers import AutoTokenizer

    again = AutoTokenizer.from_pretrained(folder)
    for text in ("a  3   b\t\t4", "In 1987, 12345 people\n\n  said “naïve” ✓.", "x" * 50, "   "):
        ids = again(text, add_special_tokens=False)["input_ids"]
        if ids != tokenizer(text, add_special_tokens=False)["input_ids"] or again.decode(ids) != text:
            raise ValueError(f"the stored tokenizer does not give {text!r} back: {again.decode(ids)!r}")
    if again.eos_token_id is None or again.pad_token_id is None:
        raise ValueError("the stored tokenizer has no end or no padding token")


def _pre_tokenizer(gguf: Path) -> str:
    from gguf import GGUFReader

    field = GGUFReader(gguf).fields.get("tokenizer.ggml.pre")
    return str(field.contents()) if field else "default"


def _drop(path: Path, *keys: str) -> None:
    """Forget the temporary place that the model was converted in."""
    values = json.loads(path.read_text(encoding="utf-8"))
    kept = {key: value for key, value in values.items() if key not in keys}
    path.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
