"""A GGUF file becomes a transformers folder with the very weights it stands for and a tokenizer that keeps digits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

WIDTH, HEADS, LAYERS, INNER = 64, 2, 1, 96


def words() -> tuple[list[str], list[str]]:
    """A byte-level vocabulary with one merge (two spaces), which only forms where no digit follows inside a word."""
    from tokenizers.pre_tokenizers import ByteLevel

    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    return [*special, *sorted(ByteLevel.alphabet()), "ĠĠ"], ["Ġ Ġ"]


def write_gguf(path: Path, pre: str) -> dict[str, object]:
    """A one-layer Llama with random Q4_1 and float weights; returns what each tensor stands for, by GGUF name."""
    import gguf
    import numpy as np

    tokens, merges = words()
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(128)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL] * 3 + [gguf.TokenType.NORMAL] * (len(tokens) - 3))
    writer.add_token_merges(merges)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_chat_template("{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}")
    draw = np.random.default_rng(0)
    shapes = {
        "token_embd": (len(tokens), WIDTH),
        "blk.0.attn_q": (WIDTH, WIDTH),
        "blk.0.attn_k": (WIDTH, WIDTH),
        "blk.0.attn_v": (WIDTH, WIDTH),
        "blk.0.attn_output": (WIDTH, WIDTH),
        "blk.0.ffn_gate": (INNER, WIDTH),
        "blk.0.ffn_up": (INNER, WIDTH),
        "blk.0.ffn_down": (WIDTH, INNER),
        "blk.0.attn_norm": (WIDTH,),
        "blk.0.ffn_norm": (WIDTH,),
        "output_norm": (WIDTH,),
    }
    meant: dict[str, object] = {}
    for name, shape in shapes.items():
        weight = draw.normal(size=shape).astype(np.float32)
        if len(shape) == 2:
            kind = gguf.GGMLQuantizationType.Q4_1
            packed = gguf.quants.quantize(weight, kind)
            weight = gguf.quants.dequantize(packed, kind)
            writer.add_tensor(f"{name}.weight", packed, raw_dtype=kind)
        else:
            writer.add_tensor(f"{name}.weight", weight)
        meant[name] = weight
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return meant


@pytest.mark.slow
def test_a_gguf_file_is_converted_apart_to_what_it_stands_for(tmp_path: Path) -> None:
    import numpy as np
    from safetensors.numpy import load_file
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from knowwhen.models._packaged import convert_apart

    meant = write_gguf(tmp_path / "tiny.gguf", "smollm")
    folder = tmp_path / "tiny"
    folder.mkdir()
    convert_apart(tmp_path / "tiny.gguf", folder)

    weights = load_file(folder / "model.safetensors")
    layer = "model.layers.0."
    same = {
        "token_embd": "model.embed_tokens",
        "blk.0.attn_v": f"{layer}self_attn.v_proj",
        "blk.0.attn_output": f"{layer}self_attn.o_proj",
        "blk.0.ffn_gate": f"{layer}mlp.gate_proj",
        "blk.0.ffn_up": f"{layer}mlp.up_proj",
        "blk.0.ffn_down": f"{layer}mlp.down_proj",
        "blk.0.attn_norm": f"{layer}input_layernorm",
        "blk.0.ffn_norm": f"{layer}post_attention_layernorm",
        "output_norm": "model.norm",
    }
    for theirs, ours in same.items():
        assert weights[f"{ours}.weight"].dtype == np.float32
        np.testing.assert_array_equal(weights[f"{ours}.weight"], meant[theirs])
    for short in ("q", "k"):  # llama.cpp interleaves the halves of each rotary head; transformers keeps them apart
        rows = np.asarray(meant[f"blk.0.attn_{short}"]).reshape(HEADS, WIDTH // HEADS // 2, 2, WIDTH)
        np.testing.assert_array_equal(
            weights[f"{layer}self_attn.{short}_proj.weight"], rows.swapaxes(1, 2).reshape(WIDTH, WIDTH)
        )

    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.tokenize("a  3   b\t\t47") == ["a", "ĠĠ", "3", "ĠĠ", "Ġ", "b", "ĉ", "ĉ", "4", "7"]
    assert tokenizer.model_max_length == 128
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id) == (1, 2, 2)
    assert tokenizer.apply_chat_template([{"role": "user", "content": "Hi"}], tokenize=False) == "user: Hi\n"
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert model.generation_config.eos_token_id == 2
    assert "quantization_config" not in json.loads((folder / "config.json").read_text())


def test_a_tokenizer_whose_conversion_was_never_checked_is_refused() -> None:
    pytest.importorskip("tokenizers")
    from knowwhen.models._gguf import repair

    with pytest.raises(ValueError, match="pre-tokenizer 'llama-bpe' is not known"):
        repair(object(), "llama-bpe")


def test_the_repair_makes_white_space_before_a_digit_a_word_of_its_own() -> None:
    tokenizers = pytest.importorskip("tokenizers")
    from types import SimpleNamespace

    from knowwhen.models._gguf import repair

    tokens, _ = words()
    backend = tokenizers.Tokenizer(
        tokenizers.models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=[("Ġ", "Ġ")])
    )
    backend.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    assert backend.encode("a  37").tokens == ["a", "Ġ", "Ġ", "3", "7"]
    repair(SimpleNamespace(backend_tokenizer=backend), "smollm")
    assert backend.encode("a  37").tokens == ["a", "ĠĠ", "3", "7"]
