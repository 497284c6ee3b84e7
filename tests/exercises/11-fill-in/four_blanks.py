# expect: does not parse
def fill_in(test, value_of):
    lines = []
    for line in test.splitlines():
        found = re.fullmatch(r"(\s*)assert (.+) (?:==|is) .+", line)
        if not found:
            lines.append(line)
            continue
        _, call = found.groups()
        try:
            value = value_of(call)
        except Exception as error:
            lines += [f"    with pytest.raises({type(error).__name__}):", f"        {call}"]
        else:
            wanted = f"pytest.approx({value!r})" if isinstance(value, float) else repr(value)
            lines.append(f"    assert {call} == {wanted}")
    return "\n".join(lines) + "\n"
