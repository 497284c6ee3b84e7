# expect: names the language
def code_of(answer):
    lines = answer.split("```")[1].splitlines()
    while lines:
        try:
            ast.parse("\n".join(lines))
            return "\n".join(lines)
        except SyntaxError:
            lines.pop()
    return ""
