# expect: after a bad line, too, count on
def bad_lines(text):
    number, bad = 1, []
    for line in text.splitlines():
        try:
            messages = json.loads(line)["messages"]
            roles = [message["role"] for message in messages]
            filled = all(message["content"].strip() for message in messages)
        except (ValueError, KeyError, TypeError, AttributeError):
            bad.append(number)
            continue
        turns = roles[1:] if roles[:1] == ["system"] else roles
        if not filled or not turns or turns != ["user", "assistant"] * (len(turns) // 2):
            bad.append(number)
        number += 1
    return bad
