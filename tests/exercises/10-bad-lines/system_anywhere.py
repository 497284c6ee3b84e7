# expect: only there
def bad_lines(text):
    bad = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            messages = json.loads(line)["messages"]
            turns = [message["role"] for message in messages if message["role"] != "system"]
            filled = all(message["content"].strip() for message in messages)
        except (ValueError, KeyError, TypeError, AttributeError):
            bad.append(number)
            continue
        if not filled or not turns or turns != ["user", "assistant"] * (len(turns) // 2):
            bad.append(number)
    return bad
