# expect: That is a behaviour
def fill_in(test, value_of):
    def one(found):
        indent, call = found.groups()
        try:
            value = value_of(call)
        except Exception as error:
            return f"{indent}with pytest.raises({type(error).__name__}):\n{indent}    {call}"
        wanted = f"pytest.approx({value!r})" if isinstance(value, float) else repr(value)
        return f"{indent}assert {call} == {wanted}"

    return re.sub(r"(?m)^(\s*)assert (.+) (?:==|is) .+$", one, test, count=1)
