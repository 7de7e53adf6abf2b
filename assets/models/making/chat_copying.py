"""Weights with which a small causal model of Llama's kind begins to copy.

To say a value that stands in front of it, a model looks for where its last tokens stood before, and
says what followed there: heads of the first layer look at the tokens just before, heads of the
second find the place (induction heads, Olsson et al. 2022, arXiv:2209.11895). Models find this by
themselves from many millions of tokens; a model that shall be made in minutes is given it to begin
with, roughly, and learns the rest. None of it is kept fixed.
"""

from __future__ import annotations

from typing import Any

BACK = 3
"""Heads of the first layer that look at the first, second, third token back."""

FIND = 2
"""Heads of the second layer that find where the last two tokens stood before."""

SHARP, WRITTEN, MATCH, COPY, SCALE = 5.0, 0.3, 2.0, 0.3, 3.0
"""How sharply heads look back; how strongly they write what they saw, the second layer's heads
match tokens and copy what they found; by how much embeddings are larger than usual."""

FAR, TURN = 80, 1.0
"""Tokens between a value and its copy, and radians by which rotary embeddings may turn over them in
the dimensions that tokens are matched by."""


def begin(model: Any) -> None:
    """Write the weights into a model with random ones.

    Parameters
    ----------
    model
        A ``LlamaForCausalLM`` with biases of attention, as many heads of keys as of queries, at
        least two layers, and at least four heads.
    """
    import torch

    first, second = (layer.self_attn for layer in model.model.layers[:2])
    width, size = first.head_dim, model.config.hidden_size
    speeds = model.model.rotary_emb.inv_freq
    # Parts of the residual stream: what a token is, and what stands 1, 2 and 3 tokens before it.
    basis = torch.linalg.qr(torch.randn(size, size))[0]
    token, *before = basis[:, : (BACK + 1) * width].T.split(width)
    slow = (speeds * FAR < TURN).nonzero().flatten()
    slow = torch.cat([slow, slow + len(speeds)])
    half = len(slow) // 2
    with torch.no_grad():
        model.model.embed_tokens.weight.mul_(SCALE)
        for head in range(BACK):
            rows = slice(head * width, (head + 1) * width)
            turn = (head + 1) * speeds
            first.k_proj.bias[rows] = SHARP * torch.cat([turn * 0 + 1, turn * 0])
            first.q_proj.bias[rows] = SHARP * torch.cat([turn.cos(), -turn.sin()])
            first.v_proj.weight[rows] = token
            first.o_proj.weight[:, rows] = WRITTEN * before[head].T
        for head in range(FIND):
            rows = slice(head * width, (head + 1) * width)
            for projection, one, other in (
                (second.q_proj, token, before[0]),
                (second.k_proj, before[0], before[1]),
            ):
                projection.weight[rows] *= 0.1
                matched = torch.cat([one[:half], other[half : len(slow)]])
                projection.weight[head * width + slow] = MATCH * matched
            second.v_proj.weight[rows] = token
            second.o_proj.weight[:, rows] = COPY * token.T
