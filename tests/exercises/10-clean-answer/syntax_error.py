# expect: catch the SyntaxError
def code_of(answer):
    blocks = re.findall(r"```(?:python|py)?\n(.*?)(?:```|\Z)", answer, re.DOTALL)
    code = "".join(blocks) if blocks else answer
    ast.parse(code)
    return code
