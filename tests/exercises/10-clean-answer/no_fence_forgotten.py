# expect: without any fence
def code_of(answer):
    blocks = answer.split("```")[1::2]
    code = "".join(re.sub(r"\A(python|py)?\n", "", block) for block in blocks)
    lines = code.splitlines()
    while lines:
        try:
            ast.parse("\n".join(lines))
            return "\n".join(lines)
        except SyntaxError:
            lines.pop()
    return ""
