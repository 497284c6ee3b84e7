# expect: no line begins
def is_good(line):
    try:
        messages = json.loads(line)["messages"]
        roles = [message["role"] for message in messages]
        filled = all(message["content"].strip() for message in messages)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    turns = roles[1:] if roles[:1] == ["system"] else roles
    return filled and len(turns) > 0 and turns == ["user", "assistant"] * (len(turns) // 2)


def bad_lines(text):
    return [number for number, line in enumerate(text.split("\n"), 1) if not is_good(line)]
