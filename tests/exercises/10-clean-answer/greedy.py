# expect: each as short as can be (`.*?`)
def code_of(answer):
    found = re.search(r"```(?:python|py)?\n(.*)(?:```|\Z)", answer, re.DOTALL)
    lines = (found.group(1) if found else answer).splitlines()
    while lines:
        try:
            ast.parse("\n".join(lines))
            return "\n".join(lines)
        except SyntaxError:
            lines.pop()
    return ""
