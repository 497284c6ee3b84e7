# expect: the last line goes, although
def code_of(answer):
    blocks = re.findall(r"```(?:python|py)?\n(.*?)(?:```|\Z)", answer, re.DOTALL)
    lines = ("".join(blocks) if blocks else answer).splitlines()
    for end in range(len(lines) - 1, 0, -1):
        try:
            ast.parse("\n".join(lines[:end]))
            return "\n".join(lines[:end])
        except SyntaxError:
            pass
    return ""
