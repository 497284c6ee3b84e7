# expect: keep the indentation
def code_of(answer):
    blocks = re.findall(r"```(?:python|py)?\n(.*?)(?:```|\Z)", answer, re.DOTALL)
    lines = [line.strip() for line in ("".join(blocks) if blocks else answer).splitlines()]
    while lines:
        try:
            ast.parse("\n".join(lines))
            return "\n".join(lines)
        except SyntaxError:
            lines.pop()
    return ""
