# expect: no JSON: `json.loads` raises
def bad_lines(text):
    bad = []
    for number, line in enumerate(text.splitlines(), 1):
        row = json.loads(line)
        roles = [message["role"] for message in row["messages"]]
        turns = roles[1:] if roles[:1] == ["system"] else roles
        filled = all(message["content"].strip() for message in row["messages"])
        if not filled or not turns or turns != ["user", "assistant"] * (len(turns) // 2):
            bad.append(number)
    return bad
