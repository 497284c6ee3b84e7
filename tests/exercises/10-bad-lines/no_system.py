# expect: a system message may come first
def bad_lines(text):
    bad = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            messages = json.loads(line)["messages"]
            roles = [message["role"] for message in messages]
            filled = all(message["content"].strip() for message in messages)
        except (ValueError, KeyError, TypeError, AttributeError):
            bad.append(number)
            continue
        if not filled or not roles or roles != ["user", "assistant"] * (len(roles) // 2):
            bad.append(number)
    return bad
