# expect: no letters (`strip`)
def code_of(answer):
    blocks = answer.split("```")[1::2] if "```" in answer else [answer]
    lines = "\n".join(block.strip("python\n") for block in blocks).splitlines()
    while lines:
        try:
            ast.parse("\n".join(lines))
            return "\n".join(lines)
        except SyntaxError:
            lines.pop()
    return ""
