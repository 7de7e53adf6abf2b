"""Which tokens of a conversation are learnt, against trl's templates and by reading them again."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.errors import DataError, ModelError, RecipeError
from pellucid.multimodal.text.chat.choosing import CHATML, choose
from pellucid.multimodal.text.chat.messages import Conversation
from pellucid.multimodal.text.chat.samples import ending, shown
from pellucid.multimodal.text.chat.template import Refused, Template, inside

SPECIAL = re.compile(
    r"<[|｜][^<>]+?[|｜]>|<(?:start|end)_of_turn>|<end_of_utterance>|<turn[|]>|<eos>|<bos>|</?s>"
)
ANSWERS = ("what is this", "know thing")
TURNS = Conversation(
    (
        {"role": "user", "content": "hello there"},
        {"role": "assistant", "content": ANSWERS[0]},
        {"role": "user", "content": "I do not"},
        {"role": "assistant", "content": ANSWERS[1]},
    )
)
HEADER = re.compile(r"<｜Assistant｜>|<\|start\|>assistant|</?think>|\s")
"""What trl's templates count among an answer and a model is given: headers, and space behind."""


def trl_templates() -> list[Path]:
    trl = pytest.importorskip("trl", reason="skipped: trl is not installed")
    return sorted((Path(trl.__file__).parent / "chat_templates").glob("*_training.jinja"))


@pytest.fixture(scope="module")
def tokenizer() -> Callable[..., Any]:
    """Give a function that makes a byte-level BPE tokenizer with a template's special tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    def make(template: str | None = None, special: Sequence[str] = ()) -> Any:
        known = [*special, *sorted(set(SPECIAL.findall(template or "")))]
        bpe = Tokenizer(models.BPE())
        bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        bpe.decoder = decoders.ByteLevel()
        bpe.train_from_iterator(
            ["hello there what is this thing I do not know user assistant system", template or ""],
            trainers.BpeTrainer(
                vocab_size=600,
                special_tokens=["<pad>", "<end>", "<begin>", *known],
                initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                show_progress=False,
            ),
        )
        return PreTrainedTokenizerFast(
            tokenizer_object=bpe,
            pad_token="<pad>",
            eos_token="<end>",
            bos_token="<begin>",
            additional_special_tokens=known,
        )

    return make


def learnt(template: Template, conversation: Conversation) -> str:
    (one,) = template.encode([conversation])
    return str(template.tokenizer.decode(one.tokens[one.learnt]))


def test_marked_templates_give_trls_mask(tokenizer: Callable[..., Any]) -> None:
    compared = 0
    for file in trl_templates():
        text = file.read_text(encoding="utf-8")
        made = tokenizer(text)
        try:
            theirs = made.apply_chat_template(
                list(TURNS.messages),
                chat_template=text,
                return_dict=True,
                return_assistant_tokens_mask=True,
            )
        except Exception:
            continue  # a template for images that takes no plain text
        template = Template(made, text, "file")
        if not template.marks or template.parts:
            continue
        (one,) = template.encode([TURNS])
        assert one.tokens.tolist() == theirs["input_ids"], file.name
        assert one.learnt.tolist() == [bool(flag) for flag in theirs["assistant_masks"]], file.name
        compared += 1
    assert compared >= 20


def test_unmarked_templates_give_trls_mask_but_for_headers(tokenizer: Callable[..., Any]) -> None:
    """trl keeps a marked twin of each model's own template; the mask derived here must agree."""
    compared = 0
    for file in trl_templates():
        own = file.with_name(file.name.replace("_training", ""))
        if not own.is_file():
            continue
        text = own.read_text(encoding="utf-8")
        made = tokenizer(text)
        template = Template(made, text, "file")
        if template.marks or template.parts:
            continue
        (one,) = template.encode([TURNS])
        (twin,) = Template(made, file.read_text(encoding="utf-8"), "file").encode([TURNS])
        if one.text != twin.text:
            continue  # trl's twin writes other turns than the model's own template
        compared += 1
        assert not (one.learnt & ~twin.learnt).any(), own.name
        spans = [one.offsets[place] for place in np.flatnonzero(twin.learnt & ~one.learnt)]
        differs = "".join(one.text[start:end] for start, end in spans)
        assert HEADER.sub("", differs) == "", own.name
        for answer in ANSWERS:
            assert answer in learnt(template, TURNS), own.name
    assert compared >= 15


@pytest.mark.parametrize("name", ["qwen3", "gptoss", "deepseekv3", "qwen2_5", "llama3", "smolvlm"])
def test_answers_with_their_ends_are_learnt_and_nothing_that_was_asked(
    tokenizer: Callable[..., Any], name: str
) -> None:
    files = {file.name: file for file in trl_templates()}
    text = files[f"{name}_training.jinja"].with_name(f"{name}.jinja").read_text(encoding="utf-8")
    template = Template(tokenizer(text), text, "file")
    whole, spans = template.spans(TURNS)
    assert len(spans) == 2
    for (start, end), answer in zip(spans, ANSWERS, strict=True):
        assert answer in whole[start:end]
        assert whole[start:end].endswith(template.special), "the end of the answer is learnt"
        assert "hello" not in whole[start:end]
        assert "I do not" not in whole[start:end]
    # With a prompt as it is generated from, what is learnt follows.
    asked, expected = template.ask(TURNS)
    assert expected == ANSWERS[1]
    assert "I do not" in asked
    assert ANSWERS[1] not in asked


def test_chatml_learns_answers_alone_and_ends_with_a_token_that_is_known(
    tokenizer: Callable[..., Any],
) -> None:
    made = tokenizer()
    template = choose(made)
    assert template.origin == "chatml"
    assert learnt(template, TURNS) == "what is this<end>know thing<end>"
    assert template.end == "<end>"
    assert choose(made).origin == "tokenizer", "the template is saved with the tokenizer"
    known = choose(tokenizer(special=["<|im_start|>", "<|im_end|>"]))
    assert learnt(known, TURNS) == "what is this<|im_end|>know thing<|im_end|>"
    (one,) = known.encode([TURNS])
    assert one.text == (
        "<|im_start|>user\nhello there<|im_end|>\n<|im_start|>assistant\nwhat is this<|im_end|>\n"
        "<|im_start|>user\nI do not<|im_end|>\n<|im_start|>assistant\nknow thing<|im_end|>\n"
    )


def test_the_token_in_front_of_what_is_learnt_is_the_end_of_the_prompt(
    tokenizer: Callable[..., Any],
) -> None:
    """What stands before the last answer's first token is what generation begins with."""
    template = choose(tokenizer(special=["<|im_start|>", "<|im_end|>"]))
    (one,) = template.encode([TURNS])
    asked, _ = template.ask(TURNS)
    prompt = template.tokenizer(asked, add_special_tokens=False)["input_ids"]
    assert one.tokens[: len(prompt)].tolist() == prompt
    behind = one.learnt[len(prompt) :]
    assert behind[:-1].all()
    assert not behind[-1], "the line end behind the answer is the template's"


def test_a_call_of_a_tool_is_learnt_and_its_answer_read(tokenizer: Callable[..., Any]) -> None:
    call = {"type": "function", "function": {"name": "find_it", "arguments": {"what": "thing"}}}
    conversation = Conversation(
        (
            {"role": "user", "content": "hello there"},
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "content": "found"},
            {"role": "assistant", "content": "this"},
        ),
        ({"type": "function", "function": {"name": "find_it", "parameters": {}}},),
    )
    template = choose(tokenizer())
    assert learnt(template, conversation) == (
        '<tool_call>\n{"name": "find_it", "arguments": {"what": "thing"}}\n</tool_call><end>'
        "this<end>"
    )
    files = {file.name: file for file in trl_templates()}
    qwen = files["qwen2_5_training.jinja"].with_name("qwen2_5.jinja").read_text(encoding="utf-8")
    theirs = learnt(Template(tokenizer(qwen), qwen, "file"), conversation)
    assert '"name": "find_it"' in theirs
    assert "found" not in theirs
    llama = files["llama3_training.jinja"].with_name("llama3.jinja").read_text(encoding="utf-8")
    with pytest.raises(Refused, match="leaves the tool call of message 2 out"):
        Template(tokenizer(llama), llama, "file").spans(conversation)


def test_an_answer_of_weight_0_is_read_and_not_learnt(tokenizer: Callable[..., Any]) -> None:
    messages = [dict(one) for one in TURNS.messages]
    messages[1]["weight"] = 0
    template = choose(tokenizer())
    assert learnt(template, Conversation(tuple(messages))) == "know thing<end>"
    llama = next(file for file in trl_templates() if file.name == "llama3_training.jinja")
    text = llama.read_text(encoding="utf-8")
    marked = Template(tokenizer(text), text, "file")
    assert marked.marks
    assert learnt(marked, Conversation(tuple(messages))) == "know thing<|eot_id|>"


def test_a_template_that_rewrites_what_it_wrote_is_refused(tokenizer: Callable[..., Any]) -> None:
    fickle = (
        "{{ messages | length }}:{% for m in messages %}[{{ m.role }}] {{ m.content | length }}"
        " {{ m.content if m.role == 'user' else m.content | upper }}{% endfor %}"
    )
    template = Template(tokenizer(fickle), fickle, "file")
    with pytest.raises(DataError, match=r"row “a”.*around message 2 changes.*generation"):
        list(template.encode([TURNS], ["a"]))


def test_a_template_that_refuses_a_conversation_is_named_with_its_reason(
    tokenizer: Callable[..., Any],
) -> None:
    strict = "{% if messages[0].role == 'system' %}{{ raise_exception('no system here') }}"
    strict += "{% endif %}{% for m in messages %}{{ m.content }}{% endfor %}"
    template = Template(tokenizer(strict), strict, "file")
    system = Conversation(({"role": "system", "content": "a"}, *TURNS.messages))
    with pytest.raises(DataError, match=r"row “2”: the chat template refuses it .no system here"):
        list(template.encode([TURNS, system]))


def test_a_template_that_writes_no_messages_is_refused(tokenizer: Callable[..., Any]) -> None:
    with pytest.raises(ModelError, match="does not write what a user says"):
        Template(tokenizer(), "hello", "file")


def test_a_file_with_a_template_is_read_and_faults_are_told(
    tokenizer: Callable[..., Any], tmp_path: Path
) -> None:
    file = tmp_path / "mine.jinja"
    file.write_text(
        "{% for m in messages %}{{ m.role }}: {{ m.content }}{{ eos_token }}{% endfor %}"
    )
    made = tokenizer()
    template = choose(made, file)
    assert template.origin == "file"
    assert made.chat_template == file.read_text()
    # This one ignores that an answer is asked for, so the header is what the model must write.
    assert learnt(template, TURNS) == "assistant: what is this<end>assistant: know thing<end>"
    file.write_text("{% for m in messages %}")
    with pytest.raises(RecipeError, match=r"model.chat_template.*no Jinja template"):
        choose(tokenizer(), file)
    with pytest.raises(RecipeError, match="can't be read"):
        choose(tokenizer(), tmp_path / "none.jinja")


def test_a_token_with_one_character_of_an_answer_is_learnt() -> None:
    offsets = np.array([[0, 2], [2, 5], [5, 5], [5, 7], [7, 9]])
    assert inside(offsets, [(4, 6)]).tolist() == [False, True, False, True, False]
    assert not inside(offsets, []).any()


def test_what_is_shown_is_the_whole_text_in_its_kinds(tokenizer: Callable[..., Any]) -> None:
    template = choose(tokenizer(special=["<|im_start|>", "<|im_end|>"]))
    (one,) = template.encode([TURNS])
    whole = shown(one, template.tokenizer, 10_000)
    assert "".join(piece["text"] for piece in whole["pieces"]) == one.text
    told = [piece["text"] for piece in whole["pieces"] if piece["kind"] == "learnt"]
    assert told == ["what is this<|im_end|>", "know thing<|im_end|>"]
    assert (whole["tokens"], whole["cut"]) == (len(one.tokens), 0)
    short = shown(one, template.tokenizer, 12)
    assert (short["tokens"], short["cut"]) == (12, len(one.tokens) - 12)
    assert short["pieces"][-1]["kind"] == "cut"
    assert "".join(piece["text"] for piece in short["pieces"]) == one.text


def test_a_mask_without_the_end_is_noticed(tokenizer: Callable[..., Any]) -> None:
    endless = (
        "{% for m in messages %}{{ m.role }}:"
        "{% generation %}{{ m.content if m.role == 'assistant' }}"
        "{% endgeneration %}{{ m.content if m.role == 'user' }}{{ eos_token }}{% endfor %}"
    )
    made = tokenizer()
    template = Template(made, endless, "file")
    (one,) = template.encode([TURNS])
    assert not ending(template, one)
    chatml = choose(made)
    (other,) = chatml.encode([TURNS])
    assert ending(chatml, other)


def test_chatml_names_its_end_once() -> None:
    assert CHATML.count("END") == 2
