# expect: stands there twice
def boundary_mutants(source):
    swapped = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            before = ast.unparse(node)
            for place, old in enumerate(node.ops):
                if type(old) in swapped:
                    node.ops[place] = swapped[type(old)]()
                    found.append(source.replace(before, ast.unparse(node), 1))
                    node.ops[place] = old
    return found
