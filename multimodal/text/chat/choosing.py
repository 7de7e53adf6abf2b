"""Which chat template a model is given: one from a file, its own, or a plain one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from ....errors import RecipeError, paragraph
from ...vision_language.habits import habits_of
from .template import Template, reason

CHATML = """\
{%- if tools %}
{{- '<|im_start|>system\\n' }}
{%- if messages[0].role == 'system' %}{{- messages[0].content + '\\n\\n' }}{%- endif %}
{{- 'Tools that may be called:\\n' }}
{%- for tool in tools %}{{- tool | tojson + '\\n' }}{%- endfor %}
{{- END + '\\n' }}
{%- endif %}
{%- for message in messages %}
{%- if not (tools and loop.first and message.role == 'system') %}
{{- '<|im_start|>' + message.role + '\\n' + (message.content or '') }}
{%- for call in message.tool_calls or [] %}
{%- if message.content or not loop.first %}{{- '\\n' }}{%- endif %}
{{- '<tool_call>\\n' + call.function | tojson + '\\n</tool_call>' }}
{%- endfor %}
{{- END + '\\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""
"""ChatML; ``END`` is written as the token that ends a message."""


Showing = Literal["parts", "mark", "nothing"]

PLAIN = """\
{%- for message in messages %}
{%- if message.role == 'assistant' %}
{{- message.content + END }}
{%- else %}
{{- message.content + TAIL }}
{%- endif %}
{%- endfor %}
"""
"""What is asked and its answer, told apart as a processor tells a prompt's end by itself."""


def choose(processor: Any, path: str | Path | None = None) -> Template:
    """Choose a chat template: of a file, else the model's own, else a plain one.

    The plain one is ChatML; of a model whose processor marks the end of a prompt by itself
    (PaliGemma) it is that mark. The tokenizer is given the template, so that it is saved with the
    model.

    Parameters
    ----------
    processor
        A fast tokenizer, or the processor of a model that sees pictures.
    path
        A Jinja file.

    Raises
    ------
    RecipeError
        If the file can't be read or is no template.
    """
    tokenizer = getattr(processor, "tokenizer", processor)
    tail = ""
    seeing: dict[str, Any] = {}
    if tokenizer is not processor:
        habits = habits_of(processor)
        tail = habits.tail
        seeing = {
            "picture": habits.mark,
            "behind": habits.behind,
            "begins": habits.begins,
        }
    if path is not None:
        text, origin = _file(Path(path), tokenizer), "file"
    elif (own := _own(processor, tokenizer)) is not None:
        text, origin = own, "tokenizer"
    elif tail:
        text, origin = plain(tokenizer, tail), "processor"
    else:
        text, origin = chatml(tokenizer), "chatml"
    if origin != "tokenizer":
        processor.chat_template = tokenizer.chat_template = text
    return Template(tokenizer, text, origin, **seeing)


def plain(tokenizer: Any, tail: str) -> str:
    """Write the plain template of a processor that puts `tail` behind a prompt."""
    end = tokenizer.eos_token or ""
    return PLAIN.replace("END", _quoted(end)).replace("TAIL", _quoted(tail))


def chatml(tokenizer: Any) -> str:
    """Write ChatML for a tokenizer: ``<|im_end|>`` ends a message, where it knows that token.

    Where it doesn't, its own end-of-text token does: a text of several tokens would be a poor end.
    """
    known = tokenizer.convert_tokens_to_ids("<|im_end|>")
    own = known is not None and known != tokenizer.unk_token_id
    end = "<|im_end|>" if own or tokenizer.eos_token is None else str(tokenizer.eos_token)
    return CHATML.replace("END", _quoted(end))


def showing(text: str) -> Showing:
    """Say how a picture is brought into a message by a chat template that a model was saved with.

    Parameters
    ----------
    text
        The template.

    Returns
    -------
    ``parts`` where it writes the pictures among a message's parts, ``mark`` where the text that
    stands for a picture has to stand in the message, and ``nothing`` where the model's processor
    takes a plain text and puts that text in front of it.
    """
    if "image" in text:
        return "parts"
    return "nothing" if text.startswith(PLAIN.partition("END")[0]) else "mark"


def _own(processor: Any, tokenizer: Any) -> str | None:
    """Return the chat template that comes with a model."""
    found = getattr(processor, "chat_template", None) or tokenizer.chat_template
    if isinstance(found, dict):
        found = found.get("default")
    return None if found is None else str(found)


def _quoted(text: str) -> str:
    """Write a text as Jinja reads it."""
    return json.dumps(text, ensure_ascii=False)


def _file(path: Path, tokenizer: Any) -> str:
    from jinja2 import TemplateSyntaxError

    where = "recipe, key “model.chat_template”"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(
            paragraph(
                where,
                f"the file {path} can't be read ({reason(error)})",
                "Correct the path, which is relative to the recipe's folder",
            )
        ) from None
    try:
        tokenizer.apply_chat_template(
            [{"role": "user", "content": "a"}], chat_template=text, tokenize=False
        )
    except TemplateSyntaxError as error:
        raise RecipeError(
            paragraph(where, f"{path} is no Jinja template ({reason(error)})", "Correct the file")
        ) from None
    except Exception:  # what a template raises on purpose is told with the row that it refuses
        return text
    return text
