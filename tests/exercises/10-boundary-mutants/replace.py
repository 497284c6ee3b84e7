# expect: `<=` holds a `<`
def boundary_mutants(source):
    moved = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
    return [source.replace(old, new) for old, new in moved.items() if old in source]
