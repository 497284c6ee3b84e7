"""What a model is asked for a unit test, as a chat."""

INSTRUCTION = "Write a pytest test for this Python function. Answer with one code block that holds only the test."


def conversation(function, shots=()):
    """The chat that asks for a test of `function` (source text), after worked examples `shots` (see `examples`)."""
    messages = []
    for shot in shots:
        messages += [_request(shot["function"]), {"role": "assistant", "content": fenced(shot["test"])}]
    return [*messages, _request(function)]


def _request(function):
    return {"role": "user", "content": f"{INSTRUCTION}\n\n{fenced(function)}"}


def fenced(code):
    """`code` in a Markdown code block, as chat models write it."""
    return f"```python\n{code.strip()}\n```"
