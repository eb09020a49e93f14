"""Two-layer random transformers and a tokenizer, built in code: the engine's test subjects."""

from __future__ import annotations

from pathlib import Path

import torch
import transformers as hf
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

WORDS = ["<end>", "<user>", "<system>", "<reply>", "<think>", "</think>", "\n", "Question", ":", "Answer", "?", "Q"]
CHAT = (
    "{% for m in messages %}<{{ m['role'] }}> {{ m['content'] }} {% endfor %}"
    "{% if add_generation_prompt %}<reply>{% endif %}"
)

BARE = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}<reply>"
"""A chat template without a blank: what it renders is what a tokenizer reads."""


def tokenizer(chat_template: str | None = CHAT) -> hf.PreTrainedTokenizerFast:
    """One token a word; words are <end>, the marks above, and w0 … w83."""
    vocabulary = {word: i for i, word in enumerate([*WORDS, *(f"w{i}" for i in range(96 - len(WORDS)))])}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token="w0"))
    core.pre_tokenizer = pre_tokenizers.Split(Regex(r"\n|<[^>]*>|w\d+|\w+|[:?]"), "removed", invert=True)
    core.decoder = decoders.Fuse()
    made = hf.PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<end>", unk_token="w0")
    made.chat_template = chat_template
    return made


SIZES = {
    "vocab_size": 96,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 256,
    "pad_token_id": 0,
    "bos_token_id": 0,
    "eos_token_id": 0,
}


def model(kind: str = "llama", seed: int = 0) -> hf.PreTrainedModel:
    """A random model of an architecture; its weights are wide enough that likeliest tokens are no near ties."""
    configs = {
        "llama": lambda: hf.LlamaConfig(**SIZES),
        "qwen2": lambda: hf.Qwen2Config(**SIZES),
        "mistral": lambda: hf.MistralConfig(**SIZES, sliding_window=6),
        "gemma3_text": lambda: hf.Gemma3TextConfig(
            **SIZES, sliding_window=6, layer_types=["sliding_attention", "full_attention"]
        ),
        "gpt2": lambda: hf.GPT2Config(
            vocab_size=96, n_embd=32, n_layer=2, n_head=4, n_positions=256, bos_token_id=0, eos_token_id=0
        ),
        "gpt_neox": lambda: hf.GPTNeoXConfig(**{k: v for k, v in SIZES.items() if k != "head_dim"}),
        "bloom": lambda: hf.BloomConfig(vocab_size=96, hidden_size=32, n_layer=2, n_head=4, eos_token_id=0),
        "mamba": lambda: hf.MambaConfig(vocab_size=96, hidden_size=32, num_hidden_layers=2, state_size=4),
    }
    torch.manual_seed(seed)
    made = hf.AutoModelForCausalLM.from_config(configs[kind]())
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if weight.ndim == 2:
                weight.normal_(0, 1.0 if "embed" in name or "wte" in name else 0.25)
    return made.eval()


def folder(path: Path) -> Path:
    """A random model and its tokenizer, saved as `transformers` saves them."""
    model().save_pretrained(path)
    tokenizer(BARE).save_pretrained(path)
    return path
