# expect: is a text
def bad_lines(text):
    bad = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            messages = json.loads(line)["messages"]
            roles = [message["role"] for message in messages]
            filled = all(str(message["content"]).strip() for message in messages)
        except (ValueError, KeyError, TypeError):
            bad.append(number)
            continue
        turns = roles[1:] if roles[:1] == ["system"] else roles
        if not filled or not turns or turns != ["user", "assistant"] * (len(turns) // 2):
            bad.append(number)
    return bad
