"""Small causal language models with random weights, and a tokenizer learnt from given texts.

They need no network and no licence, and are what the causal tasks start from where no pre-trained
model is at hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pellucid import device

END = "<|endoftext|>"
TURNS = ("<|im_start|>", "<|im_end|>")


def write_tokenizer(folder: Path, texts: Iterable[str], words: int) -> Any:
    """Learn a byte-level BPE tokenizer (Sennrich et al. 2016) and write it to a folder."""
    device.prepare()
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    learnt = Tokenizer(models.BPE())
    learnt.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    learnt.decoder = decoders.ByteLevel()
    learnt.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=words,
            special_tokens=[END, *TURNS],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=learnt,
        bos_token=END,
        eos_token=END,
        pad_token=END,
        additional_special_tokens=list(TURNS),
        clean_up_tokenization_spaces=False,
    )
    tokenizer.save_pretrained(folder)
    return tokenizer


def write_causal(
    folder: Path,
    texts: Iterable[str],
    *,
    kind: str = "llama",
    words: int = 4000,
    width: int = 128,
    layers: int = 4,
    places: int = 512,
    seed: int = 0,
) -> Path:
    """Write a random-weight model of a given architecture, and its tokenizer, to a folder.

    Parameters
    ----------
    folder
        Made if it is not there.
    texts
        What the tokenizer is learnt from.
    kind
        ``gpt2``, ``llama`` or ``qwen2``.
    words
        Most tokens of the vocabulary.
    width, layers
        Numbers in each token's vector, and layers; a head has 32 numbers at most.
    places
        Tokens that the model reads.
    seed
        Seed of the weights.
    """
    device.prepare()
    import torch
    import transformers

    tokenizer = write_tokenizer(folder, texts, words)
    end = tokenizer.eos_token_id
    common = {
        "vocab_size": len(tokenizer),
        "bos_token_id": end,
        "eos_token_id": end,
        "pad_token_id": end,
    }
    heads = max(width // 32, 1)
    if kind == "gpt2":
        config = transformers.GPT2Config(
            n_embd=width, n_layer=layers, n_head=heads, n_positions=places, **common
        )
    else:
        make = {"llama": transformers.LlamaConfig, "qwen2": transformers.Qwen2Config}[kind]
        config = make(
            hidden_size=width,
            intermediate_size=4 * width,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            num_key_value_heads=heads,
            max_position_embeddings=places,
            tie_word_embeddings=True,
            **common,
        )
    torch.manual_seed(seed)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.save_pretrained(folder)
    return folder
