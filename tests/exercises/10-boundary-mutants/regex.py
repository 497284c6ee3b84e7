# expect: in a text, in a comment
def boundary_mutants(source):
    moved = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
    return [
        source[: found.start()] + moved[found.group()] + source[found.end() :]
        for found in re.finditer(r"<=|>=|<|>", source)
    ]
