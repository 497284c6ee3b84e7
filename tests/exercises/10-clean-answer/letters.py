# expect: whole lines
def code_of(answer):
    blocks = re.findall(r"```(?:python|py)?\n(.*?)(?:```|\Z)", answer, re.DOTALL)
    code = "".join(blocks) if blocks else answer
    while code:
        try:
            ast.parse(code)
            return code
        except SyntaxError:
            code = code[:-1]
    return ""
