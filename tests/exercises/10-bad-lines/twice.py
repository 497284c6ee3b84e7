# expect: comes twice
def bad_lines(text):
    bad = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            messages = json.loads(line)["messages"]
            roles = [message["role"] for message in messages]
            if not all(message["content"].strip() for message in messages):
                bad.append(number)
        except (ValueError, KeyError, TypeError, AttributeError):
            bad.append(number)
            continue
        turns = roles[1:] if roles[:1] == ["system"] else roles
        if not turns or turns[0] != "user":
            bad.append(number)
        if not turns or turns[-1] != "assistant":
            bad.append(number)
        if turns != (["user", "assistant"] * len(turns))[: len(turns)]:
            bad.append(number)
    return bad
