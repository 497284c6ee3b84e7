# expect: nothing is left, though
def code_of(answer):
    blocks = re.findall(r"```(\w*)[ \t]*\n(.*?)(?:```|\Z)", answer, re.DOTALL)
    texts = [text for language, text in blocks if language in ("", "py", "python")]
    lines = ("".join(texts) or blocks and blocks[0][1] or answer).splitlines()
    while lines:
        try:
            ast.parse("\n".join(lines))
            return "\n".join(lines)
        except SyntaxError:
            lines.pop()
    return ""
