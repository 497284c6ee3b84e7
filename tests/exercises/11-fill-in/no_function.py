# expect: no test function
def fill_in(test, value_of):
    lines = []
    for line in test.splitlines():
        found = re.fullmatch(r"(\s*)assert (.+) (?:==|is) .+", line)
        if not found:
            lines.append(line)
            continue
        indent, call = found.groups()
        try:
            value = value_of(call)
        except Exception as error:
            lines += [f"{indent}with pytest.raises({type(error).__name__}):", f"{indent}    {call}"]
        else:
            wanted = f"pytest.approx({value!r})" if isinstance(value, float) else repr(value)
            lines.append(f"{indent}assert {call} == {wanted}")
    return "\n".join(line.strip() for line in lines if "with" not in line and "for" not in line and "def" not in line)
