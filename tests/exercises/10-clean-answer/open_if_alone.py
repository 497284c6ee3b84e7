# expect: last of several blocks
def code_of(answer):
    blocks = re.findall(r"```(?:python|py)?\n(.*?)```", answer, re.DOTALL)
    if not blocks:
        blocks = re.findall(r"```(?:python|py)?\n(.*)", answer, re.DOTALL) or [answer]
    lines = "".join(blocks).splitlines()
    while lines:
        try:
            ast.parse("\n".join(lines))
            return "\n".join(lines)
        except SyntaxError:
            lines.pop()
    return ""
