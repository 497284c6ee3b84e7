# expect: never ends
def code_of(answer):
    blocks = re.findall(r"```(?:python|py)?\n(.*?)(?:```|\Z)", answer, re.DOTALL)
    code = "".join(blocks) if blocks else answer
    while True:
        try:
            ast.parse(code)
            return code
        except SyntaxError:
            code = code.rsplit("\n", 1)[0]
