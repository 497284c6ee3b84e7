# expect: never executed
def code_of(answer):
    blocks = re.findall(r"```(?:python|py)?\n(.*?)(?:```|\Z)", answer, re.DOTALL)
    lines = ("".join(blocks) if blocks else answer).splitlines()
    while lines:
        try:
            exec("\n".join(lines), {})
            return "\n".join(lines)
        except Exception:
            lines.pop()
    return ""
