# expect: two lines have to go
def code_of(answer):
    blocks = re.findall(r"```(?:python|py)?\n(.*?)(?:```|\Z)", answer, re.DOTALL)
    code = "".join(blocks) if blocks else answer
    try:
        ast.parse(code)
    except SyntaxError:
        code = "\n".join(code.splitlines()[:-1])
    return code
