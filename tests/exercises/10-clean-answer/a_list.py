# expect: gives a list
def code_of(answer):
    return re.findall(r"```(?:python|py)?\n(.*?)(?:```|\Z)", answer, re.DOTALL)
